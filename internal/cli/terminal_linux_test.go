package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"awsmfa/internal/fakeaws"
)

// openTerminal opens a pseudo-terminal, and returns the person's end and the program's.
func openTerminal(t testing.TB) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err) // not skipped: every Linux has pseudo-terminals
	}
	t.Cleanup(func() { person.Close() })
	conn, err := person.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if cerr := conn.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	}); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

func attributes(t testing.TB, f *os.File) unix.Termios {
	t.Helper()
	a, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *a
}

// Ctrl-C at the question for a code, or for a device, ends with exit code 130, the terminal as it was, and the failing
// statement on stdout.
func TestCtrlCAtTheQuestion(t *testing.T) {
	t.Parallel()
	for _, ask := range []struct {
		question string
		devices  bool
	}{{question: "MFA code for dev"}, {"Which one, 1 to 2?", true}} {
		t.Run(ask.question, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			if ask.devices {
				w.aws.AddDevice(w.alice.ARN, fakeaws.Device{Name: "spare"})
			}
			dir, err := built()
			if err != nil {
				t.Fatal(err)
			}
			person, program := openTerminal(t)
			before := attributes(t, program)

			cmd := exec.Command(filepath.Join(dir, "awsmfa"), "env", "dev")
			cmd.Env = append(w.environ(), "PATH="+os.Getenv("PATH"))
			cmd.ExtraFiles = []*os.File{program}
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.WaitDelay = longest
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer time.AfterFunc(longest, func() { cmd.Process.Kill() }).Stop()
			readUntil(t, person, ask.question)
			if _, err := person.Write([]byte{'1', '2', 3}); err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 130 {
				t.Errorf("ended with %v", err)
			}
			if after := attributes(t, program); after != before {
				t.Errorf("the terminal was %+v and is %+v", before, after)
			}
			if stdout.String() != "false\n" || stderr.String() != "awsmfa: error: interrupted\n" {
				t.Errorf("printed %q, said %q", &stdout, &stderr)
			}
			if n := w.aws.Count("GetSessionToken"); n != 0 {
				t.Errorf("%d calls of GetSessionToken", n)
			}
		})
	}
}

// change changes a terminal's attributes, and returns them.
func change(t *testing.T, f *os.File, by func(a *unix.Termios)) unix.Termios {
	t.Helper()
	a := attributes(t, f)
	by(&a)
	if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// startEnv starts awsmfa env dev with this terminal as its controlling one.
func (w *world) startEnv(t *testing.T, program *os.File) *exec.Cmd {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "awsmfa"), "env", "dev")
	cmd.Env = append(w.environ(), "PATH="+os.Getenv("PATH"))
	cmd.Stdin = program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(longest, func() { cmd.Process.Kill() })
	t.Cleanup(func() { late.Stop() })
	return cmd
}

// Ctrl-C ends awsmfa, too, where the line that was typed before the question cannot be read: here because the terminal
// waits for more of it, elsewhere because another program was quicker.
func TestCtrlCBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	person, program := openTerminal(t)
	change(t, program, func(a *unix.Termios) {
		a.Lflag &^= unix.ICANON
		a.Cc[unix.VMIN], a.Cc[unix.VTIME] = 200, 200
	})
	go func() { // each less than VTIME after the one before, so that a read waits for VMIN of them
		for _, err := person.WriteString("1"); err == nil; _, err = person.WriteString("1") {
			time.Sleep(time.Second)
		}
	}()
	cmd := w.startEnv(t, program)
	readUntil(t, person, "MFA code for dev")
	typeIn(t, person, "\x03")
	err := cmd.Wait()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("ended with %v", err)
	}
}

// A shell runs programs at its prompt, too, with the terminal as it reads keys: a question gets its line all the same,
// with echo, and leaves the terminal as it was.
func TestQuestionAtAPrompt(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	person, program := openTerminal(t)
	raw := change(t, program, func(a *unix.Termios) {
		a.Lflag &^= unix.ICANON | unix.ECHO
		a.Iflag &^= unix.ICRNL
	})
	cmd := w.startEnv(t, program)
	readUntil(t, person, "MFA code for dev ("+w.phone.Serial+"): ")
	code := w.aws.FreshCode(w.phone.Serial)
	typeIn(t, person, code+"\r")
	readUntil(t, person, code)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if after := attributes(t, program); after != raw {
		t.Errorf("the terminal was %+v and is %+v", raw, after)
	}
}

func readUntil(t testing.TB, r io.Reader, text string) {
	t.Helper()
	var seen strings.Builder
	buf := make([]byte, 256)
	if f, ok := r.(*os.File); ok { // so that the test fails instead of hanging
		if err := f.SetReadDeadline(time.Now().Add(longest)); err != nil {
			t.Fatal(err)
		}
	}
	for !strings.Contains(seen.String(), text) {
		n, err := r.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("the terminal never showed %q, but %q: %v", text, &seen, err)
		}
	}
}
