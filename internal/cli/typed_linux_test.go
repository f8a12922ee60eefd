package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"awsmfa/internal/shelltest"
)

// Every line that a message tells the user to type works in the user's shell as printed, even if the program is not on
// the PATH and its directory has a space in its name.
func TestLinesToType(t *testing.T) {
	t.Parallel()
	for _, l := range shelltest.All() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			l.Need(t)
			w := inWorld(t)
			u := unpacked(t, w, l)
			var script strings.Builder
			sets := map[string]string{
				"setup":   u.said(t, `each day, type:  (.+)`, "setup", "prod", "--yes", "--no-note"),
				"doctor":  u.said(t, `(?m)^.*shell .*type:  (.+)`, "doctor", "prod"),
				"env":     u.shown(t, `type this instead:  (.+)`, "env", "prod"),
				"profile": u.said(t, `into this shell:  (.+)`, "prod"),
				"use":     u.said(t, `into this shell:  (.+)`, "use", "prod"),
			}
			labels := []string{"setup", "doctor", "env", "profile", "use"}
			for _, label := range labels {
				script.WriteString(l.AndThen(sets[label], "envdump "+label) + "\n")
			}
			inside := u // in a shell with a session, and with nothing to remove from the cache
			inside.environ = slices.Concat(u.environ, []string{
				"AWSMFA_PROFILE=prod", "AWS_ACCESS_KEY_ID=ASIAEXAMPLE", "XDG_CACHE_HOME=" + t.TempDir(),
			})
			script.WriteString(inside.said(t, `to remove it:  (.+)`, "logout") + "\nenvdump unset\n")
			script.WriteString(u.said(t, `with its session:  (.+)`, "prod", "--", "envdump", "exec") + "\n")
			script.WriteString(u.said(t, `run it as a command: (.+)`, "exec", "true") + "\n")
			script.WriteString(u.said(t, `hint: see (.+)`, "env", "--bogus") + "\n")
			script.WriteString(u.said(t, `hint: see (.+)`, "device", "list", "--bogus") + "\n")
			script.WriteString(u.said(t, `hint: (.+) lists the commands`, "nonsense") + "\n")

			r := l.Run(t, w.home, slices.Concat(u.environ, []string{"AWS_PROFILE=prod"}), script.String())
			if r.Code != 0 || r.Stderr != "" || strings.Count(r.Stdout, "Usage: awsmfa ") != 3 {
				t.Errorf("exit code %d, printed %q, said %q, of\n%s", r.Code, r.Stdout, r.Stderr, &script)
			}
			for _, label := range append(labels, "exec") {
				d, ran := r.Dump(label)
				if !ran || d.Env["AWSMFA_PROFILE"] != "prod" || d.Env["AWS_SESSION_TOKEN"] == "" {
					t.Errorf("%s (ran: %v): %v", label, ran, ofAWS(d.Env))
				}
			}
			if d, ran := r.Dump("unset"); !ran || d.Env["AWSMFA_PROFILE"] != "" || d.Env["AWS_SESSION_TOKEN"] != "" {
				t.Errorf("unset (ran: %v): %v", ran, ofAWS(d.Env))
			}
			if len(r.Dumps) != len(labels)+2 {
				t.Errorf("%d lines were run", len(r.Dumps))
			}
		})
	}
}

// unpackedProgram is the program in a directory that is not on the PATH.
type unpackedProgram struct {
	path    string
	dir     string // where it runs
	search  string // the PATH
	environ []string
}

func unpacked(t *testing.T, w *world, l shelltest.Launcher) unpackedProgram {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "my tools", "awsmfa")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "awsmfa"), path); err != nil {
		t.Fatal(err)
	}
	bin, err := noAWS(w.home)
	if err != nil {
		t.Fatal(err)
	}
	environ := slices.DeleteFunc(w.environ(), func(v string) bool { return strings.HasPrefix(v, "AWSMFA_SHELL=") })
	environ = slices.Concat(environ, w.codes(t, 1), []string{"AWSMFA_SHELL=" + l.Shell})
	return unpackedProgram{path, w.home, bin + ":" + os.Getenv("PATH"), environ}
}

// said runs the program, and returns the match of a pattern in its output.
func (u unpackedProgram) said(t *testing.T, pattern string, args ...string) string {
	t.Helper()
	var said bytes.Buffer
	u.run(&said, &said, args...)
	return found(t, pattern, said.String())
}

// shown is said with stdout on a terminal.
func (u unpackedProgram) shown(t *testing.T, pattern string, args ...string) string {
	t.Helper()
	_, terminal := openTerminal(t)
	var said bytes.Buffer
	u.run(terminal, &said, args...)
	return found(t, pattern, said.String())
}

func (u unpackedProgram) run(stdout, stderr io.Writer, args ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, u.path, args...)
	cmd.Dir = u.dir
	cmd.Env = append(u.environ, "PATH="+u.search)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Run() //nolint:errcheck // most of these fail: the test checks their messages
}

func found(t *testing.T, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in %s", pattern, text)
	}
	return m[1]
}
