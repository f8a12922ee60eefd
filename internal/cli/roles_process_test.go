//go:build unix

package cli_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/shelltest"
)

// roles adds n roles, with profiles r0, r1… whose source profile is prod.
func (w *world) roles(t testing.TB, n int) {
	t.Helper()
	var text strings.Builder
	trust := fakeaws.TrustAccountWithMFA("aws", fakeaws.DefaultAccount)
	for i := range n {
		r := w.aws.AddRole(fakeaws.Role{Name: fmt.Sprintf("role%d", i), Trust: trust})
		fmt.Fprintf(&text, "\n[profile r%d]\nrole_arn = %s\nsource_profile = prod\nregion = us-east-1\n", i, r.ARN)
	}
	w.addConfig(t, text.String())
}

func (w *world) addConfig(t testing.TB, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(w.home, ".aws", "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if cerr := f.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
}

// called checks how often each action was called, and forgets the calls.
func (w *world) called(t testing.TB, want map[string]int) {
	t.Helper()
	for action, n := range want {
		if got := w.aws.Count(action); got != n {
			t.Errorf("%d calls of %s, not %d", got, action, n)
		}
	}
	w.aws.ResetCalls()
}

// Ten processes at the same time, each for another role, ask for one code, obtain one MFA session, and assume each role
// once. When that session is revoked, only the first process that notices asks for a code.
func TestManyRolesAtOnce(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	w.roles(t, 10)
	env := w.codes(t, 2)
	all := func() {
		t.Helper()
		var started []*started
		for i := range 10 {
			started = append(started, run(t, w, env, "env", fmt.Sprintf("r%d", i)))
		}
		for _, s := range started {
			if code := s.exit(); code != 0 {
				t.Errorf("exit code %d: %s", code, &s.said)
			}
		}
	}
	all()
	w.called(t, map[string]int{"GetSessionToken": 1, "AssumeRole": 10})
	if n := len(w.sessions()); n != 11 {
		t.Errorf("%d sessions are cached", n)
	}
	all()
	w.called(t, map[string]int{"GetSessionToken": 0, "AssumeRole": 0})

	w.aws.EndSessions(w.alice.ARN)
	if err := w.age(time.Hour); err != nil {
		t.Fatal(err)
	}
	all()
	w.called(t, map[string]int{"GetSessionToken": 1})
	if runs := w.file("runs"); runs != "run\nrun\n" {
		t.Errorf("codes were asked for %d times", strings.Count(runs, "\n"))
	}
}

// A hundred processes for three roles of one user, two of them longer than an hour: each role is assumed once, the
// codes are asked for one after the other, and AWS refuses none.
func TestLongRolesAtOnce(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	for i, duration := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour} {
		r := w.aws.AddRole(fakeaws.Role{
			Name: fmt.Sprintf("role%d", i), MaxSession: 4 * time.Hour,
			Trust: fakeaws.TrustAccountWithMFA("aws", fakeaws.DefaultAccount),
		})
		w.addConfig(t, fmt.Sprintf("\n[profile r%d]\nrole_arn = %s\nsource_profile = prod\nregion = us-east-1\n"+
			"duration_seconds = %.0f\n", i, r.ARN, duration.Seconds()))
	}
	w.codes(t, 1)
	env := []string{"AWSMFA_CODE_COMMAND=echo run >>runs; n=$(wc -l <runs); " +
		`while [ "$(wc -l <codes)" -lt "$n" ]; do sleep 0.01; done; sed -n "${n}p" codes`}
	w.aws.OnRequest(func(action string, done bool) { // each code is the next one when the last was accepted
		if !done || action != "GetSessionToken" && action != "AssumeRole" {
			return
		}
		w.aws.Advance(30 * time.Second)
		// A code command may read the file meanwhile, so it must not be truncated.
		codes, err := os.OpenFile(filepath.Join(w.home, "codes"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer codes.Close()
		if _, err := codes.WriteString(w.aws.FreshCode(w.phone.Serial) + "\n"); err != nil {
			t.Error(err)
		}
	})
	var all []*started
	for i := range 100 {
		all = append(all, run(t, w, env, "env", fmt.Sprintf("r%d", i%3)))
	}
	for _, s := range all {
		if code := s.exit(); code != 0 {
			t.Errorf("exit code %d: %s", code, &s.said)
		}
	}
	for _, call := range w.aws.Calls() {
		if call.Code != "" {
			t.Errorf("%s was refused: %s", call.Action, call.Code)
		}
	}
	w.called(t, map[string]int{"GetSessionToken": 1, "AssumeRole": 3})
	if runs := w.file("runs"); runs != "run\nrun\nrun\n" {
		t.Errorf("codes were asked for %d times", strings.Count(runs, "\n"))
	}
}

// Ten processes at the same time assume the same role once, and all print the same session.
func TestOneRoleAtOnce(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"env", "credential-process"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			w.roles(t, 1)
			env := w.codes(t, 1)
			for _, profile := range []string{"r0", "prod"} {
				var all []*started
				for range 10 {
					all = append(all, run(t, w, env, command, profile))
				}
				for _, s := range all {
					code, said := s.exit(), s.said.String()
					if code != 0 || s.stdout.String() != all[0].stdout.String() ||
						said != "" && !strings.Contains(said, "waiting") && !obtained.MatchString(said) {
						t.Errorf("exit code %d, another session, or an error: %s", code, said)
					}
				}
			}
			w.called(t, map[string]int{"GetSessionToken": 1, "AssumeRole": 1})
		})
	}
}

// A signal to awsmfa alone ends the wait for a credential_process that hangs, or whose child does.
func TestHangingProcess(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"exec sleep 60 2>&-", "exec 2>&-; sleep 60; true"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			w.addConfig(t, "\n[profile hangs]\ncredential_process = sh -c \"echo here >&2; "+program+"\"\n")
			s := run(t, w, nil, "env", "hangs")
			s.until("here")
			if err := s.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			code, said := s.exit(), s.said.String()
			if code != 130 || s.stdout.String() != "false\n" ||
				!strings.HasSuffix(said, "awsmfa: error: interrupted\n") {
				t.Errorf("exit code %d, printed %q, said %s", code, &s.stdout, said)
			}
		})
	}
}

// botocore is a client with the library under boto3 and the AWS CLI: for each line on stdin it calls GetCallerIdentity,
// with the credentials that it has or renews.
const botocore = `
import os, sys, botocore.session
s = botocore.session.Session(profile=sys.argv[1])
sts = s.create_client("sts", region_name="us-east-1", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
for line in sys.stdin:
    arn = sts.get_caller_identity()["Arn"]
    print(s.get_credentials().get_frozen_credentials().access_key, arn, flush=True)
`

// written returns a world where config has written profiles prod-mfa and r0-mfa, and the environment for AWS clients.
func written(t *testing.T) (w *world, env []string) {
	t.Helper()
	w = inWorld(t)
	w.roles(t, 1)
	w.addConfig(t, "duration_seconds = 900\n")
	for _, profile := range []string{"prod", "r0"} {
		if s := run(t, w, nil, "config", profile, "--write"); s.exit() != 0 {
			t.Fatal(s.said.String())
		}
	}
	w.aws.ResetCalls()
	return w, append(awsClients(t, w), w.codes(t, 1)...)
}

// AWS clients use a profile that config has written, without variables. botocore does so in one process beyond the end
// of a session: it renews one of 15 minutes at every call.
func TestClients(t *testing.T) {
	t.Parallel()
	t.Run("aws", func(t *testing.T) {
		t.Parallel()
		w, env := written(t)
		needAWSCLI(t, env)
		for profile, arn := range map[string]string{"prod-mfa": w.alice.ARN, "r0-mfa": ":assumed-role/role0/alice"} {
			cmd := exec.Command("aws", "sts", "get-caller-identity", "--profile", profile, "--region", "us-east-1",
				"--endpoint-url", w.aws.URL())
			cmd.Env, cmd.Dir = env, w.home
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), arn) {
				t.Errorf("%s: %v: %s", profile, err, out)
			}
		}
		w.called(t, map[string]int{"GetSessionToken": 1, "AssumeRole": 1})
		w.oneCode(t)
	})
	t.Run("botocore", func(t *testing.T) {
		t.Parallel()
		w, env := written(t)
		cmd := exec.Command(shelltest.Python(t, "botocore.session"), "-c", botocore, "r0-mfa")
		cmd.Env, cmd.Dir = env, w.home
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Process.Kill()
		lines := bufio.NewScanner(stdout)
		whoami := func() (key string) {
			fmt.Fprintln(stdin, "who?")
			if !lines.Scan() {
				cmd.Wait()
				t.Fatal(said.String())
			}
			key, arn, _ := strings.Cut(lines.Text(), " ")
			if !strings.HasSuffix(arn, ":assumed-role/role0/alice") {
				t.Errorf("it is %s", arn)
			}
			return key
		}
		first := whoami()
		if again := whoami(); again != first {
			t.Errorf("%s, then %s", first, again)
		}
		w.aws.ResetCalls()
		if err := w.age(11 * time.Minute); err != nil {
			t.Fatal(err)
		}
		if second := whoami(); second == first {
			t.Error("it was not renewed")
		}
		w.called(t, map[string]int{"GetSessionToken": 0, "AssumeRole": 1})
		stdin.Close()
		if err := cmd.Wait(); err != nil || said.Len() != 0 {
			t.Errorf("%v: %s", err, said.String())
		}
		w.oneCode(t)
	})
}

// oneCode fails the test unless the code command was run exactly once.
func (w *world) oneCode(t testing.TB) {
	t.Helper()
	if runs := w.file("runs"); runs != "run\n" {
		t.Errorf("codes were asked for %d times", strings.Count(runs, "\n"))
	}
}
