// Command licenses writes THIRD_PARTY_LICENSES.txt: the licenses of all modules that a release links, on any system, as
// `go list -deps` names them. Every archive and package has this file.
//
//	go run ./tools/licenses
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// file is written into the working directory.
const file = "THIRD_PARTY_LICENSES.txt"

func main() {
	text, err := licenses(".")
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// systems are those of .goreleaser.yaml; the processor changes no import.
var systems = []string{"linux", "darwin", "windows"}

// pkg is what `go list -json` says of a package.
type pkg struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// licenses returns the text of the file for the program in the directory. Modules with the same text share it.
func licenses(dir string) (string, error) {
	packages, err := linked(dir)
	if err != nil {
		return "", err
	}
	owners := map[string][]string{} // the modules with a text
	for _, p := range packages {
		name := p.Module.Path + " " + p.Module.Version
		texts, err := textsOf(p)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		for _, text := range texts {
			if !slices.Contains(owners[text], name) {
				owners[text] = append(owners[text], name)
			}
			// Go's own library has this very license, and not every Go has the file in its own directory.
			if p.Module.Path == "golang.org/x/sys" && !slices.Contains(owners[text], standard) {
				owners[text] = append(owners[text], standard)
			}
		}
	}
	var parts []string
	for text, names := range owners {
		slices.Sort(names)
		parts = append(parts, strings.Join(names, "\n")+"\n\n"+text)
	}
	slices.Sort(parts)
	rule := "\n" + strings.Repeat("=", 80) + "\n\n"
	return "awsmfa itself: the file LICENSE. It links the modules below, with these licenses and notices.\n" +
		rule + strings.Join(parts, rule), nil
}

const standard = "The standard library of Go"

// linked returns the packages of other modules that the program links on any of the systems.
func linked(dir string) (all []pkg, err error) {
	for _, system := range systems {
		cmd := exec.Command("go", "list", "-buildvcs=false", "-deps", "-json=Dir,Standard,Module", ".")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w: %s", system, err, stderr.String())
		}
		for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
			var p pkg
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("go list for %s: %w", system, err)
			}
			if !p.Standard && !p.Module.Main {
				all = append(all, p)
			}
		}
	}
	return all, nil
}

var named = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\.(txt|md))?$`)

// textsOf returns the licenses and notices of a package: those of its directory and of all above it in its module.
func textsOf(p pkg) (texts []string, err error) {
	for dir := p.Dir; ; dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if !named.MatchString(entry.Name()) || entry.IsDir() {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
			if err != nil {
				return nil, err
			}
			texts = append(texts, strings.Trim(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")+"\n")
		}
		if dir == p.Module.Dir {
			break
		}
	}
	if len(texts) == 0 {
		return nil, errors.New("no license was found")
	}
	return texts, nil
}
