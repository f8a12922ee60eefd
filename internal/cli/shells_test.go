//go:build unix

package cli_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/shelltest"
	"awsmfa/shells"
)

// inShell is the environment of a user's shell: awsmfa is on the PATH, no variable names the shell, and some variables
// are stale.
func inShell(t *testing.T, w *world) []string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	env := slices.DeleteFunc(w.environ(), func(v string) bool { return strings.HasPrefix(v, "AWSMFA_SHELL=") })
	return append(env, "PATH="+dir, "SHELL=/bin/nonsense",
		"AWS_PROFILE=nowhere", "AWS_DEFAULT_PROFILE=nowhere", "AWS_SECURITY_TOKEN=stale", "AWS_SESSION_TOKEN=stale")
}

// ofAWS are the variables that awsmfa reads and sets.
func ofAWS(env map[string]string) map[string]string {
	all := map[string]string{}
	for name, value := range env {
		if strings.HasPrefix(name, "AWS") && !strings.HasPrefix(name, "AWS_ENDPOINT_URL") &&
			name != "AWSMFA_CODE_COMMAND" {
			all[name] = value
		}
	}
	return all
}

// obtained matches stderr when a new session was obtained and nothing is wrong.
var obtained = regexp.MustCompile(`\Aawsmfa: the session for \S+ \(arn:\S+\) lasts until [-0-9]+ [0-9:]+\n\z`)

// In every shell, which awsmfa has to detect, the line that its user types sets a session, switches to another profile,
// and removes the session. Nothing else is printed.
func TestShells(t *testing.T) {
	t.Parallel()
	for _, l := range shelltest.All() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			l.Need(t)
			w := inWorld(t)
			shell, ok := shells.Lookup(l.Shell)
			if !ok {
				t.Fatal(l.Shell)
			}
			r := l.Run(t, w.home, append(inShell(t, w), w.codes(t, 1)...), strings.Join([]string{
				shell.Line("awsmfa env prod"), "envdump prod",
				shell.Line("awsmfa env default"), "envdump default",
				shell.Line("awsmfa env --unset"), "envdump unset", "",
			}, "\n"))
			if r.Code != 0 || r.Stdout != "" || !obtained.MatchString(r.Stderr) {
				t.Errorf("exit code %d, printed %q, said %q", r.Code, r.Stdout, r.Stderr)
			}
			kept := w.sessions()
			if len(kept) != 1 {
				t.Fatalf("%d sessions are cached", len(kept))
			}
			session := map[string]string{
				"AWS_ACCESS_KEY_ID":         kept[0].lines[keptID],
				"AWS_SECRET_ACCESS_KEY":     kept[0].lines[keptSecret],
				"AWS_SESSION_TOKEN":         kept[0].lines[keptToken],
				"AWS_CREDENTIAL_EXPIRATION": kept[0].lines[keptUntil],
			}
			until, err := time.Parse(time.RFC3339, kept[0].lines[keptUntil])
			if err != nil {
				t.Fatal(err)
			}
			session["AWSMFA_EXPIRES"] = strconv.FormatInt(until.Unix(), 10)
			other := maps.Clone(session)
			maps.Copy(session, map[string]string{
				"AWSMFA_PROFILE": "prod", "AWSMFA_REGION": "eu-central-1",
				"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
			})
			other["AWSMFA_PROFILE"] = "default"
			for label, want := range map[string]map[string]string{"prod": session, "default": other, "unset": {}} {
				if d, ran := r.Dump(label); !ran || !maps.Equal(ofAWS(d.Env), want) {
					t.Errorf("%s (ran: %v): %v, not %v", label, ran, ofAWS(d.Env), want)
				}
			}
		})
	}
}

// After a failure the rest of the line does not run, and no variable has changed. The reason is on stderr, once, for a
// usage error too. Evaluating the help is an error, and runs none of it as code.
func TestShellsFail(t *testing.T) {
	t.Parallel()
	for _, l := range shelltest.All() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			l.Need(t)
			w := inWorld(t)
			shell, ok := shells.Lookup(l.Shell)
			if !ok {
				t.Fatal(l.Shell)
			}
			commands := []string{"env nobody", "env prod", "env prod --no-such-flag", "nonsense", "env --help"}
			then := func(i int) string {
				return l.AndThen(shell.Line("awsmfa "+commands[i]), fmt.Sprintf("envdump then%d", i))
			}
			const next = "next call" // between what two lines print, and between what they say
			script := "envdump before\n"
			for i, command := range commands {
				failing := then(i)
				if l.Shell == "pwsh" { // in try more errors stop a line: below, each line is a script
					failing = shell.Line("awsmfa " + command)
				}
				script += "does 'out=" + next + "' 'err=" + next + "'\n" +
					l.OrElse(failing, fmt.Sprintf("envdump else%d", i)) + "\n"
			}
			env := inShell(t, w)
			r := l.Run(t, w.home, env, script)
			said := strings.Split(r.Stderr, next+"\n")
			printed := strings.Split(r.Stdout, next+"\n")
			if n := 1 + len(commands); len(said) != n || len(printed) != n || printed[0]+said[0] != "" {
				t.Fatalf("not %d lines: printed %q, said %q", n, r.Stdout, r.Stderr)
			}
			before, ran := r.Dump("before")
			if !ran {
				t.Fatal("there are no variables")
			}
			for i, command := range commands {
				said, dumps := printed[i+1]+said[i+1], r
				after, failed := r.Dump(fmt.Sprintf("else%d", i))
				if l.Shell == "pwsh" {
					dumps = l.Run(t, w.home, env, then(i)+"\n")
					said = dumps.Stdout + dumps.Stderr
				}
				_, ran := dumps.Dump(fmt.Sprintf("then%d", i))
				if command == "env --help" && l.Shell == "pwsh" { // whose error does not stop the line
					continue
				}
				if was, is := ofAWS(before.Env), ofAWS(after.Env); !failed || !maps.Equal(was, is) {
					t.Errorf("%s: failed: %v; the variables were %v and are %v; %s", command, failed, was, is, said)
				}
				if ran {
					t.Errorf("%s: the command after it was run", command)
				}
				if n := strings.Count(said, "awsmfa: error: "); n != 1 && command != "env --help" {
					t.Errorf("%s: printed and said %q", command, said)
				}
				if n := strings.Count(said, `profile "nobody" is neither`); n != 1 && command == "env nobody" {
					t.Errorf("%s: the message is shown %d times: %s", command, n, said)
				}
			}
			if left, err := filepath.Glob(filepath.Join(w.home, "*]*")); err != nil || len(left) > 0 {
				t.Errorf("the help was run as code: it left %q", left)
			}
		})
	}
}

// awsClients is the environment of AWS clients, awsmfa first on the PATH.
func awsClients(t *testing.T, w *world) []string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return append(w.environ(), "PATH="+dir+":"+os.Getenv("PATH"), "PYENV_ROOT="+os.Getenv("PYENV_ROOT"), "AWS_PAGER=",
		"AWS_EC2_METADATA_DISABLED=true")
}

// needAWSCLI skips the test without the AWS CLI. It runs it, because a file of that name may be a shim without a
// program.
func needAWSCLI(t *testing.T, env []string) {
	t.Helper()
	cmd := exec.Command("aws", "--version")
	cmd.Env = env
	if cmd.Run() != nil {
		shelltest.NotInstalled(t, "the AWS CLI")
	}
}

// The AWS CLI, if it is installed, works with the session in exec, and in a shell with the evaluated variables. The
// endpoint is on its command line, too: Debian's version, 2.9, does not know AWS_ENDPOINT_URL.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	env := awsClients(t, w)
	needAWSCLI(t, env)
	command := func(line string) (string, error) {
		cmd := exec.Command("sh", "-c", line)
		cmd.Env, cmd.Dir = append(env, w.codes(t, 1)...), w.home
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const list = "aws lambda list-functions --endpoint-url $AWS_ENDPOINT_URL"
	if out, err := command(list + " --profile prod --region us-east-1"); err == nil {
		t.Fatalf("it is allowed without a session: %s", out)
	}
	for _, line := range []string{
		"awsmfa exec prod -- " + list,
		`eval "$(awsmfa env prod --shell sh)" && ` + list,
		`AWS_PROFILE=nowhere; export AWS_PROFILE; eval "$(awsmfa env prod --shell sh)" && ` + list,
	} {
		if out, err := command(line); err != nil || !strings.Contains(out, "nightly-report") {
			t.Errorf("%s: %v: %s", line, err, out)
		}
	}
	if n := w.aws.Count("GetSessionToken"); n != 1 {
		t.Errorf("%d calls of GetSessionToken", n)
	}
}
