//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// longest is the limit of a test's waits; they are this long only when the test fails.
const longest = time.Minute

// started is a running awsmfa.
type started struct {
	*exec.Cmd
	t      testing.TB
	stdout bytes.Buffer
	stderr *bufio.Reader
	said   strings.Builder // the part of stderr read so far
}

// run starts the real program in a world, with extra variables.
func run(t testing.TB, w *world, env []string, args ...string) *started {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &started{Cmd: exec.Command(filepath.Join(dir, "awsmfa"), args...), t: t}
	s.Cmd.Env = append(append(w.environ(), "PATH="+dir+":"+os.Getenv("PATH")), env...)
	s.Cmd.Dir = w.home
	s.Cmd.Stdout = &s.stdout
	s.Cmd.WaitDelay = longest
	pipe, err := s.Cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.stderr = bufio.NewReader(pipe)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(longest, func() { s.Process.Kill() })
	t.Cleanup(func() { stop.Stop(); s.Process.Kill() })
	return s
}

// until reads stderr up to a line with text in it.
func (s *started) until(text string) {
	s.t.Helper()
	for {
		line, err := s.stderr.ReadString('\n')
		s.said.WriteString(line)
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			s.t.Fatalf("it never said %q, but: %s", text, &s.said)
		}
	}
}

// exit waits until awsmfa ends, and returns the exit code, or minus the signal.
func (s *started) exit() int {
	rest, _ := io.ReadAll(s.stderr)
	s.said.Write(rest)
	s.Wait()
	if status := s.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		return -int(status.Signal())
	}
	return s.ProcessState.ExitCode()
}

func inWorld(t testing.TB) *world {
	t.Helper()
	w, done, err := newWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	values := map[string]string{}
	for _, v := range w.environ() {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	if err := w.furnish(func(name string) string { return values[name] }); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) file(name string) string {
	data, _ := os.ReadFile(filepath.Join(w.home, name))
	return string(data)
}

// codes returns the setting of a code command that prints n fresh codes, one a run, and adds a line to the file "runs"
// each time.
func (w *world) codes(t testing.TB, n int) (env []string) {
	t.Helper()
	var codes strings.Builder
	for i := range n {
		if i > 0 {
			w.aws.Advance(30 * time.Second) // AWS accepts the previous code, too
		}
		codes.WriteString(w.aws.FreshCode(w.phone.Serial) + "\n")
	}
	if err := os.WriteFile(filepath.Join(w.home, "codes"), []byte(codes.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{`AWSMFA_CODE_COMMAND=echo run >>runs; sed -n "$(wc -l <runs)p" codes`}
}

// holdFirst makes the first GetSessionToken wait, before it takes effect, until let is called.
func (w *world) holdFirst(t testing.TB) (arrived <-chan struct{}, let func()) {
	came, released := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var calls atomic.Int32
	let = func() { once.Do(func() { close(released) }) }
	t.Cleanup(let)
	w.aws.OnRequest(func(action string, done bool) {
		if action == "GetSessionToken" && !done && calls.Add(1) == 1 {
			close(came)
			<-released
		}
	})
	return came, let
}

// Thirty processes started together with an empty cache ask for one code, make one call, and print the same session.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"prod", "dev"} { // dev names no device: it must be found, once
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			env := w.codes(t, 2)
			var all []*started
			for range 30 {
				all = append(all, run(t, w, env, "env", profile))
			}
			for _, s := range all {
				if code := s.exit(); code != 0 || s.stdout.String() != all[0].stdout.String() {
					t.Errorf("exit code %d, another session, or an error: %s", code, &s.said)
				}
			}
			w.oneCode(t)
			if n := w.aws.Count("GetSessionToken"); n != 1 {
				t.Errorf("%d calls of GetSessionToken", n)
			}
			if n := w.aws.Count("ListMFADevices"); n > 1 {
				t.Errorf("%d calls of ListMFADevices", n)
			}
		})
	}
}

// With --refresh, too, processes that waited for the lock take a session obtained since they were started.
func TestManyRefreshAtOnce(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	env := w.codes(t, 2)
	arrived, let := w.holdFirst(t)
	first := run(t, w, env, "env", "prod", "--refresh")
	<-arrived
	var others []*started
	for range 5 {
		others = append(others, run(t, w, env, "env", "prod", "--refresh"))
	}
	for _, s := range others {
		s.until("waiting for another awsmfa")
	}
	let()
	for _, s := range append(others, first) {
		if code := s.exit(); code != 0 {
			t.Errorf("exit code %d: %s", code, &s.said)
		}
	}
	if n := w.aws.Count("GetSessionToken"); n != 1 {
		t.Errorf("%d calls of GetSessionToken", n)
	}
}

// Two profiles of one user need two sessions, the second a longer one. awsmfa asks for the codes one after the other,
// never for both at once.
func TestTwoProfilesAtOnce(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	env := w.codes(t, 2)
	arrived, let := w.holdFirst(t)
	prod := run(t, w, env, "env", "prod")
	<-arrived
	other := run(t, w, env, "env", "default", "--duration", "13h")
	other.until("waiting for another awsmfa")
	if runs := w.file("runs"); runs != "run\n" {
		t.Error("a second code was asked for while the first one's answer was awaited")
	}
	let()
	if a, b := prod.exit(), other.exit(); a != 0 || b != 0 {
		t.Errorf("exit codes %d and %d: %s %s", a, b, &prod.said, &other.said)
	}
	if n := w.aws.Count("GetSessionToken"); n != 2 {
		t.Errorf("%d calls of GetSessionToken", n)
	}
}

// A process that is killed releases the lock.
func TestKilledHolder(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	env := w.codes(t, 2)
	arrived, _ := w.holdFirst(t)
	holder := run(t, w, env, "env", "prod")
	<-arrived
	var waiting []*started
	for range 3 {
		waiting = append(waiting, run(t, w, env, "env", "prod"))
	}
	for _, s := range waiting {
		s.until("waiting for another awsmfa")
	}
	holder.Process.Kill()
	if code := holder.exit(); code != -int(syscall.SIGKILL) {
		t.Fatalf("the holder ended with %d", code)
	}
	for _, s := range waiting {
		if code := s.exit(); code != 0 {
			t.Errorf("exit code %d: %s", code, &s.said)
		}
	}
	if runs := w.file("runs"); runs != "run\nrun\n" {
		t.Errorf("codes were asked for %d times", strings.Count(runs, "\n"))
	}
}

// A signal ends each wait: for the lock, for AWS, and for the code command. The evaluated line fails, and no session is
// cached.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			env := w.codes(t, 2)
			arrived, _ := w.holdFirst(t)
			holder := run(t, w, env, "env", "prod")
			<-arrived
			waiting := run(t, w, env, "env", "prod")
			waiting.until("waiting for another awsmfa")
			command := run(t, w, []string{
				"XDG_CACHE_HOME=" + t.TempDir(),
				"AWSMFA_CODE_COMMAND=echo here >&2; exec sleep 600",
			}, "exec", "prod", "--", "true")
			command.until("here")

			for _, of := range []struct {
				what string
				*started
			}{
				{"the lock", waiting}, // first, while the lock is held
				{"AWS", holder},
				{"the code command", command},
			} {
				what, s := of.what, of.started
				if err := s.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				if code := s.exit(); code != 128+int(signal) {
					t.Errorf("waiting for %s: exit code %d", what, code)
				}
				if !strings.HasSuffix(s.said.String(), "awsmfa: error: interrupted\n") {
					t.Errorf("waiting for %s: said %s", what, &s.said)
				}
				if out := s.stdout.String(); out != "false\n" && s != command || s == command && out != "" {
					t.Errorf("waiting for %s: printed %q", what, out)
				}
			}
			if n := len(w.sessions()); n != 0 {
				t.Errorf("%d sessions are cached", n)
			}
		})
	}
}

// A signal also ends a code command or a credential_process with all processes that they have started.
func TestSignalsEndHelpers(t *testing.T) {
	t.Parallel()
	const helper = `sleep 600 >alive 2>&1 & echo $! >pid; echo here >&2; wait; :`
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		for profile, env := range map[string][]string{"prod": {"AWSMFA_CODE_COMMAND=" + helper}, "tool": nil} {
			t.Run(signal.String()+" "+profile, func(t *testing.T) {
				t.Parallel()
				w := inWorld(t)
				config := w.file(".aws/config") + "[profile tool]\ncredential_process = " + helper + "\n"
				if err := os.WriteFile(filepath.Join(w.home, ".aws", "config"), []byte(config), 0o600); err != nil {
					t.Fatal(err)
				}
				ended := w.whileAlive(t)
				s := run(t, w, env, "exec", profile, "--", "true")
				s.until("here")
				alive := ended()
				signalTo(t, s.Process, signal)
				if code := s.exit(); code != 128+int(signal) {
					t.Errorf("exit code %d: %s", code, &s.said)
				}
				if err := alive(); err != nil {
					t.Error("a process of the helper's goes on: ", err)
				}
			})
		}
	}
}

// whileAlive creates the pipe "alive", which a process, whose ID is in the file "pid", holds open. When it does, call
// opened; its result waits until the process has ended.
func (w *world) whileAlive(t testing.TB) (opened func() (wait func() error)) {
	t.Helper()
	path := filepath.Join(w.home, "alive")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	// Opening it to write blocks until there is a reader.
	held, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() func() error {
		pid, err := strconv.Atoi(strings.TrimSpace(w.file("pid")))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { held.Close(); syscall.Kill(pid, syscall.SIGKILL) })
		return func() error {
			if err := held.SetReadDeadline(time.Now().Add(longest)); err != nil {
				return err
			}
			_, err := io.ReadAll(held)
			return err
		}
	}
}

func signalTo(t *testing.T, p *os.Process, signal syscall.Signal) {
	t.Helper()
	if err := p.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
