package cli

import (
	"os"
	"regexp"
	"testing"
)

// The help of env and the reference name every variable that env removes.
func TestPreferredVarsAreDocumented(t *testing.T) {
	reference, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range preferredVars {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString((&envCmd{}).Help()) {
			t.Errorf("the help of env does not name %s", name)
		}
		if !regexp.MustCompile("(?m)^\\|.*`" + name + "`").Match(reference) {
			t.Errorf("docs/reference.md does not name %s", name)
		}
	}
}
