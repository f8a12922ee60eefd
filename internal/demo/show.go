package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/sandbox"
	"awsmfa/shells"
)

const (
	cachedRuns = 20
	longest    = 2 * time.Minute // for one step, on the slowest machine
)

var sessionVars = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWSMFA_PROFILE", "AWS_REGION"}

// shower narrates the main job. What it prints was run and looked at just before.
type shower struct {
	*sandbox.Sandbox
	ctx        context.Context
	out        io.Writer
	bold, gray func(string) string
	shell      shells.Shell
	program    string // the shell's
	self       string
	env        []string
	paid       int // the codes asked for before the main job
}

func show(ctx context.Context, s *sandbox.Sandbox, out *os.File) error {
	d := &shower{Sandbox: s, ctx: ctx, out: out, env: s.Environ("AWSMFA_CODE_COMMAND=authenticator")}
	d.bold, d.gray = colours(out)
	var err error
	if d.self, err = os.Executable(); err != nil {
		return err
	}
	if err := d.chooseShell(); err != nil {
		return err
	}
	d.say("%s in %s, a throw-away home, with a stand-in for AWS on loopback.", d.bold("awsmfa"), s.Home)
	d.say("Its users may do next to nothing without MFA. %s is a small AWS client, %s the users' phone.",
		d.bold("list-functions"), d.bold("authenticator"))
	for i, step := range []struct {
		name string
		run  func() error
	}{
		{"the first day of bob, who has an access key and nothing else", d.firstDay},
		{"another day: alice, without MFA", d.without},
		{"the session, in this shell: " + d.shell.Name, d.evaluated},
		{"one command only", d.wrapped},
		{"a role, with the same code", d.role},
		{"the second call is free", d.again},
	} {
		d.say("\n%s", d.bold(fmt.Sprintf("%d. %s", i+1, step.name)))
		if err := step.run(); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.name, err)
		}
	}
	d.say("\n%s  go run ./internal/demo -- bash   (zsh, fish, pwsh, nu …)", d.bold("Play with it:"))
	return nil
}

// firstDay: from an access key to a session, with nothing typed; and once more, when nothing is left to be done.
func (d *shower) firstDay() error {
	key := d.Newcomer.Keys[0]
	env := append(slices.Clone(d.env), "AWSMFA_SECRET_ACCESS_KEY="+key.Secret)
	words := []string{"setup", "bob", "--region", "eu-central-1", "--access-key-id", key.ID, "--codes-from", "authenticator", "--yes"}
	d.typed("awsmfa " + strings.Join(words, " "))
	r, err := d.run(env, append([]string{d.awsmfa()}, words...)...)
	if err != nil {
		return err
	}
	var device fakeaws.Device
	for _, one := range d.AWS.Devices() {
		if one.Owner == d.Newcomer.ARN {
			device = one
		}
	}
	credentials, config := d.read(".aws/credentials"), d.read(".aws/config")
	switch {
	case r.code != 0 || r.stdout != "":
		return r.not("a session, and silence on stdout")
	case device.Serial == "":
		return r.not("a device that is enabled for " + d.Newcomer.ARN)
	case !strings.Contains(credentials, "[bob]\naws_access_key_id = "+key.ID+"\n") || strings.Contains(credentials, "ASIA"):
		return r.not("the key, and no session, in the credentials file")
	case !strings.Contains(config, "mfa_serial = "+device.Serial+"\n"):
		return r.not("the device in the config file")
	case d.AWS.Count("GetSessionToken") != 1:
		return r.not("one session")
	}
	d.shown(strings.ReplaceAll(strings.TrimSpace(r.stderr), d.Home, "~"))

	before := d.AWS.Count("GetSessionToken") + d.Codes()
	if r, err = d.run(d.env, d.awsmfa(), "setup", "bob"); err != nil {
		return err
	}
	if r.code != 0 || d.AWS.Count("GetSessionToken")+d.Codes() != before {
		return r.not("nothing left to be done")
	}
	d.say("  The secret came in AWSMFA_SECRET_ACCESS_KEY. Run again, setup finds everything done, and asks for no code.")
	d.paid = d.Codes()
	d.AWS.ResetCalls()
	return nil
}

// read is a file of the home, "" when it is not there.
func (d *shower) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(d.Home, filepath.FromSlash(name))) // what is missing in it is looked for
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// without: the plain key is refused.
func (d *shower) without() error {
	d.typed("AWS_PROFILE=prod list-functions")
	r, err := d.run(append(d.env, "AWS_PROFILE=prod"), filepath.Join(d.Bin, "list-functions"))
	if err != nil {
		return err
	}
	if r.code == 0 || !strings.Contains(r.stderr, "AccessDenied") {
		return r.not("an AccessDenied")
	}
	d.shown(strings.TrimSpace(r.stderr))
	return nil
}

// evaluated: the line of the shell's user, in that shell.
func (d *shower) evaluated() error {
	d.typed("awsmfa env prod")
	// A shell that has more to do stays, and is found; one whose last command this is may make way for it.
	r, err := d.inShell("awsmfa env prod", "exit 0")
	if err != nil {
		return err
	}
	for _, name := range sessionVars {
		if r.code != 0 || !strings.Contains(r.stdout, name) {
			return r.not("a statement for " + name)
		}
	}
	d.shown(shortened(strings.TrimSpace(r.stdout)))

	line := d.shell.Line("awsmfa env prod")
	d.typed(line)
	variables, err := d.command(variablesArg)
	if err != nil {
		return err
	}
	if r, err = d.inShell(line, variables, "list-functions", "exit 0"); err != nil {
		return err
	}
	found := map[string]string{}
	for entry := range strings.Lines(r.stdout) {
		name, value, _ := strings.Cut(strings.TrimSpace(entry), "=")
		found[name] = value
	}
	switch {
	case r.code != 0 || r.stderr != "":
		return r.not("silence")
	case !strings.HasPrefix(found["AWS_ACCESS_KEY_ID"], "ASIA") || found["AWS_SESSION_TOKEN"] == "":
		return r.not("a session in the variables")
	case found["AWSMFA_PROFILE"] != "prod" || found["AWS_REGION"] != "eu-central-1":
		return r.not("the profile and its region in the variables")
	case !strings.Contains(r.stdout, d.User.ARN+" in eu-central-1: "):
		return r.not("the functions")
	}
	d.shown("nothing is printed; a program started in this shell finds AWS_ACCESS_KEY_ID=" + found["AWS_ACCESS_KEY_ID"] + " …")
	d.typed("list-functions")
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	d.shown(strings.TrimSpace(lines[len(lines)-1]))
	if err := d.paidOnce(); err != nil {
		return err
	}
	d.say("  All that cost one code (AWSMFA_CODE_COMMAND=authenticator gave it) and one call of STS, the stand-in counted.")
	return nil
}

// wrapped: exec needs no shell and no variables.
func (d *shower) wrapped() error {
	d.typed("awsmfa exec prod -- list-functions")
	r, err := d.run(d.env, d.awsmfa(), "exec", "prod", "--", "list-functions")
	if err != nil {
		return err
	}
	if r.code != 0 || !strings.Contains(r.stdout, d.User.ARN) {
		return r.not("the functions")
	}
	d.shown(strings.TrimSpace(r.stdout))
	return d.paidOnce()
}

// role: the MFA session that is kept assumes it, with no code.
func (d *shower) role() error {
	d.typed("awsmfa exec developer -- list-functions")
	r, err := d.run(d.env, d.awsmfa(), "exec", "developer", "--", "list-functions")
	if err != nil {
		return err
	}
	if r.code != 0 || !strings.Contains(r.stdout, ":assumed-role/"+d.Developer.Name+"/"+d.User.Name+" in ") || d.AWS.Count("AssumeRole") != 1 {
		return r.not("the functions, as " + d.Developer.ARN)
	}
	d.shown(strings.TrimSpace(r.stdout))
	d.say("  The profile developer has role_arn and source_profile = prod. One code serves all roles of a key.")
	return d.paidOnce()
}

// again: from the cache, as often as one likes.
func (d *shower) again() error {
	codes, requests := d.Codes(), d.AWS.Count("")
	var took []time.Duration
	for range cachedRuns {
		began := time.Now()
		r, err := d.run(d.env, d.awsmfa(), "env", "prod")
		if err != nil {
			return err
		}
		if r.code != 0 || !strings.Contains(r.stdout, "AWS_SESSION_TOKEN") {
			return r.not("a session")
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	codes, requests = d.Codes()-codes, d.AWS.Count("")-requests
	d.typed(fmt.Sprintf("awsmfa env prod      (%d times)", cachedRuns))
	d.shown(fmt.Sprintf("%.1f ms each (the median, starting the program included); codes asked for: %d, requests to AWS: %d",
		float64(took[len(took)/2])/float64(time.Millisecond), codes, requests))
	if codes != 0 || requests != 0 {
		return errors.New("a cached call must ask nobody")
	}
	return d.paidOnce()
}

// paidOnce: everything after the first day has cost one code and one call.
func (d *shower) paidOnce() error {
	if codes, calls := d.Codes()-d.paid, d.AWS.Count("GetSessionToken"); codes != 1 || calls != 1 {
		return fmt.Errorf("%d codes were asked for and %d sessions: one of each is what it costs", codes, calls)
	}
	return nil
}

// chooseShell takes the shell that every system of this kind has.
func (d *shower) chooseShell() (err error) {
	names := []string{"sh"}
	if runtime.GOOS == "windows" {
		names = []string{"pwsh", "powershell"}
	}
	for _, name := range names {
		if d.program, err = exec.LookPath(name); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	d.shell, err = shells.Lookup(names[0])
	return err
}

// inShell has the shell run the lines, and stop at the first that fails.
func (d *shower) inShell(lines ...string) (result, error) {
	if d.shell.Name == "pwsh" {
		script := "$ErrorActionPreference = 'Stop'; " + strings.Join(lines, "; ")
		return d.run(d.env, d.program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script)
	}
	return d.run(d.env, d.program, "-c", "set -eu\n"+strings.Join(lines, "\n"))
}

// command spells a call of the demo's own program in the shell.
func (d *shower) command(arg string) (string, error) {
	word, err := d.shell.Word(d.self)
	if d.shell.Name == "pwsh" {
		word = "& " + word // PowerShell takes a quoted word for a text
	}
	return word + " " + arg, err
}

func (d *shower) awsmfa() string { return filepath.Join(d.Bin, "awsmfa") }

// result is what came of a program.
type result struct {
	stdout, stderr string
	code           int
}

// not is the error that something else came of it.
func (r result) not(wanted string) error {
	return fmt.Errorf("wanted %s, got exit code %d, on stdout %q, on stderr %q", wanted, r.code, shortened(r.stdout), r.stderr)
}

// run runs a program without a terminal's input. Its error is that it could not be run.
func (d *shower) run(env []string, argv ...string) (result, error) {
	ctx, cancel := context.WithTimeout(d.ctx, longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = d.Home, env, time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return result{}, fmt.Errorf("%s: %w", filepath.Base(argv[0]), ctx.Err())
	}
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return result{}, err
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, nil
}

func (d *shower) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

func (d *shower) typed(line string) { d.say("  %s", d.bold("> "+line)) }

func (d *shower) shown(text string) {
	for line := range strings.Lines(text) {
		d.say("    %s", d.gray(strings.TrimRight(line, "\r\n")))
	}
}

// secrets are what stands for the secret access key and the token: nothing else there is as long and without a break.
var secrets = regexp.MustCompile(`[A-Za-z0-9+/=]{30,}`)

func shortened(text string) string {
	return secrets.ReplaceAllStringFunc(text, func(s string) string { return s[:4] + "…" })
}

// colours are none when out is no terminal, or the user wants none. Windows' old console would show them as text.
func colours(out *os.File) (bold, gray func(string) string) {
	if !term.IsTerminal(int(out.Fd())) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || runtime.GOOS == "windows" {
		plain := func(s string) string { return s }
		return plain, plain
	}
	return func(s string) string { return "\x1b[1m" + s + "\x1b[0m" }, func(s string) string { return "\x1b[2m" + s + "\x1b[0m" }
}
