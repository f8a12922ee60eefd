//go:build unix

package cli_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/shelltest"
)

// client is a program run by exec --server.
type client struct {
	t     testing.TB
	pid   int // the command's
	url   string
	token string
}

// report is a command that writes its environment to a file, announces it, and runs the rest of its arguments.
const report = `umask 077; ` +
	`echo $$ $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN >known; echo ready >&2; `

const waits = report + "exec sleep 600"

// known reads that file, after the announcement.
func (w *world) known(t testing.TB) *client {
	t.Helper()
	f := strings.Fields(w.file("known"))
	if len(f) != 3 {
		t.Fatalf("the command knows %q", f)
	}
	pid, err := strconv.Atoi(f[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
	return &client{t, pid, f[1], f[2]}
}

type reply struct {
	Status                                      int
	AccessKeyID                                 string `json:"AccessKeyId"`
	SecretAccessKey, Token, Expiration, Message string
}

// ask asks the endpoint.
func (c *client) ask() (r reply) {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodGet, c.url, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", c.token)
	resp, err := (&http.Client{Timeout: longest, Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		c.t.Error(err)
		return
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		c.t.Error(err)
	}
	r.Status = resp.StatusCode
	return r
}

// gone reports whether the endpoint is closed, soon after the command's end.
func (c *client) gone() bool {
	u, err := url.Parse(c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	return soon(func() bool {
		conn, err := net.Dial("tcp", u.Host)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

func soon(is func() bool) bool {
	for end := time.Now().Add(longest); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// serving starts exec --server, with these flags and a cached session. codes adds one more code.
func (w *world) serving(
	t testing.TB, env func(codes []string) []string, flags ...string,
) (s *started, c *client, codes []string) {
	t.Helper()
	codes = w.codes(t, 2)
	w.obtain(t, codes)
	if slices.Contains(flags, anyRest) {
		w.nearlyOver(t)
	}
	args := slices.Concat([]string{"exec", "prod", "--server"}, flags, []string{"--", "sh", "-c", waits})
	s = run(t, w, env(codes), args...)
	s.until("ready")
	return s, w.known(t), codes
}

func (w *world) obtain(t testing.TB, codes []string) {
	t.Helper()
	if code := run(t, w, codes, "env", "prod").exit(); code != 0 {
		t.Fatal("no session")
	}
}

// anyRest is the flag that makes exec --server start with a session that is about to end.
const anyRest = "--min-ttl=0s"

// nearlyOver leaves the cached session just enough time to start a program with it.
func (w *world) nearlyOver(t testing.TB) {
	t.Helper()
	if err := w.age(12*time.Hour - 5*time.Second); err != nil {
		t.Fatal(err)
	}
}

// over waits for the end of the cached session, which the program holds in memory, too.
func (w *world) over(t testing.TB) {
	t.Helper()
	until, err := time.Parse(time.RFC3339, w.sessions()[0].lines[keptUntil])
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(until))
}

// renewed asks until the session is not old any more: the endpoint returns that while it renews it.
func (c *client) renewed(old string) {
	c.t.Helper()
	if !soon(func() bool { return c.ask().AccessKeyID != old }) {
		c.t.Fatal("the session is not renewed")
	}
}

func withCodes(codes []string) []string { return codes }

func withoutCodes([]string) []string { return nil }

// The endpoint has the cached session, calls nothing, and ends with the command, whatever ends that.
func TestServer(t *testing.T) {
	t.Parallel()
	command := func(sent syscall.Signal) func(*started, *client) error {
		return func(_ *started, c *client) error { return syscall.Kill(c.pid, sent) }
	}
	itself := func(sent syscall.Signal) func(*started, *client) error {
		return func(s *started, _ *client) error { return s.Process.Signal(sent) }
	}
	for _, end := range []struct {
		how  string
		end  func(s *started, c *client) error
		code int
	}{
		{"the command is killed", command(syscall.SIGKILL), -9},
		{"the command is terminated", command(syscall.SIGTERM), -15},
		{"awsmfa is terminated", itself(syscall.SIGTERM), -15},
		{"awsmfa is hung up", itself(syscall.SIGHUP), -1},
		{"awsmfa is interrupted by a program", itself(syscall.SIGINT), -2},
	} {
		t.Run(end.how, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			tmp := t.TempDir()
			s, c, _ := w.serving(t, func([]string) []string { return []string{"TMPDIR=" + tmp} })
			kept := w.sessions()[0].lines
			want := reply{200, kept[keptID], kept[keptSecret], kept[keptToken], kept[keptUntil], ""}
			if got := c.ask(); got != want {
				t.Errorf("it says %+v, not %+v", got, want)
			}
			c.token = "x" + c.token[1:]
			resp, err := http.Get(c.url)
			if err != nil || resp.StatusCode != http.StatusForbidden {
				t.Error("without the token:", resp, err)
			}
			if err := end.end(s, c); err != nil {
				t.Fatal(err)
			}
			if code := s.exit(); code != end.code {
				t.Errorf("exit code %d: %s", code, &s.said)
			}
			if !c.gone() {
				t.Error("the endpoint is there after the end of the command")
			}
			if !soon(func() bool { left, err := os.ReadDir(tmp); return len(left) == 0 && err == nil }) {
				t.Error("it left its files")
			}
			if err := w.leak("", s.said.String(), "", true, false); err != nil {
				t.Error(err)
			}
			if n := w.aws.Count("GetSessionToken"); n != 1 {
				t.Errorf("%d calls of GetSessionToken", n)
			}
		})
	}
}

// Ten clients at once, with a session that has ended: one renewal, and all get the same session.
func TestServerRenewsOnce(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	_, c, _ := w.serving(t, withCodes, anyRest)
	w.over(t)
	old := w.sessions()[0].lines[keptID]
	arrived, let := w.holdFirst(t)
	replies := make([]reply, 10)
	var all sync.WaitGroup
	all.Go(func() { replies[0] = c.ask() })
	<-arrived
	for i := range replies[1:] {
		all.Go(func() { replies[1+i] = c.ask() })
	}
	let()
	all.Wait()
	for _, r := range replies {
		if r != replies[0] || r.Status != 200 || r.AccessKeyID == old {
			t.Errorf("one says %+v, another %+v", replies[0], r)
		}
	}
	if n := w.aws.Count("GetSessionToken"); n != 2 {
		t.Errorf("%d calls of GetSessionToken", n)
	}
}

// With less left than --min-ttl the session is renewed, and clients get the old one meanwhile.
func TestServerHoldsMeanwhile(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	_, c, _ := w.serving(t, withCodes)
	old := c.ask()
	if err := w.age(12*time.Hour - 17*time.Minute); err != nil { // botocore renews when 15 minutes are left
		t.Fatal(err)
	}
	if r := c.ask(); r.AccessKeyID != old.AccessKeyID || w.aws.Count("GetSessionToken") != 1 {
		t.Errorf("with 17 minutes left: %+v", r)
	}
	if err := w.age(time.Minute + time.Second); err != nil {
		t.Fatal(err)
	}
	arrived, let := w.holdFirst(t)
	if r := c.ask(); r.Status != 200 || r.AccessKeyID != old.AccessKeyID {
		t.Errorf("while it is renewed: %+v", r)
	}
	<-arrived
	let()
	c.renewed(old.AccessKeyID)
	if n := w.aws.Count("GetSessionToken"); n != 2 {
		t.Errorf("%d calls of GetSessionToken", n)
	}
}

// Without a terminal to ask on, stderr says once what to type in another one; clients get the same text; and the
// session obtained there is found.
func TestServerCannotAsk(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	s, c, codes := w.serving(t, withoutCodes, anyRest)
	w.over(t)
	const line = "awsmfa exec prod --refresh -- awsmfa --version"
	for range 3 {
		if r := c.ask(); r.Status != 503 || !strings.Contains(r.Message, "type in another terminal: "+line) {
			t.Errorf("the client is told %+v", r)
		}
	}
	typed := strings.Fields(line)[1:]
	if code := run(t, w, codes, typed...).exit(); code != 0 {
		t.Error("what is to be typed does not work:", code)
	}
	if r := c.ask(); r.Status != 200 || r.AccessKeyID != w.sessions()[0].lines[keptID] {
		t.Errorf("after the renewal elsewhere: %+v", r)
	}
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if s.exit(); strings.Count(s.said.String(), line) != 1 {
		t.Errorf("it says %s", &s.said)
	}
}

// If no new session can be obtained, the first one is returned until it ends, even if nobody asked for it before.
func TestServerServesToTheEnd(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	_, c, codes := w.serving(t, withoutCodes)
	if err := w.age(12*time.Hour - 10*time.Minute); err != nil {
		t.Fatal(err)
	}
	if r := c.ask(); r.Status != 200 || r.AccessKeyID != w.sessions()[0].lines[keptID] {
		t.Errorf("with no code to be had: %+v", r)
	}

	s := run(t, w, codes, "exec", "prod", "--server", "--duration", "15m", "--", "sh", "-c", waits)
	s.until("ready")
	c = w.known(t)
	w.aws.Inject(fakeaws.Fault{Kind: fakeaws.Cut, Times: -1})
	if err := w.age(11 * time.Minute); err != nil {
		t.Fatal(err)
	}
	if r := c.ask(); r.Status != 200 {
		t.Errorf("with STS down: %+v", r)
	}
}

// A role's session is renewed without a code while the MFA session lasts.
func TestServerRole(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	trust := fakeaws.TrustAccountWithMFA("aws", fakeaws.DefaultAccount)
	role := w.aws.AddRole(fakeaws.Role{Name: "deploy", Trust: trust})
	config := "[profile base]\nmfa_serial = " + w.phone.Serial +
		"\n[profile prod]\nsource_profile = base\nrole_arn = " + role.ARN + "\n"
	keys := strings.Replace(w.file(".aws/credentials"), "[prod]", "[base]", 1)
	for name, text := range map[string]string{"config": config, "credentials": keys} {
		if err := os.WriteFile(filepath.Join(w.home, ".aws", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, c, _ := w.serving(t, withoutCodes)
	first := c.ask()
	for _, k := range w.files("role-") { // an hour older
		for _, i := range []int{keptUntil, keptSince} {
			at, err := time.Parse(time.RFC3339, k.lines[i])
			if err != nil {
				t.Fatal(err)
			}
			k.lines[i] = at.Add(-time.Hour).Format(time.RFC3339Nano)
		}
		if err := w.write(k); err != nil {
			t.Fatal(err)
		}
	}
	c.renewed(first.AccessKeyID)
	if a, g := w.aws.Count("AssumeRole"), w.aws.Count("GetSessionToken"); a != 2 || g != 1 {
		t.Errorf("%d calls of AssumeRole, %d of GetSessionToken", a, g)
	}
}

// One code is enough, too, with --no-cache, which caches no session in files, and with --refresh, which is for the
// first session only.
func TestServerOneCode(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--no-cache", "--refresh"} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			s := run(t, w, w.codes(t, 2), "exec", "prod", "--server", flag, "--", "sh", "-c", waits)
			s.until("ready")
			c := w.known(t)
			if a, b := c.ask(), c.ask(); a != b || a.Status != 200 {
				t.Errorf("%+v and then %+v", a, b)
			}
			w.oneCode(t)
			if _, err := os.Stat(w.cacheDir()); err == nil && flag == "--no-cache" {
				t.Error("something is in the cache")
			}
		})
	}
}

// A code on the command line is for the first session.
func TestServerGivenCode(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	s := run(t, w, []string{"AWSMFA_CODE_COMMAND=cat next"},
		"exec", "prod", "--server", "--code", w.aws.FreshCode(w.phone.Serial), "--", "sh", "-c", waits)
	s.until("ready")
	c := w.known(t)
	first := c.ask().AccessKeyID
	w.aws.Advance(12 * time.Hour)
	if err := w.age(12 * time.Hour); err != nil {
		t.Fatal(err)
	}
	next := []byte(w.aws.FreshCode(w.phone.Serial) + "\n")
	if err := os.WriteFile(filepath.Join(w.home, "next"), next, 0o600); err != nil {
		t.Fatal(err)
	}
	c.renewed(first)
}

// boto3 and the AWS CLI, where they are installed, get their session from the endpoint, and ask again by themselves
// before it ends.
func TestServerAWSClients(t *testing.T) {
	t.Parallel()
	for _, program := range []struct {
		name   string
		need   func(t *testing.T, env []string) (python string)
		script string
	}{
		{"AWS CLI", func(t *testing.T, env []string) string { needAWSCLI(t, env); return "" }, `
			aws lambda list-functions --endpoint-url $AWS_ENDPOINT_URL && echo first && read -r go &&
			aws lambda list-functions --endpoint-url $AWS_ENDPOINT_URL && echo second`},
		// A session of 15 minutes is one that botocore asks about before every call.
		{"boto3", func(t *testing.T, _ []string) string { return shelltest.Python(t, "boto3") }, `exec "$PYTHON" -c '
import boto3, os, sys
client = boto3.client("lambda", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
print(client.list_functions()["Functions"])
print("first", flush=True)
sys.stdin.readline()
print(client.list_functions()["Functions"])
print("second", flush=True)'`},
	} {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			env := awsClients(t, w)
			env = append(env, "SCRIPT="+program.script, "PYTHON="+program.need(t, env))
			cmd := exec.Command("sh", "-c", `exec awsmfa exec prod --server --duration 15m -- sh -c "$SCRIPT"`)
			cmd.Env, cmd.Dir = append(env, w.codes(t, 1)...), w.home
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer time.AfterFunc(longest, func() { cmd.Process.Kill() }).Stop()
			lines := bufio.NewReader(stdout)
			for line := ""; line != "first\n"; {
				if line, err = lines.ReadString('\n'); err != nil {
					t.Fatalf("%v: %s", err, &stderr)
				}
			}
			w.aws.Advance(time.Hour)
			if err := w.age(time.Hour); err != nil {
				t.Fatal(err)
			}
			next := "used\n" + w.aws.FreshCode(w.phone.Serial) + "\n"
			if err := os.WriteFile(filepath.Join(w.home, "codes"), []byte(next), 0o600); err != nil {
				t.Fatal(err)
			}
			stdin.Write([]byte("go\n"))
			rest, _ := io.ReadAll(lines)
			if !strings.Contains(string(rest), "second") {
				t.Errorf("it printed %s", rest)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, &stderr)
			}
			calls := w.aws.Calls()
			refused := slices.ContainsFunc(calls, func(c fakeaws.Call) bool { return c.Status != 200 })
			if n := w.aws.Count("GetSessionToken"); n != 2 || refused {
				t.Errorf("%d calls of GetSessionToken; %+v", n, calls)
			}
		})
	}
}
