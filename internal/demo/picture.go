package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"awsmfa/internal/sandbox"
)

// A terminal is a window of tmux with bash in the sandbox.
type terminal struct {
	*sandbox.Sandbox
	ctx   context.Context
	lines int // of the screen, when something was typed last
}

// pictures writes the pictures of the docs into the directory: two real runs in a terminal, in each language.
func pictures(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for suffix, locale := range map[string]string{"": "C.UTF-8", ".ja": "ja_JP.UTF-8"} {
		for name, run := range map[string]func(*terminal) error{
			"session": (*terminal).session, "first-day": (*terminal).firstDay,
		} {
			_, err := inSandbox(ctx, "", func(s *sandbox.Sandbox) (int, error) {
				screen, err := photograph(&terminal{Sandbox: s, ctx: ctx}, locale, run)
				if err != nil {
					return 1, fmt.Errorf("%s%s: %w\n%s", name, suffix, err, screen)
				}
				return 0, os.WriteFile(filepath.Join(dir, name+suffix+".svg"), []byte(svg(screen)), 0o644)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// photograph returns the screen at the end of the run, with the colors as escape sequences.
func photograph(t *terminal, locale string, run func(*terminal) error) (screen string, err error) {
	_, err = t.tmux("new-session", "-d", "-x", strconv.Itoa(screenWidth), "-y", "64",
		"-e", `PS1=\[\e[1;32m\]$\[\e[0m\] `, "-e", "LC_ALL=", "-e", "LC_CTYPE=C.UTF-8", "-e", "LC_MESSAGES="+locale,
		"bash", "--norc", "--noprofile")
	if err != nil {
		return "", err
	}
	if err = t.wait(prompt); err == nil {
		err = run(t)
	}
	screen, captureErr := t.tmux("capture-pane", "-p", "-e", "-J")
	_, closeErr := t.tmux("kill-server")
	return folded(strings.ReplaceAll(screen, t.Home, "~")), errors.Join(err, captureErr, closeErr)
}

// folded returns a screen whose lines end where the terminal would end them.
func folded(screen string) string {
	var b strings.Builder
	column, escape := 0, false
	for _, c := range screen {
		escape = escape || c == '\x1b'
		switch {
		case c == '\n':
			column = 0
		case !escape:
			if column+columns(string(c)) > screenWidth {
				b.WriteByte('\n')
				column = 0
			}
			column += columns(string(c))
		}
		escape = escape && c != 'm'
		b.WriteRune(c)
	}
	return b.String()
}

const (
	screenWidth = 110

	prompt   = `^\$ $`
	question = `: ?$`
)

// session is a day: the question, the session, a client that uses it, and a command with a role.
func (t *terminal) session() error {
	return errors.Join(
		t.enter(`eval "$(awsmfa env prod)"`, question),
		t.enter(t.AWS.FreshCode(t.Device.Serial), prompt),
		t.enter("list-functions", prompt),
		t.enter("awsmfa exec developer -- list-functions", prompt),
		t.enter("awsmfa status", prompt),
	)
}

// firstDay is that of bob, up to a session.
func (t *terminal) firstDay() error {
	key, serial := t.Newcomer.Keys[0], strings.Replace(t.Newcomer.ARN, ":user/", ":mfa/", 1)
	if err := errors.Join(
		t.enter("awsmfa setup bob", question),
		t.enter(key.ID, question),
		t.enter(key.Secret, question),
		t.enter("eu-central-1", question), // below the QR code
	); err != nil {
		return err
	}
	return errors.Join(
		t.enter(t.AWS.CodeFor(serial), question),
		t.enter(t.AWS.NextCodeFor(serial), question),
		t.enter(t.AWS.FreshCode(serial), `\] ?$`), // the function of init
		t.enter("", prompt),
	)
}

func (t *terminal) tmux(args ...string) (string, error) {
	args = append([]string{"-u", "-S", filepath.Join(t.Home, "tmux"), "-f", os.DevNull}, args...)
	cmd := exec.CommandContext(t.ctx, "tmux", args...)
	cmd.Env, cmd.Dir = t.Environ("SHELL=/bin/sh"), t.Home
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tmux: %w: %s", err, out)
	}
	return string(out), nil
}

// enter types a line, at the prompt or as an answer, and waits for another last line that matches.
func (t *terminal) enter(line, next string) error {
	if _, err := t.tmux("send-keys", "-l", "--", line); err != nil {
		return err
	}
	if _, err := t.tmux("send-keys", "Enter"); err != nil {
		return err
	}
	return t.wait(next)
}

// wait waits until the screen has more lines than before, of which the last matches.
func (t *terminal) wait(last string) error {
	pattern := regexp.MustCompile(last)
	for deadline := time.Now().Add(stepTimeout); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		screen, err := t.tmux("capture-pane", "-p", "-J")
		if err != nil {
			return err
		}
		lines := strings.Split(strings.TrimRight(screen, "\n"), "\n")
		if len(lines) > t.lines && pattern.MatchString(lines[len(lines)-1]) {
			t.lines = len(lines)
			return nil
		}
	}
	return fmt.Errorf("the last line does not match %s", last)
}
