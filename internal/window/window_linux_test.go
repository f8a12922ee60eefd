package window

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// longest is how long a test waits for a program.
const longest = time.Minute

// display starts an X server, and returns its DISPLAY.
func display(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, program)
		}
	}
	cmd := exec.Command("Xvfb", "-displayfd", "1", "-nolisten", "tcp")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal("Xvfb tells no number: ", err)
	}
	return ":" + strings.TrimSpace(line)
}

func missing(t *testing.T, program string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", program)
	}
	t.Skipf("%s is not installed", program)
}

// The real programs show a window that can be answered and closed, and which is gone when its question is.
func TestPrograms(t *testing.T) {
	screen := display(t)
	xdotool := func(args ...string) error {
		ctx, cancel := context.WithTimeout(context.Background(), longest)
		defer cancel()
		cmd := exec.CommandContext(ctx, "xdotool", args...)
		cmd.Env = append(os.Environ(), "DISPLAY="+screen)
		return cmd.Run()
	}
	shown := []string{"search", "--sync", "--onlyvisible", "--name", "^awsmfa$"}
	for _, p := range []func() program{zenity, kdialog} {
		p := p()
		t.Run(p.name, func(t *testing.T) {
			path, err := exec.LookPath(p.name)
			if err != nil {
				missing(t, p.name)
			}
			p.path = path
			p.environ = append(os.Environ(),
				"DISPLAY="+screen, "LANG=C.UTF-8", "HOME="+t.TempDir(), "NO_AT_BRIDGE=1")
			w := Window{title: "awsmfa", ways: []way{p.run}}
			ctx, cancel := context.WithTimeout(t.Context(), longest)
			defer cancel()
			for _, act := range []struct {
				do   func() error
				want string
				err  error
			}{
				{func() error {
					return xdotool(append(shown, "windowfocus", "--sync",
						"type", "--args", "1", "492039", "key", "Return")...)
				}, "492039", nil},
				{func() error {
					return xdotool(append(shown, "windowfocus", "--sync", "key", "Escape")...)
				}, "", ErrClosed},
				{func() error { defer cancel(); return xdotool(shown...) }, "", context.Canceled},
			} {
				done := make(chan error, 1)
				go func() { done <- act.do() }()
				answer, err := w.Ask(ctx, "MFA code for profile a_b & <b>本番</b>\nDevice: \\n")
				// xdotool fails when the window closes before it has let go of the last key.
				e := <-done
				if answer != act.want || !errors.Is(err, act.err) || e != nil && ctx.Err() != nil {
					t.Errorf("%q, %v; xdotool: %v", answer, err, e)
				}
			}
			if xdotool("search", "--onlyvisible", "--name", "^awsmfa$") == nil {
				t.Error("the window is still there")
			}
			p.environ = append(os.Environ(), "DISPLAY=:nowhere", "WAYLAND_DISPLAY=")
			w = Window{title: "awsmfa", ways: []way{p.run}}
			if _, err := w.Ask(t.Context(), "x"); !errors.As(err, new(*FailedError)) {
				t.Errorf("without a display: %v", err)
			}
		})
	}
}

// Windows belong to desktops, and KDE's own come first there.
func TestOpen(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, c := range []struct {
		variable, value string
		want            string
	}{
		{"TERM", "xterm", ErrNone.Error()},
		{"DISPLAY", ":0", "not found: zenity, kdialog"},
		{"WAYLAND_DISPLAY", "wayland-0", "not found: zenity, kdialog"},
	} {
		getenv := func(name string) string { return map[string]string{c.variable: c.value}[name] }
		if _, err := Open("awsmfa", getenv, nil); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", c.variable, err)
		}
	}
	kde := map[string]string{"DISPLAY": ":0", "XDG_CURRENT_DESKTOP": "KDE"}
	if _, looked := system(func(name string) string { return kde[name] }, nil); looked[0] != "kdialog" {
		t.Errorf("KDE's first is %s", looked[0])
	}
}
