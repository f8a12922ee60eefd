//go:build unix

package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"awsmfa/internal/session"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

// awsmfa becomes the command, as without --server, so that it has the process, the terminal, the signals and the exit
// status. The endpoint is in a second process, the sidecar: awsmfa once more, with the same arguments, which ends with
// the command. It is not the command's child: a program that waits for all its children would wait for ever.

// varSidecar makes a process the sidecar: it is the command's process ID, after firstFork while the process is still
// the command's child.
const (
	varSidecar = "AWSMFA_BESIDE"
	firstFork  = "fork "
)

// The sidecar's open files beyond the standard ones: a handoff to read, and a sidecarReply to write.
const (
	handoffFile = 3
	replyFile   = 4
)

// handoff is the sidecar's state. It holds secrets, and goes through a pipe.
type handoff struct {
	First  session.Session
	Memory session.Memory
	Hidden string
	Warned map[string]bool
}

type sidecarReply struct{ URL, Token, Error string }

// open starts the sidecar, which opens the endpoint.
func (s *server) open(first session.Session) (url, token string, err error) {
	known, tell, err := os.Pipe()
	if err != nil {
		return "", "", err
	}
	defer tell.Close()
	hear, reply, err := os.Pipe()
	if err != nil {
		known.Close()
		return "", "", err
	}
	defer hear.Close()
	input := s.a.Stdin // for questions only: other input is the command's
	if !term.IsTerminal(input) {
		input = nil
	}
	err = s.a.start(firstFork+strconv.Itoa(os.Getpid()), input, known, reply)
	known.Close()
	reply.Close()
	if err != nil {
		return "", "", err
	}
	if err := json.NewEncoder(tell).Encode(handoff{first, s.provider.Memory(), s.hidden, s.a.warned}); err != nil {
		return "", "", err
	}
	var got sidecarReply
	if err := json.NewDecoder(hear).Decode(&got); err != nil {
		return "", "", err
	}
	if got.Error != "" {
		return "", "", errors.New(got.Error)
	}
	return got.URL, got.Token, nil
}

// start starts awsmfa with this value of varSidecar, and waits for it if it only forks.
func (a *app) start(sidecar string, input, known, reply *os.File) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	p, err := os.StartProcess(self, a.Args, &os.ProcAttr{
		Env:   apply(a.Environ, []shells.Var{{Name: varSidecar, Value: sidecar}}, sameVariable),
		Files: []*os.File{cmp.Or(input, null), null, a.Stderr, known, reply},
	})
	if err != nil || !strings.HasPrefix(sidecar, firstFork) {
		return err
	}
	_, err = p.Wait()
	return err
}

// run replaces this process by the command.
func (s *server) run(a *app, path string, argv, environ []string) error {
	err := runCommand(a, path, argv, environ)
	os.RemoveAll(s.hidden)
	return err
}

// runSidecar does the sidecar's work, if this process is one.
func (s *server) runSidecar(a *app) (is bool, err error) {
	value := a.Getenv(varSidecar)
	if value == "" {
		return false, nil
	}
	known, reply := os.NewFile(handoffFile, "known"), os.NewFile(replyFile, "reply")
	a.Environ = apply(a.Environ, []shells.Var{{Name: varSidecar, Unset: true}}, sameVariable)
	if pid, ok := strings.CutPrefix(value, firstFork); ok {
		return true, a.start(pid, a.Stdin, known, reply)
	}
	syscall.CloseOnExec(handoffFile)
	syscall.CloseOnExec(replyFile)
	pid, err := strconv.Atoi(value)
	if err != nil {
		return true, err
	}
	wait, err := watch(pid)
	if err == nil {
		err = s.takeOver(a, known)
	}
	if err != nil {
		return true, json.NewEncoder(reply).Encode(sidecarReply{Error: a.printer().Error(err)})
	}
	defer s.close()
	s.followTerminal()
	err = json.NewEncoder(reply).Encode(sidecarReply{URL: s.endpoint.URL, Token: s.endpoint.Token})
	reply.Close()
	if err == nil {
		wait()
	}
	return true, err
}

// takeOver continues with the state of the process that becomes the command.
func (s *server) takeOver(a *app, known *os.File) error {
	var h handoff
	if err := json.NewDecoder(known).Decode(&h); err != nil {
		return err
	}
	known.Close()
	s.a, s.defaultMinTTL, s.hidden, a.warned = a, serverMinTTL, h.Hidden, h.Warned
	s.Refresh = false // which is for the first session
	if err := s.applyDefaults(a); err != nil {
		return err
	}
	p, err := s.load(a)
	if err != nil {
		return err
	}
	if err := s.prepare(p, nil); err != nil {
		return err
	}
	s.provider.SetMemory(h.Memory)
	return s.listen(h.First)
}

// followTerminal keeps the process alive when the whole process group gets a signal. A question is cancelled by Ctrl-C,
// and by Ctrl-Z, which gives the terminal to the shell; SIGCONT discards a SIGTSTP that has not been handled yet. While
// a child of the command has the terminal, reading is an error, and does not stop this process.
func (s *server) followTerminal() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGTERM,
		syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM)
	signal.Ignore(syscall.SIGTTIN, syscall.SIGTTOU)
	go func() {
		for sent := range signals {
			switch sent {
			case syscall.SIGINT, syscall.SIGQUIT:
				s.renewer.Interrupt(nil)
			case syscall.SIGTSTP:
				s.renewer.Interrupt(term.ErrBackground)
			case syscall.SIGCONT:
				if tty, err := term.Open(); err == nil {
					tty.Close()
				} else if errors.Is(err, term.ErrBackground) {
					s.renewer.Interrupt(err)
				}
			}
		}
	}()
}
