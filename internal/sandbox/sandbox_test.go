package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// awsmfa in a sandbox knows that it is in one. An installed program is found there by name, wherever it is.
func TestSandbox(t *testing.T) {
	t.Setenv("AWSMFA_SANDBOX", "another")
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	env := slices.DeleteFunc(s.Environ(), func(e string) bool { return !strings.HasPrefix(e, "AWSMFA_") })
	if !slices.Equal(env, []string{"AWSMFA_SANDBOX=" + s.Home}) {
		t.Errorf("the variables are %q", env)
	}
	tried := filepath.Join(t.TempDir(), "tried")
	if err := os.WriteFile(tried, []byte("program"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.AddProgram("awsmfa", tried); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", s.Bin)
	path, err := exec.LookPath("awsmfa")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); string(data) != "program" {
		t.Errorf("it is %q, %v", data, err)
	}
}
