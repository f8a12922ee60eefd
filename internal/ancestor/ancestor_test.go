package ancestor

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const roleVariable = "ANCESTOR_TEST_ROLE"

// The test binary can be the child that prints its ancestors, or a parent of it under any name.
func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "child":
		for p := range all() {
			var names []string
			for name := range p.names() {
				names = append(names, name)
			}
			fmt.Println(strings.Join(names, "\t"))
		}
	case "program":
		fmt.Println(Program())
	case "parent":
		self, err := os.Executable()
		if err != nil {
			panic(err)
		}
		cmd := exec.Command(os.Args[1])
		cmd.Env = append(os.Environ(), roleVariable+"="+cmp.Or(strings.Join(os.Args[2:], ""), "child"))
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			panic(self + ": " + err.Error())
		}
	}
}

// ancestors runs cmd, this test binary in some role, and returns the names of the ancestors that the child prints.
func ancestors(t *testing.T, role string, cmd *exec.Cmd) [][]string {
	t.Helper()
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GORACE=atexit_sleep_ms=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	var all [][]string
	for line := range strings.Lines(string(out)) {
		all = append(all, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return all
}

// The nearest ancestor comes first: this test, by its file's name.
func TestNearestFirst(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	all := ancestors(t, "child", exec.Command(self))
	if len(all) < 2 || all[0][0] != filepath.Base(self) {
		t.Errorf("%q", all)
	}
	if len(all) > maxAncestors {
		t.Errorf("%d ancestors", len(all))
	}
}

// A program has the same name on every system.
func TestProgramName(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "client.exe")
	if err := os.WriteFile(path, data, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := ancestors(t, "parent", exec.Command(path, self, "program")); got[0][0] != "client" {
		t.Errorf("%q", got)
	}
}

// Python's arguments name the script or the module that it runs; code behind -c is never shown.
func TestPythonScript(t *testing.T) {
	for line, want := range map[string]string{
		"/usr/bin/xonsh -i":              "xonsh",
		"-I -W error -X dev /opt/aws s3": "aws",
		"-m awscli s3":                   "awscli",
		"-c secret":                      "",
		"-Ic secret":                     "",
		"-X dev -c secret":               "",
		"-":                              "",
		"":                               "",
	} {
		if got := script(strings.Fields(line)); got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
}
