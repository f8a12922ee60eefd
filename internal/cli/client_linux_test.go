package cli_test

import (
	"bytes"
	"io"
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

// inSession returns a shell line that runs in a session of its own, with the pseudo-terminal as its controlling one,
// and what it says on stderr.
func inSession(t *testing.T, w *world, program *os.File, line string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = w.home
	cmd.Env = append(w.environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	cmd.ExtraFiles = []*os.File{program}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.WaitDelay = longest
	timer := time.AfterFunc(longest, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	t.Cleanup(func() { timer.Stop() })
	return cmd, &stderr
}

func typeLine(t *testing.T, person *os.File, text string) {
	t.Helper()
	if _, err := person.WriteString(text + "\n"); err != nil {
		t.Fatal(err)
	}
}

// The question says that a client may not wait. When nobody reads the output any more, nobody is asked either, so that
// the line typed next is not taken for a code.
func TestReaderGone(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	person, program := openTerminal(t)
	cmd, stderr := inSession(t, w, program,
		`awsmfa credential-process dev | head -c0; read line </dev/tty; echo "$line"`)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	readUntil(t, person, "gives up after a minute.\r\nMFA code for dev ("+w.phone.Serial+"): \r\n")
	typeLine(t, person, "ls -l")
	if err := cmd.Wait(); err != nil || stdout.String() != "ls -l\n" {
		t.Errorf("%v, printed %q", err, &stdout)
	}
	if !strings.Contains(stderr.String(),
		"is gone, so no token code is asked for any more\nawsmfa: hint: run it again\n") {
		t.Errorf("said %q", stderr)
	}
	if n := w.aws.Count("GetSessionToken"); n != 0 {
		t.Errorf("%d calls of GetSessionToken", n)
	}
}

// Where awsmfa runs another, as a credential_process, neither warns of the other's patience, and one of them says how
// it ended.
func TestClientIsAwsmfa(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	w.addConfig(t, "\n[profile dev-mfa]\ncredential_process = awsmfa credential-process dev\n")
	person, program := openTerminal(t)
	cmd, stderr := inSession(t, w, program, "awsmfa exec dev-mfa -- true; echo $?")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var screen strings.Builder
	readUntil(t, io.TeeReader(person, &screen), "MFA code for dev")
	if !strings.HasPrefix(screen.String(), "MFA code") {
		t.Errorf("it shows %q", &screen)
	}
	if _, err := person.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != -1 { // Ctrl-C is for the shell, too
		t.Error(err)
	}
	if stderr.String() != "awsmfa: error: interrupted\n" {
		t.Errorf("said %q", stderr)
	}
}

// A client in Go kills the shell that runs awsmfa, and may still read. The code then counts for the next call.
func TestClientGaveUp(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	person, program := openTerminal(t)
	cmd, stderr := inSession(t, w, program,
		`sh -c 'echo $$ >pid; awsmfa credential-process dev; :' | cat; awsmfa credential-process dev`)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	readUntil(t, person, "MFA code for dev")
	text, err := os.ReadFile(filepath.Join(w.home, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	typeLine(t, person, w.aws.FreshCode(w.phone.Serial))
	if err := cmd.Wait(); err != nil || strings.Count(stdout.String(), `{"Version":1,`) != 2 {
		t.Errorf("%v, printed %d bytes", err, stdout.Len())
	}
	if !strings.Contains(stderr.String(), "has given up waiting for it\n"+
		"awsmfa: hint: run it again: the session is cached, and no code is needed\n") {
		t.Errorf("said %q", stderr)
	}
}

func needSetsid(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("setsid"); err != nil {
		shelltest.NotInstalled(t, "setsid")
	}
}

// The window closes when awsmfa is killed, and when the shell is in which the client started it.
func TestWindowGone(t *testing.T) {
	t.Parallel()
	needSetsid(t)
	for _, killed := range []string{"awsmfa", "client"} {
		t.Run(killed, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			zenity := "#!/bin/sh\necho $$ >zenity; echo $PPID >awsmfa; mv zenity shown; exec sleep 60\n"
			if err := os.WriteFile(filepath.Join(w.home, "zenity"), []byte(zenity), 0o700); err != nil {
				t.Fatal(err)
			}
			_, program := openTerminal(t)
			cmd, stderr := inSession(t, w, program, // its own session, so without a terminal
				`PATH=$HOME:$PATH; DISPLAY=:9; export PATH DISPLAY; `+
					`setsid sh -c 'echo $$ >client; awsmfa credential-process dev; echo "$?" >code' </dev/null | cat`)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			read := func(name string) int {
				path := filepath.Join(w.home, name)
				for end := time.Now().Add(longest); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
					text, err := os.ReadFile(path)
					if n, err2 := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && err2 == nil {
						return n
					}
				}
				t.Fatalf("there is no %s: %s", name, stderr)
				return 0
			}
			window := read("shown")
			if err := syscall.Kill(read(killed), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil { // it ends when the last process does that could write to the pipe
				t.Errorf("%v, %s", err, stderr)
			}
			for end := time.Now().Add(longest); syscall.Kill(window, 0) == nil; time.Sleep(10 * time.Millisecond) {
				if stat, err := os.ReadFile("/proc/" + strconv.Itoa(window) + "/stat"); err != nil ||
					strings.Contains(string(stat), ") Z ") { // ended, and nobody has asked how
					break
				}
				if time.Now().After(end) {
					t.Fatal("the window is still there")
				}
			}
		})
	}
}

// Where /dev/tty cannot be opened, because the terminal is another session's, and stdin and stderr are a terminal, they
// are asked on: su -c and setsid start such sessions. An input that is no terminal is never read.
func TestOtherTerminal(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	start := func(input *os.File, program *os.File, args ...string) (*exec.Cmd, *bytes.Buffer) {
		cmd := exec.Command(filepath.Join(dir, "awsmfa"), args...)
		cmd.Env = append(w.environ(), "PATH="+os.Getenv("PATH"))
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		var stdout bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = input, &stdout, program
		cmd.WaitDelay = longest
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, &stdout
	}
	for _, c := range []struct {
		args            []string
		question, reply string
		want            string
	}{
		{[]string{"env", "dev"}, "MFA code for dev", "", "ASIA"},
		{
			[]string{"setup", "new", "--access-key-id", w.alice.Keys[0].ID},
			"Secret access key (not shown): ", "\x04", "",
		},
		{[]string{"rotate", "dev"}, "[y/N] ", "n", ""},
	} {
		person, program := openTerminal(t)
		before := attributes(t, program)
		cmd, stdout := start(program, program, c.args...)
		readUntil(t, person, c.question)
		reply := c.reply
		if reply == "" {
			reply = w.aws.FreshCode(w.phone.Serial)
		}
		typeLine(t, person, reply)
		if err := cmd.Wait(); (err == nil) != (c.want != "") || !strings.Contains(stdout.String(), c.want) {
			t.Errorf("%q: %v, printed %q", c.args, err, stdout)
		}
		if after := attributes(t, program); after != before {
			t.Errorf("%q: the terminal was %+v and is %+v", c.args, before, after)
		}
	}
	person, program := openTerminal(t)
	input, output, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	typeLine(t, output, "123456")
	cmd, _ := start(input, program, "env", "dev", "--refresh")
	readUntil(t, person, "there is no terminal to ask on")
	if cmd.Wait() == nil {
		t.Error("succeeded")
	}
	buf := make([]byte, 8)
	if n, err := input.Read(buf); n != 7 || err != nil {
		t.Errorf("of the input were left %q", buf[:n])
	}
	// The shell that started it reads keys: it has the terminal, and would get the answer.
	person, program = openTerminal(t)
	change(t, program, func(a *unix.Termios) { a.Lflag &^= unix.ICANON })
	cmd, _ = start(program, program, "env", "dev", "--refresh")
	readUntil(t, person, "awsmfa is not in the terminal's foreground")
	if cmd.Wait() == nil {
		t.Error("succeeded")
	}
}

// Ctrl-C on such a terminal ends only the program that has started awsmfa in its session. Then awsmfa asks no more.
func TestOtherTerminalInterrupted(t *testing.T) {
	t.Parallel()
	needSetsid(t)
	w := inWorld(t)
	person, program := openTerminal(t)
	cmd, _ := inSession(t, w, program,
		`exec <&3 >&3 2>&3; trap : INT;setsid -fw awsmfa credential-process dev; read line; echo "got $line"; sleep 60`)
	cmd.Stderr = nil
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	readUntil(t, person, "MFA code for dev ("+w.phone.Serial+"): ")
	if _, err := person.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	readUntil(t, person, "no token code was given")
	typeLine(t, person, "ls -l")
	readUntil(t, person, "got ls -l")
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	cmd.Wait()
}
