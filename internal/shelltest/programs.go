package shelltest

import (
	"os"
	"os/exec"
	"testing"
)

// InCI reports whether CI is set in the environment: then no program that a test needs may be missing.
func InCI() bool {
	switch os.Getenv("CI") {
	case "", "0", "false":
		return false
	}
	return true
}

// NotInstalled skips a test that needs a missing program. If CI is set in the environment, it fails the test instead:
// CI installs every program that a test needs.
func NotInstalled(t testing.TB, program string) {
	t.Helper()
	if InCI() {
		t.Fatalf("%s is not installed, and with CI set it must be", program)
	}
	t.Skipf("%s is not installed", program)
}

// Python returns the first Python on the PATH, else the system's own, that has the module. Without one it calls
// NotInstalled.
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
