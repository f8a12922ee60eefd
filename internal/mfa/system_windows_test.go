package mfa

import (
	"os"
	"path/filepath"
	"testing"
)

// A line with quotes around its first and last word reaches the program as written.
func TestShellCommand(t *testing.T) {
	const variable = "AWSMFA_TEST_SYSTEM"
	if os.Getenv(variable) != "" {
		if last := os.Args[len(os.Args)-1]; last != "two  words & more" {
			t.Errorf("%q", last)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "a program.exe")
	if err := os.WriteFile(program, text, 0o700); err != nil {
		t.Fatal(err)
	}
	environ := append(os.Environ(), variable+"=1")
	cmd := ShellCommand(t.Context(), `"`+program+`" -test.run=TestShellCommand$ -test.v "two  words & more"`, environ)
	cmd.Env = environ
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
