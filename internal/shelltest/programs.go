package shelltest

import (
	"os"
	"os/exec"
	"testing"
)

// InCI reports whether CI is set in the environment: then nothing that a test needs may be missing.
func InCI() bool {
	switch os.Getenv("CI") {
	case "", "0", "false":
		return false
	}
	return true
}

// NotInstalled skips a test that needs a program which is not here, or, where CI is set in the environment, fails it:
// CI installs every program that some test needs.
func NotInstalled(t testing.TB, program string) {
	t.Helper()
	if InCI() {
		t.Fatalf("%s is not installed, and with CI set it must be", program)
	}
	t.Skipf("%s is not installed", program)
}

// Python returns the first Python on the PATH, else the system's own, that has the module. NotInstalled is its answer
// where there is none.
func Python(t testing.TB, module string) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	NotInstalled(t, "a python3 with "+module)
	return ""
}
