// Command winget makes winget's installer manifest the same in each build of a commit. goreleaser writes the day of the
// build into it, and the installers in any order; this program writes the commit's day, and sorts them.
//
//	go run ./tools/winget FILE YYYY-MM-DD
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "winget:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: winget FILE YYYY-MM-DD")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	same, err := reproducible(string(text), args[1])
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return os.WriteFile(args[0], []byte(same), 0o644)
}

var (
	day        = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	released   = regexp.MustCompile(`(?m)^ReleaseDate: .*$`)
	installers = regexp.MustCompile(`(?m)^Installers:\n((?: .*\n)+)`)
	installer  = regexp.MustCompile(`(?m)^  - Architecture: .*\n(?:    .*\n)+`)
)

// reproducible returns goreleaser's manifest with that date and with its installers sorted. A manifest of another form
// is an error, as it could differ in the next build.
func reproducible(manifest, date string) (string, error) {
	if !day.MatchString(date) {
		return "", fmt.Errorf("%q is no date", date)
	}
	if n := len(released.FindAllString(manifest, -1)); n != 1 {
		return "", fmt.Errorf("%d lines ReleaseDate", n)
	}
	list := installers.FindStringSubmatchIndex(manifest)
	if list == nil {
		return "", errors.New("no list Installers")
	}
	before, items, after := manifest[:list[2]], manifest[list[2]:list[3]], manifest[list[3]:]
	sorted := installer.FindAllString(items, -1)
	if strings.Join(sorted, "") != items {
		return "", errors.New("an installer does not begin with its Architecture")
	}
	slices.Sort(sorted)
	return released.ReplaceAllString(before+strings.Join(sorted, "")+after, `ReleaseDate: "`+date+`"`), nil
}
