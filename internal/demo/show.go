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
	cachedRuns  = 20
	stepTimeout = 2 * time.Minute // for one step on the slowest computer
)

var sessionVars = []string{
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_CREDENTIAL_EXPIRATION",
	"AWSMFA_PROFILE",
	"AWS_REGION",
}

// tour runs and checks the main steps, and prints each one afterwards.
type tour struct {
	*sandbox.Sandbox
	ctx           context.Context
	out           io.Writer
	bold, gray    func(string) string
	shell         shells.Shell
	program       string // the shell's
	self          string
	env           []string
	firstDayCodes int // the codes asked for on the first day
}

func show(ctx context.Context, s *sandbox.Sandbox, out *os.File) error {
	d := &tour{Sandbox: s, ctx: ctx, out: out, env: s.Environ("AWSMFA_CODE_COMMAND=authenticator")}
	d.bold, d.gray = styles(out)
	var err error
	if d.self, err = os.Executable(); err != nil {
		return err
	}
	if err := d.chooseShell(); err != nil {
		return err
	}
	d.say("%s in %s, a temporary home, with a stand-in for AWS on loopback.", d.bold("awsmfa"), s.Home)
	d.say("Its users may do almost nothing without MFA. %s is a small AWS client, %s the users' phone.",
		d.bold("list-functions"), d.bold("authenticator"))
	for i, step := range []struct {
		name string
		run  func() error
	}{
		{"the first day of bob, who has an access key and nothing else", d.firstDay},
		{"another day: alice, without MFA", d.withoutMFA},
		{"the session, in this shell: " + d.shell.Name, d.evaluatedLine},
		{"one command only", d.oneCommand},
		{"a role, with the same code", d.role},
		{"the second call asks nobody", d.secondCall},
	} {
		d.say("\n%s", d.bold(fmt.Sprintf("%d. %s", i+1, step.name)))
		if err := step.run(); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.name, err)
		}
	}
	d.say("\n%s  go run ./internal/demo -- bash   (zsh, fish, pwsh, nu …)", d.bold("Try it yourself:"))
	return nil
}

// firstDay runs setup with an access key up to a session, without typed answers, and then again, when every step is
// done.
func (d *tour) firstDay() error {
	key := d.Newcomer.Keys[0]
	env := append(slices.Clone(d.env), "AWSMFA_SECRET_ACCESS_KEY="+key.Secret)
	words := []string{
		"setup",
		"bob",
		"--region",
		"eu-central-1",
		"--access-key-id",
		key.ID,
		"--codes-from",
		"authenticator",
		"--yes",
	}
	d.printCommand("awsmfa " + strings.Join(words, " "))
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
		return r.unexpected("a session, and silence on stdout")
	case device.Serial == "":
		return r.unexpected("a device that is enabled for " + d.Newcomer.ARN)
	case !strings.Contains(credentials, "[bob]\naws_access_key_id = "+key.ID+"\n") ||
		strings.Contains(credentials, "ASIA"):
		return r.unexpected("the key, and no session, in the credentials file")
	case !strings.Contains(config, "mfa_serial = "+device.Serial+"\n"):
		return r.unexpected("the device in the config file")
	case d.AWS.Count("GetSessionToken") != 1:
		return r.unexpected("one session")
	}
	d.printOutput(strings.ReplaceAll(strings.TrimSpace(r.stderr), d.Home, "~"))

	before := d.AWS.Count("GetSessionToken") + d.Codes()
	if r, err = d.run(d.env, d.awsmfa(), "setup", "bob", "--yes"); err != nil {
		return err
	}
	if r.code != 0 || d.AWS.Count("GetSessionToken")+d.Codes() != before {
		return r.unexpected("nothing left to be done")
	}
	d.say("  AWSMFA_SECRET_ACCESS_KEY held the secret. Run again, setup finds everything done, and asks for no code.")
	d.firstDayCodes = d.Codes()
	d.AWS.ResetCalls()
	return nil
}

// read returns a file of the home, or "" if it does not exist.
func (d *tour) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(d.Home, filepath.FromSlash(name))) // a missing file fails the checks
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// withoutMFA shows that AWS refuses the key alone.
func (d *tour) withoutMFA() error {
	d.printCommand("AWS_PROFILE=prod list-functions")
	r, err := d.run(append(d.env, "AWS_PROFILE=prod"), filepath.Join(d.Bin, "list-functions"))
	if err != nil {
		return err
	}
	if r.code == 0 || !strings.Contains(r.stderr, "AccessDenied") {
		return r.unexpected("an AccessDenied")
	}
	d.printOutput(strings.TrimSpace(r.stderr))
	return nil
}

// evaluatedLine runs the user's line in the shell.
func (d *tour) evaluatedLine() error {
	d.printCommand("awsmfa env prod")
	// With a further command the shell stays and is found; it may replace itself with its last command.
	r, err := d.inShell("awsmfa env prod", "exit 0")
	if err != nil {
		return err
	}
	for _, name := range sessionVars {
		if r.code != 0 || !strings.Contains(r.stdout, name) {
			return r.unexpected("a statement for " + name)
		}
	}
	d.printOutput(shortened(strings.TrimSpace(r.stdout)))

	line := d.shell.Line("awsmfa env prod")
	d.printCommand(line)
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
		return r.unexpected("silence")
	case !strings.HasPrefix(found["AWS_ACCESS_KEY_ID"], "ASIA") || found["AWS_SESSION_TOKEN"] == "":
		return r.unexpected("a session in the variables")
	case found["AWSMFA_PROFILE"] != "prod" || found["AWS_REGION"] != "eu-central-1":
		return r.unexpected("the profile and its region in the variables")
	case !strings.Contains(r.stdout, d.User.ARN+" in eu-central-1: "):
		return r.unexpected("the functions")
	}
	id := found["AWS_ACCESS_KEY_ID"]
	d.printOutput("nothing is printed; a program started in this shell finds AWS_ACCESS_KEY_ID=" + id + " …")
	d.printCommand("list-functions")
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	d.printOutput(strings.TrimSpace(lines[len(lines)-1]))
	if err := d.checkCost(); err != nil {
		return err
	}
	d.say("  All that took one code (from AWSMFA_CODE_COMMAND=authenticator) and one call of STS.")
	return nil
}

// oneCommand shows that exec needs no shell and no variables.
func (d *tour) oneCommand() error {
	d.printCommand("awsmfa exec prod -- list-functions")
	r, err := d.run(d.env, d.awsmfa(), "exec", "prod", "--", "list-functions")
	if err != nil {
		return err
	}
	if r.code != 0 || !strings.Contains(r.stdout, d.User.ARN) {
		return r.unexpected("the functions")
	}
	d.printOutput(strings.TrimSpace(r.stdout))
	return d.checkCost()
}

// role assumes a role with the cached MFA session, without a code.
func (d *tour) role() error {
	d.printCommand("awsmfa exec developer -- list-functions")
	r, err := d.run(d.env, d.awsmfa(), "exec", "developer", "--", "list-functions")
	if err != nil {
		return err
	}
	if r.code != 0 || !strings.Contains(r.stdout, ":assumed-role/"+d.Developer.Name+"/"+d.User.Name+" in ") ||
		d.AWS.Count("AssumeRole") != 1 {
		return r.unexpected("the functions, as " + d.Developer.ARN)
	}
	d.printOutput(strings.TrimSpace(r.stdout))
	d.say("  The profile developer has role_arn and source_profile = prod. One code serves all roles of a key.")
	return d.checkCost()
}

// secondCall repeats a call that uses the cache.
func (d *tour) secondCall() error {
	codes, requests := d.Codes(), d.AWS.Count("")
	var took []time.Duration
	for range cachedRuns {
		began := time.Now()
		r, err := d.run(d.env, d.awsmfa(), "env", "prod")
		if err != nil {
			return err
		}
		if r.code != 0 || !strings.Contains(r.stdout, "AWS_SESSION_TOKEN") {
			return r.unexpected("a session")
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	codes, requests = d.Codes()-codes, d.AWS.Count("")-requests
	d.printCommand(fmt.Sprintf("awsmfa env prod      (%d times)", cachedRuns))
	d.printOutput(
		fmt.Sprintf(
			"%.1f ms each (the median, starting the program included); codes asked for: %d, requests to AWS: %d",
			float64(took[len(took)/2])/float64(time.Millisecond),
			codes,
			requests,
		),
	)
	if codes != 0 || requests != 0 {
		return errors.New("a cached call must ask nobody")
	}
	return d.checkCost()
}

// checkCost checks that everything after the first day took one code and one call.
func (d *tour) checkCost() error {
	if codes, calls := d.Codes()-d.firstDayCodes, d.AWS.Count("GetSessionToken"); codes != 1 || calls != 1 {
		return fmt.Errorf("%d codes were asked for and %d sessions: one of each is what it costs", codes, calls)
	}
	return nil
}

// chooseShell selects a shell that every system of this kind has.
func (d *tour) chooseShell() (err error) {
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
	d.shell, _ = shells.Lookup(names[0])
	return nil
}

// inShell runs the lines in the shell, which stops at the first failure.
func (d *tour) inShell(lines ...string) (result, error) {
	if d.shell.Name == "pwsh" {
		script := "$ErrorActionPreference = 'Stop'; " + strings.Join(lines, "; ")
		return d.run(d.env, d.program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script)
	}
	return d.run(d.env, d.program, "-c", "set -eu\n"+strings.Join(lines, "\n"))
}

// command returns a call of the demo's own program in the shell's syntax.
func (d *tour) command(arg string) (string, error) {
	word, err := d.shell.Word(d.self)
	if d.shell.Name == "pwsh" {
		word = "& " + word // to PowerShell a quoted word alone is a string
	}
	return word + " " + arg, err
}

func (d *tour) awsmfa() string { return filepath.Join(d.Bin, "awsmfa") }

// result is the outcome of a program.
type result struct {
	stdout, stderr string
	code           int
}

// unexpected returns an error for any other outcome than the wanted one.
func (r result) unexpected(wanted string) error {
	return fmt.Errorf(
		"wanted %s, got exit code %d, on stdout %q, on stderr %q",
		wanted,
		r.code,
		shortened(r.stdout),
		r.stderr,
	)
}

// run runs a program without input from a terminal. It returns an error only if the program cannot be run.
func (d *tour) run(env []string, argv ...string) (result, error) {
	ctx, cancel := context.WithTimeout(d.ctx, stepTimeout)
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

func (d *tour) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

func (d *tour) printCommand(line string) { d.say("  %s", d.bold("> "+line)) }

func (d *tour) printOutput(text string) {
	for line := range strings.Lines(text) {
		d.say("    %s", d.gray(strings.TrimRight(line, "\r\n")))
	}
}

// secrets matches secret access keys and tokens: no other text in the output is as long without a break.
var secrets = regexp.MustCompile(`[A-Za-z0-9+/=]{30,}`)

func shortened(text string) string {
	return secrets.ReplaceAllStringFunc(text, func(s string) string { return s[:4] + "…" })
}

// styles returns bold and gray, without effect if out is not a terminal, if the user turned colours off, or on Windows,
// whose old console would print the escape sequences.
func styles(out *os.File) (bold, gray func(string) string) {
	if !term.IsTerminal(int(out.Fd())) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" ||
		runtime.GOOS == "windows" {
		plain := func(s string) string { return s }
		return plain, plain
	}
	style := func(code string) func(string) string {
		return func(s string) string { return "\x1b[" + code + "m" + s + "\x1b[0m" }
	}
	return style("1"), style("2")
}
