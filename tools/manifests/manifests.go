// Command manifests finishes the manifests that goreleaser made for Homebrew, Scoop and winget.
//
// It makes winget's installer manifest the same in each build of a commit: goreleaser writes the day of the build into
// it, and the installers in any order; this program writes the commit's day, and sorts them. Then it copies all
// manifests to the archives, and adds their checksums to checksums.txt.
//
//	go run ./tools/manifests DIST YYYY-MM-DD
package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manifests:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: manifests DIST YYYY-MM-DD")
	}
	dist, date := args[0], args[1]
	sums, err := os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		return err
	}
	for _, pattern := range []string{
		"homebrew/Casks/awsmfa.rb", "scoop/awsmfa.json",
		"winget/manifests/*/*/*/*/*.installer.yaml", "winget/manifests/*/*/*/*/*.locale.en-US.yaml",
		"winget/manifests/*/*/*/*/awsmfa.awsmfa.yaml",
	} {
		files, err := filepath.Glob(filepath.Join(dist, pattern))
		if err != nil {
			return err
		}
		if len(files) != 1 {
			return fmt.Errorf("%s: %d files %s", dist, len(files), pattern)
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			return err
		}
		if strings.HasSuffix(pattern, ".installer.yaml") {
			if text, err = reproducible(text, date); err != nil {
				return fmt.Errorf("%s: %w", files[0], err)
			}
		}
		name := filepath.Base(files[0])
		for _, file := range []string{files[0], filepath.Join(dist, name)} {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				return err
			}
		}
		sums = fmt.Appendf(sums, "%x  %s\n", sha256.Sum256(text), name)
	}
	return os.WriteFile(filepath.Join(dist, "checksums.txt"), sums, 0o644)
}

var (
	day        = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	released   = regexp.MustCompile(`(?m)^ReleaseDate: .*$`)
	installers = regexp.MustCompile(`(?m)^Installers:\n((?: .*\n)+)`)
	installer  = regexp.MustCompile(`(?m)^  - Architecture: .*\n(?:    .*\n)+`)
)

// reproducible returns goreleaser's manifest with that date and with its installers sorted. A manifest of another form
// is an error, as it could differ in the next build.
func reproducible(manifest []byte, date string) ([]byte, error) {
	text := string(manifest)
	if !day.MatchString(date) {
		return nil, fmt.Errorf("%q is no date", date)
	}
	if n := len(released.FindAllString(text, -1)); n != 1 {
		return nil, fmt.Errorf("%d lines ReleaseDate", n)
	}
	list := installers.FindStringSubmatchIndex(text)
	if list == nil {
		return nil, errors.New("no list Installers")
	}
	before, items, after := text[:list[2]], text[list[2]:list[3]], text[list[3]:]
	sorted := installer.FindAllString(items, -1)
	if strings.Join(sorted, "") != items {
		return nil, errors.New("an installer does not begin with its Architecture")
	}
	slices.Sort(sorted)
	text = before + strings.Join(sorted, "") + after
	return []byte(released.ReplaceAllString(text, `ReleaseDate: "`+date+`"`)), nil
}
