package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every flag and argument of every command has its help.
func TestHelpOfEveryFlag(t *testing.T) {
	model, err := Model()
	if err != nil {
		t.Fatal(err)
	}
	nodes := model.Children
	for len(nodes) > 0 {
		node := nodes[0]
		nodes = append(nodes[1:], node.Children...)
		if node.Help == "" {
			t.Errorf("%s has no help", node.FullPath())
		}
		for _, f := range node.Flags {
			if f.Help == "" {
				t.Errorf("%s --%s has no help", node.FullPath(), f.Name)
			}
		}
		for _, v := range node.Positional {
			if v.Help == "" {
				t.Errorf("%s <%s> has no help", node.FullPath(), v.Name)
			}
		}
	}
}

// Both READMEs name every command, and a script runs it.
func TestEveryCommandIsShown(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var scripts strings.Builder
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		scripts.WriteString(read(path))
	}
	for _, c := range commands() {
		if c.hidden {
			continue
		}
		for _, page := range []string{"README.md", "docs/ja/README.md"} {
			text := read(filepath.Join("..", "..", filepath.FromSlash(page)))
			if !regexp.MustCompile("`awsmfa " + c.name + "[ `]").MatchString(text) {
				t.Errorf("%s does not name %s", page, c.name)
			}
		}
		if !regexp.MustCompile(`(?m)^gives 0 awsmfa ` + c.name + `\b`).MatchString(scripts.String()) {
			t.Errorf("no script has %s succeed", c.name)
		}
	}
}
