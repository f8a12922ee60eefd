package shelltest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
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

// Talk starts a Python program that answers each line of JSON on its stdin with one on its stdout, until the test ends.
// It returns what the program says first, and a func that asks it. Without a Python that has the module it calls
// NotInstalled.
func Talk(t testing.TB, module, script string, args ...string) (first []byte, ask func(question any) (answer []byte)) {
	t.Helper()
	cmd := exec.Command(Python(t, module), append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONUTF8=1")
	cmd.Stderr = os.Stderr
	to, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	from, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(to.Close(), cmd.Wait()); err != nil {
			t.Error(err)
		}
	})
	lines := bufio.NewScanner(from)
	read := func() []byte {
		if !lines.Scan() {
			t.Fatalf("%s has stopped: %v", script, lines.Err())
		}
		return lines.Bytes()
	}
	first = bytes.Clone(read())
	return first, func(question any) []byte {
		text, err := json.Marshal(question)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(append(text, '\n')); err != nil {
			t.Fatal(err)
		}
		return read()
	}
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
