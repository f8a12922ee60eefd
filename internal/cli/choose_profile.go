package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/term"
)

// loadOrChoose loads the profile. If none is named and there is no default profile, the person chooses one on the
// terminal; also with --choose, and if init's function is called without a name.
func (c *envCmd) loadOrChoose(a *app) (profile.Profile, error) {
	named := !c.unnamed && a.namedBy == ""
	if c.Choose && named {
		return profile.Profile{}, &usageError{msg.Errorf("--choose asks for the profile, and %q is named", c.Name).
			Hint("leave one of the two out")}
	}
	p, err := c.load(a)
	if named && profile.NotFound(err) && len(profile.Near(a.files(), c.Name)) == 0 {
		if hint := a.insteadOfProfile([]string{c.Name}); !hint.IsEmpty() {
			err = msg.Errorf("%s", err).Wrap(err).WithHint(hint)
		}
	}
	offers := c.unnamed && profile.NotFound(err) || a.function != "" && !named
	if !c.Choose && (!offers || a.inCI()) {
		return p, err
	}
	name, cannot := a.chooseProfile()
	switch {
	case errors.Is(cannot, errNoChoice) && !c.Choose:
		return p, err
	case cannot != nil:
		return p, cannot
	}
	c.Name, a.profile, a.namedBy = name, name, ""
	return c.load(a)
}

// errNoChoice means that nobody can choose: there is no terminal, or no profile.
var errNoChoice = errors.New("no choice")

// chooseProfile lets the person choose a profile. Its errors include errNoChoice.
func (a *app) chooseProfile() (string, error) {
	l, err := a.newLister()
	if err != nil {
		return "", err
	}
	names := l.library.Names()
	if len(names) == 0 {
		return "", msg.Errorf("there is no profile to choose").Hint("run %s", msg.Command("setup")).Wrap(errNoChoice)
	}
	tty, err := a.openTerminal()
	if err != nil {
		return "", msg.Errorf("there is no terminal on which a profile can be chosen").
			Hint("name one: %s", msg.Command("env").With("PROFILE")).Wrap(fmt.Errorf("%w: %w", errNoChoice, err))
	}
	defer tty.Close()
	ctx, stop := a.catchSignals()
	defer stop()
	i, err := a.askProfile(ctx, tty, l.describeAll(names))
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, term.ErrClosed):
		return "", &codedError{msg.Errorf("no profile was chosen"), exitInterrupted}
	case err != nil:
		return "", terminalFailed(err)
	}
	return names[i], nil
}

// inCI reports whether a CI system runs awsmfa: it may have a terminal on which nobody answers.
func (a *app) inCI() bool {
	ci := a.Getenv("CI")
	return ci != "" && ci != "false" && ci != "0"
}

// askProfile asks for one of the profiles, with fzf where it is installed and works, and returns the profile's index.
// The error is term.ErrClosed if the person leaves.
func (a *app) askProfile(ctx context.Context, tty *term.Terminal, profiles []listed) (int, error) {
	rows := strings.Split(strings.TrimSuffix(columns(a.rows(a.printer(), profiles), plainStyle), "\n"), "\n")
	draws := tty.CanDraw(a.Getenv("TERM"))
	question := a.text(msg.Textf("Profile: "))
	if fzf, err := exec.LookPath("fzf"); err == nil && draws && tty.Controlling() { // fzf opens /dev/tty
		if i, err := a.runFzf(ctx, tty, fzf, question, rows); err == nil || errors.Is(err, term.ErrClosed) {
			return i, err
		}
	}
	m := term.Menu{
		Question: question,
		Help:     a.text(msg.Textf("type to narrow, arrow keys or a number to choose, Enter to take, Ctrl-C to leave")),
		ByLine:   a.text(msg.Textf("Which profile? A part of its line, or its number: ")),
	}
	for i, p := range profiles {
		m.Items = append(m.Items, term.Item{Name: a.printable(msg.Foreign(p.name)), Row: rows[i]})
	}
	return tty.Choose(ctx, m, draws)
}

// fzfOptions undo options of the user's FZF_DEFAULT_OPTS that would change what fzf reads and prints. A preview would
// get a profile's line where it expects a file.
var fzfOptions = []string{
	"--no-multi", "--no-ansi", "--no-read0", "--no-print0", "--no-print-query", "--no-expect", "--no-select-1",
	"--no-exit-0", "--bind=ctrl-z:ignore", "--preview=", "--query=", "--delimiter=\t", "--with-nth=2..", "--nth=..",
	"--tiebreak=begin,index",
}

// runFzf lets the person choose with fzf, which gets each row behind its index: only the index is read back, so nothing
// in a name matters. Its screen and keys are the terminal's.
func (a *app) runFzf(ctx context.Context, tty *term.Terminal, fzf, question string, rows []string) (int, error) {
	var lines strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&lines, "%d\t%s\n", i, row)
	}
	usual := "--layout=reverse "
	if runtime.GOOS != "windows" { // where only newer versions know it
		usual += "--height=40% --min-height=12 "
	}
	cmd := exec.CommandContext(ctx, fzf, append(fzfOptions, "--prompt="+question)...)
	cmd.Env = append(a.Environ, "FZF_DEFAULT_OPTS="+usual+a.Getenv("FZF_DEFAULT_OPTS"))
	var chosen bytes.Buffer
	cmd.Stdin, cmd.Stdout = strings.NewReader(lines.String()), &chosen
	if runtime.GOOS != "windows" {
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it restores the terminal
	}
	err := tty.Run(cmd)
	const noMatch, left = 1, 130 // Enter on an empty list; Ctrl-C or Escape
	if code := cmd.ProcessState.ExitCode(); code == noMatch || code == left {
		return 0, term.ErrClosed
	}
	if err != nil {
		return 0, err
	}
	index, _, _ := strings.Cut(chosen.String(), "\t")
	i, err := strconv.Atoi(index)
	if err == nil && (i < 0 || i >= len(rows)) {
		err = strconv.ErrRange
	}
	return i, err
}
