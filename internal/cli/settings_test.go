package cli_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/config.md has a table of the keys that are honoured. Each has a block in settings_keys.txtar, headed by its name,
// that runs the program and looks at what came of it; and there is no block for a key that is not in the table.
func TestSettings(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join("testdata", "settings_keys.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| .+ \\| .+ \\|$").FindAllStringSubmatch(string(doc), -1) {
		if table[m[1]] {
			t.Errorf("%s stands in the table twice", m[1])
		}
		table[m[1]] = true
	}
	commands, _, _ := strings.Cut(string(script), "\n-- ")
	cases := map[string]bool{}
	for _, block := range strings.Split(commands, "\n# ")[1:] {
		key, body, _ := strings.Cut(block, "\n")
		if !strings.Contains(body, "gives ") || !regexp.MustCompile(`(?m)^(\[!windows\] )?(stdout|stderr|called|calls|asked) `).MatchString(body) {
			t.Errorf("the block of %s runs nothing, or looks at nothing", key)
		}
		if config := string(script)[len(commands):]; !regexp.MustCompile("(?m)^ *" + key + " = ").MatchString(config) {
			t.Errorf("%s is in no profile of the script", key)
		}
		cases[key] = true
	}
	if got, want := slices.Sorted(maps.Keys(cases)), slices.Sorted(maps.Keys(table)); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("there are cases for\n%v\nand the table has\n%v", got, want)
	}
}
