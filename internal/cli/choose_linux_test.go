package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"awsmfa/internal/shelltest"
)

// choosing is a run of awsmfa env that offers profiles on a terminal.
type choosing struct {
	*exec.Cmd
	t              *testing.T
	person         *os.File
	program        *os.File
	before         unix.Termios
	stdout, stderr bytes.Buffer
}

// offerProfiles runs awsmfa env without a name for a user without a default profile: prod, dev, 本番 and teams 1 to 99.
func offerProfiles(t *testing.T, path string) *choosing {
	t.Helper()
	w := inWorld(t)
	var config strings.Builder
	for _, name := range []string{"prod", "dev", "本番", "b\x1b[31md"} {
		fmt.Fprintf(&config, "[profile %s]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
			name, w.alice.Keys[0].ID, w.alice.Keys[0].Secret)
	}
	for i := range 99 {
		fmt.Fprintf(&config, "[profile team-%d]\nrole_arn = arn:aws:iam::123456789012:role/Reader%d\n"+
			"source_profile = prod\n", i+1, i+1)
	}
	for name, text := range map[string]string{"config": config.String(), "credentials": ""} {
		if err := os.WriteFile(filepath.Join(w.home, ".aws", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	c := &choosing{t: t, Cmd: exec.Command(filepath.Join(dir, "awsmfa"), "env", "--no-mfa")}
	c.person, c.program = openTerminal(t)
	size := &unix.Winsize{Col: 80, Row: 24}
	if err := unix.IoctlSetWinsize(int(c.program.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	c.before = attributes(t, c.program)
	c.Env = append(w.environ(), "PATH="+path, "TERM=xterm", "LC_ALL=C.UTF-8")
	c.ExtraFiles = []*os.File{c.program}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	c.Cmd.Stdout, c.Cmd.Stderr = &c.stdout, &c.stderr
	c.WaitDelay = longest
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(longest, func() { c.Process.Kill() })
	t.Cleanup(func() { kill.Stop() })
	return c
}

// presses presses a key after the terminal shows a text.
func (c *choosing) presses(shown, key string) {
	c.t.Helper()
	readUntil(c.t, c.person, shown)
	if _, err := c.person.WriteString(key); err != nil {
		c.t.Fatal(err)
	}
}

// ends checks the exit code, the profile that was chosen, and the terminal's state.
func (c *choosing) ends(code int, profile string) {
	c.t.Helper()
	err := c.Wait()
	if exit := (*exec.ExitError)(nil); code != 0 && (!errors.As(err, &exit) || exit.ExitCode() != code) ||
		code == 0 && err != nil {
		c.t.Errorf("ended with %v, not %d: %s", err, code, &c.stderr)
	}
	chosen := "export AWSMFA_PROFILE='" + profile + "'\n"
	if code != 0 && c.stdout.String() != "false\n" || code == 0 && !strings.HasSuffix(c.stdout.String(), chosen) {
		c.t.Errorf("printed %q", &c.stdout)
	}
	if after := attributes(c.t, c.program); after != c.before {
		c.t.Errorf("the terminal was %+v and is %+v", c.before, after)
	}
}

// A press is a key, pressed once the terminal shows a text.
type press struct{ shown, key string }

// Typing narrows the list, arrow keys and numbers choose, and each way of leaving makes the evaluated line fail. No
// control character of a name reaches the terminal.
func TestChooseProfile(t *testing.T) {
	t.Parallel()
	const up, down, pageDown, backspace, escape = "\x1b[A", "\x1bOB", "\x1b[6~", "\x7f", "\x1b"
	for name, run := range map[string]struct {
		presses []press
		code    int
		profile string
	}{
		"Enter": {[]press{{"103/103", "\r"}}, 0, "prod"},
		"arrows": {
			[]press{{"103/103", down}, {">   2  dev", down}, {">   3  本番", up}, {">   2  dev", "\r"}}, 0, "dev",
		},
		"typing": {[]press{{"103/103", "d"}, {"Profile: d", "e"}, {"Profile: de", "\n"}}, 0, "dev"},
		"IME":    {[]press{{"103/103", "本"}, {">   3  本番", "\r"}}, 0, "本番"},
		"number": {[]press{{"103/103", "2"}, {">   2  dev", "\r"}}, 0, "dev"},
		"scroll": {
			[]press{{"103/103", pageDown}, {">  11  team-7", up}, {">  10  team-6", "dev"}, {"1/103", "\r"}}, 0, "dev",
		},
		"nothing": {[]press{{"103/103", "x"}, {"0/103", "\r" + backspace}, {"103/103", "\r"}}, 0, "prod"},
		"clear":   {[]press{{"103/103", "team"}, {"99/103", "\x15"}, {"103/103", "\x1b[24~\r"}}, 0, "prod"},
		"Ctrl-C":  {[]press{{"103/103", "\x03"}}, 130, ""},
		"Escape":  {[]press{{"b?[31md", escape}}, 130, ""},
		"Ctrl-D":  {[]press{{"103/103", "\x04"}}, 130, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := offerProfiles(t, "/nonexistent")
			for _, p := range run.presses {
				c.presses(p.shown, p.key)
			}
			c.ends(run.code, run.profile)
		})
	}
}

// The list is drawn by fzf where it is installed.
func TestChooseWithFzf(t *testing.T) {
	t.Parallel()
	fzf, err := exec.LookPath("fzf")
	if err != nil {
		shelltest.NotInstalled(t, "fzf")
	}
	const whereIs, home = "\x1b[6n", "\x1b[1;1R" // fzf asks the terminal where the cursor is
	for name, run := range map[string]struct {
		presses []press
		code    int
		profile string
	}{
		"choice": {[]press{{whereIs, home}, {whereIs, home}, {"103/103", "'dev"}, {"1/103", "\r"}}, 0, "dev"},
		"Ctrl-C": {[]press{{whereIs, home}, {whereIs, home}, {"103/103", "\x03"}}, 130, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := offerProfiles(t, filepath.Dir(fzf))
			for _, p := range run.presses {
				c.presses(p.shown, p.key)
			}
			c.ends(run.code, run.profile)
		})
	}
}
