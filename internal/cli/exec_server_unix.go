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

// The command is what awsmfa becomes, as without --server: its process, terminal, signals and exit status are its
// own. The endpoint is in a process beside it, which begins as awsmfa does, with the same arguments, and ends with
// the command. It is no child of the command's: a program that waits for all of its children would wait for ever.

// varBeside makes a process the one beside the command: the command's process ID, with firstFork before it while the
// process is still the command's child.
const (
	varSidecar = "AWSMFA_BESIDE"
	firstFork  = "fork "
)

// The files that it is given beyond the standard ones: what it is to know, and where it says its address.
const (
	handoffFile = 3
	replyFile   = 4
)

// handoff is what it is to know. It holds secrets, and goes through a pipe.
type handoff struct {
	First  session.Session
	Memory session.Memory
	Hidden string
	Warned map[string]bool
}

type sidecarReply struct{ URL, Token, Error string }

// open has the endpoint opened by the process beside.
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
	input := s.a.Stdin // for a question, and of nobody else's input
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

// start starts awsmfa again as what the variable says, and waits for it if it is to fork only.
func (a *app) start(beside string, input, known, reply *os.File) error {
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
		Env:   apply(a.Environ, []shells.Var{{Name: varSidecar, Value: beside}}, sameVariable),
		Files: []*os.File{cmp.Or(input, null), null, a.Stderr, known, reply},
	})
	if err != nil || !strings.HasPrefix(beside, firstFork) {
		return err
	}
	_, err = p.Wait()
	return err
}

// run becomes the command.
func (s *server) run(a *app, path string, argv, environ []string) error {
	err := runCommand(a, path, argv, environ)
	os.RemoveAll(s.hidden)
	return err
}

// runSidecar is the work of the process beside the command, if this is one.
func (s *server) runSidecar(a *app) (is bool, err error) {
	what := a.Getenv(varSidecar)
	if what == "" {
		return false, nil
	}
	known, reply := os.NewFile(handoffFile, "known"), os.NewFile(replyFile, "reply")
	a.Environ = apply(a.Environ, []shells.Var{{Name: varSidecar, Unset: true}}, sameVariable)
	if pid, ok := strings.CutPrefix(what, firstFork); ok {
		return true, a.start(pid, a.Stdin, known, reply)
	}
	syscall.CloseOnExec(handoffFile)
	syscall.CloseOnExec(replyFile)
	pid, err := strconv.Atoi(what)
	if err != nil {
		return true, err
	}
	gone, err := watch(pid)
	if err == nil {
		err = s.takeOver(a, known)
	}
	if err != nil {
		return true, json.NewEncoder(reply).Encode(sidecarReply{Error: err.Error()})
	}
	defer s.close()
	s.followTerminal()
	err = json.NewEncoder(reply).Encode(sidecarReply{URL: s.endpoint.URL, Token: s.endpoint.Token})
	reply.Close()
	if err == nil {
		gone()
	}
	return true, err
}

// takeOver goes on where the process that becomes the command has stopped.
func (s *server) takeOver(a *app, known *os.File) error {
	var h handoff
	if err := json.NewDecoder(known).Decode(&h); err != nil {
		return err
	}
	known.Close()
	s.a, s.defaultMinTTL, s.hidden, a.warned = a, serverMinTTL, h.Hidden, h.Warned
	s.Refresh = false // it is for the first session
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

// followTerminal has the process go on for as long as the command does, whatever is sent to its whole group. What is
// typed takes back a question: Ctrl-C, because it is meant to; Ctrl-Z, because the shell has the terminal then. While
// the command's own child has it, reading is an error, and does not stop this process.
func (s *server) followTerminal() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTERM, syscall.SIGHUP,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM)
	signal.Ignore(syscall.SIGTTIN, syscall.SIGTTOU)
	go func() {
		for sent := range signals {
			switch sent {
			case syscall.SIGINT, syscall.SIGQUIT:
				s.renewer.Interrupt(nil)
			case syscall.SIGTSTP:
				s.renewer.Interrupt(term.ErrBackground)
			}
		}
	}()
}
