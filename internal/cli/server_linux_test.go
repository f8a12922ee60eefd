package cli_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"awsmfa/internal/shelltest"
)

// onTerminal starts a program on a terminal of its own, with awsmfa first on its PATH.
func (w *world) onTerminal(t *testing.T, args ...string) (person *os.File, end func() int) {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	w.obtain(t, w.codes(t, 1))
	if strings.Contains(strings.Join(args, " "), anyRest) {
		w.nearlyOver(t)
	}
	person, program := openTerminal(t)
	path := filepath.Join(dir, args[0])
	if args[0] != "awsmfa" {
		if path, err = exec.LookPath(args[0]); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Env = append(w.environ(), "PATH="+dir+":"+os.Getenv("PATH"), "WAITS="+waits, "PS1=> ", "TERM=dumb")
	cmd.Dir = w.home
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(longest, func() { cmd.Process.Kill() })
	t.Cleanup(func() { stop.Stop(); cmd.Process.Kill() })
	return person, func() int {
		err := cmd.Wait()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() { // as a shell says it
			return 128 + int(status.Signal())
		}
		return cmd.ProcessState.ExitCode()
	}
}

func needShell(t *testing.T, name string) {
	t.Helper()
	l, _ := shelltest.For(name)
	l.Need(t)
}

func typeIn(t *testing.T, person *os.File, text string) {
	t.Helper()
	if _, err := person.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// asksLate asks for a session once the command is ready and the first one has ended.
func (w *world) asksLate(t *testing.T, person *os.File) (c *client, replies <-chan reply) {
	t.Helper()
	readUntil(t, person, "ready")
	c = w.known(t)
	w.over(t)
	answered := make(chan reply, 1)
	go func() { answered <- c.ask() }()
	return c, answered
}

// The code is asked for on the terminal, after an explanation; the client waits for the answer. Ctrl-C ends the
// command, with its exit code.
func TestServerAsks(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	person, end := w.onTerminal(t, "awsmfa", "exec", "prod", "--server", anyRest, "--", "sh", "-c", waits)
	c, replies := w.asksLate(t, person)
	readUntil(t, person, "the session of profile \"prod\" has ended or is about to; "+
		"the command runs on, and needs a new one\r\nMFA code for prod")
	w.aws.Advance(time.Minute) // the last code was used
	typeIn(t, person, w.aws.FreshCode(w.phone.Serial)+"\n")
	if r := <-replies; r.Status != 200 || r.AccessKeyID != w.sessions()[0].lines[keptID] {
		t.Errorf("the client is told %+v", r)
	}
	typeIn(t, person, "\x03")
	if code := end(); code != 130 || !c.gone() {
		t.Errorf("exit code %d", code)
	}
}

// Ctrl-C cancels the question, and awsmfa runs on as long as the command.
func TestServerCtrlC(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	person, end := w.onTerminal(t, "awsmfa", "exec", "prod", "--server", anyRest, "--", "sh", "-c",
		"trap 'echo trapped' INT; "+report+"while :; do sleep 600; done")
	c, replies := w.asksLate(t, person)
	readUntil(t, person, "MFA code for prod")
	typeIn(t, person, "\x03")
	readUntil(t, person, "trapped")
	for _, r := range []reply{<-replies, c.ask()} { // who tries again at once is not asked again
		if r.Status != 503 || !strings.Contains(r.Message, "interrupted") {
			t.Errorf("the client is told %+v", r)
		}
	}
	if err := syscall.Kill(c.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := end(); code != 137 {
		t.Errorf("exit code %d", code)
	}
}

// While a shell with job control has the terminal, nothing is asked, and awsmfa is not stopped either.
func TestServerBesideAShell(t *testing.T) {
	t.Parallel()
	needShell(t, "bash")
	w := inWorld(t)
	person, end := w.onTerminal(t, "awsmfa", "exec", "prod", "--server", anyRest, "--", "bash", "--norc", "-i")
	typeIn(t, person, strings.Replace(report, "ready", "rea''dy", 1)+"\n")
	c, replies := w.asksLate(t, person)
	readUntil(t, person, "type in another terminal: awsmfa exec prod --refresh")
	if r := <-replies; r.Status != 503 || !strings.Contains(r.Message, "cannot ask") {
		t.Errorf("the client is told %+v", r)
	}
	typeIn(t, person, "exit 3\n")
	if code := end(); code != 3 || !c.gone() {
		t.Errorf("exit code %d", code)
	}
}

// A question is cancelled when the command goes to the background: reading the answer would stop awsmfa, and the
// command with it. The signal of Ctrl-Z is lost if the one to continue comes before it is handled.
func TestServerIntoTheBackground(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("lost %v", lost), func(t *testing.T) {
			t.Parallel()
			needShell(t, "bash")
			w := inWorld(t)
			person, end := w.onTerminal(t, "bash", "--norc", "-i")
			w.nearlyOver(t)
			typeIn(t, person, "awsmfa exec prod --server "+anyRest+` -- sh -c "$WAITS"`+"\n")
			c, replies := w.asksLate(t, person)
			readUntil(t, person, "MFA code for prod")
			if lost {
				c.stopOther(t)
			}
			typeIn(t, person, "\x1a")
			readUntil(t, person, "Stopped")
			typeIn(t, person, "bg\n")
			if r := <-replies; r.Status != 503 || !strings.Contains(r.Message, "type in another terminal") {
				t.Errorf("the client is told %+v", r)
			}
			typeIn(t, person, "kill %1; wait %1; exit $?\n")
			if code := end(); code != 143 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// stopOther stops the other process of the command's process group: awsmfa.
func (c *client) stopOther(t *testing.T) {
	t.Helper()
	all, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range all {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == c.pid {
			continue
		}
		if group, err := unix.Getpgid(pid); err == nil && group == c.pid {
			if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Ctrl-Z stops awsmfa with the command, so that the shell has its terminal back, and fg continues both.
func TestServerStopped(t *testing.T) {
	t.Parallel()
	needShell(t, "bash")
	w := inWorld(t)
	person, end := w.onTerminal(t, "bash", "--norc", "-i")
	typeIn(t, person, `awsmfa exec prod --server -- sh -c "$WAITS"`+"\n")
	readUntil(t, person, "ready")
	c := w.known(t)
	for range 3 {
		typeIn(t, person, "\x1a")
		readUntil(t, person, "Stopped")
		shell := foreground(t, person)
		typeIn(t, person, "fg\n")
		if r := c.ask(); r.Status != 200 {
			t.Errorf("after fg: %+v", r)
		}
		if !soon(func() bool { return foreground(t, person) != shell }) { // what is typed before would be the shell's
			t.Fatal("the shell keeps the terminal")
		}
		time.Sleep(100 * time.Millisecond) // between the terminal and SIGCONT, which would take Ctrl-Z back
	}
	typeIn(t, person, "\x03")
	readUntil(t, person, "> ")
	typeIn(t, person, "exit $?\n")
	if code := end(); code != 130 {
		t.Errorf("exit code %d", code)
	}
}

// foreground is the terminal's process group.
func foreground(t *testing.T, person *os.File) int {
	t.Helper()
	group, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPGRP)
	if err != nil {
		t.Fatal(err)
	}
	return group
}

// A shell with job control that suspends itself is in a process group of its own, and comes back with awsmfa all the
// same.
func TestServerSuspended(t *testing.T) {
	t.Parallel()
	needShell(t, "bash")
	w := inWorld(t)
	person, end := w.onTerminal(t, "bash", "--norc", "-i")
	typeIn(t, person, "awsmfa exec prod --server -- bash --norc -i\n")
	typeIn(t, person, "suspend\n")
	readUntil(t, person, "Stopped")
	typeIn(t, person, "fg\n")
	typeIn(t, person, "echo ba''ck; exit 4\n")
	readUntil(t, person, "back")
	typeIn(t, person, "exit $?\n")
	if code := end(); code != 4 {
		t.Errorf("exit code %d", code)
	}
}

// A signal to the process that was started reaches the command, on a terminal, too; and the caller's ignored signals
// stay ignored where Go allows it.
func TestServerSignalsOnTerminal(t *testing.T) {
	t.Parallel()
	needShell(t, "bash")
	w := inWorld(t)
	person, end := w.onTerminal(t, "bash", "--norc", "-i")
	typeIn(t, person, `(trap '' HUP TSTP; exec awsmfa exec prod --server -- sh -c "`+
		`trap 'echo g''ot-INT' INT; trap 'echo g''ot-QUIT' QUIT; `+
		`kill -HUP \$\$; kill -TSTP \$\$; echo rea''dy; while :; do sleep 0.1; done") &`+"\n")
	readUntil(t, person, "ready")
	for _, name := range []string{"INT", "QUIT"} {
		typeIn(t, person, "kill -"+name+" $!\n")
		readUntil(t, person, "got-"+name)
	}
	typeIn(t, person, "kill -TERM $!; wait $!; exit $?\n")
	if code := end(); code != 143 {
		t.Errorf("exit code %d", code)
	}
}
