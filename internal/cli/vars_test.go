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

// docs/config.md and a script have each variable for an endpoint setting.
func TestEndpointSettings(t *testing.T) {
	for _, path := range []string{"../../docs/config.md", "testdata/endpoint_settings.txtar"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range endpointSettingVars {
			if !regexp.MustCompile(`\b` + s.variable + `\b`).Match(text) {
				t.Errorf("%s does not have %s", path, s.variable)
			}
		}
	}
}
