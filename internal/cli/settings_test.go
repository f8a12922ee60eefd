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

// docs/config.md has a table of the keys that awsmfa reads. For each, settings_keys.txtar has a block, headed by the
// key's name, that runs the program and checks the effect. No block is for a key that is not in the table.
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
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| .+ \\| .+ \\|$")
	for _, m := range row.FindAllStringSubmatch(string(doc), -1) {
		if table[m[1]] {
			t.Errorf("%s stands in the table twice", m[1])
		}
		table[m[1]] = true
	}
	commands, _, _ := strings.Cut(string(script), "\n-- ")
	cases := map[string]bool{}
	check := regexp.MustCompile(`(?m)^(\[!windows\] )?(stdout|stderr|called|calls|asked) `)
	for _, block := range strings.Split(commands, "\n# ")[1:] {
		key, body, _ := strings.Cut(block, "\n")
		if !strings.Contains(body, "gives ") || !check.MatchString(body) {
			t.Errorf("the block of %s runs nothing, or checks nothing", key)
		}
		if config := string(script)[len(commands):]; !regexp.MustCompile("(?m)^ *" + key + " = ").MatchString(config) {
			t.Errorf("%s is in no profile of the script", key)
		}
		cases[key] = true
	}
	got, want := slices.Sorted(maps.Keys(cases)), slices.Sorted(maps.Keys(table))
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("there are cases for\n%v\nand the table has\n%v", got, want)
	}
}
