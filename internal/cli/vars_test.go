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

// docs/config.md has each endpoint setting with its variable. A script checks that a command gets the profile's value,
// and in place of the value of [default] the neutral one.
func TestEndpointSettings(t *testing.T) {
	page, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/endpoint_settings.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range endpointSettingVars {
		if !regexp.MustCompile("(?m)^\\| .*`" + s.keys[0] + "`.* \\| .*`" + s.variable + "`").Match(page) {
			t.Errorf("docs/config.md has no row for %s with %s", s.keys[0], s.variable)
		}
		values := map[string]bool{}
		line := regexp.MustCompile("(?m)^stdout '.*\\b" + s.variable + `(?:=|": \?")(\w+)["$]`)
		for _, m := range line.FindAllSubmatch(script, -1) {
			values[string(m[1])] = true
		}
		if !values[s.neutral] || len(values) < 2 {
			t.Errorf("the script has only %v of %s", values, s.variable)
		}
	}
}
