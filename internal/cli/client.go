package cli

import (
	"context"
	"os"
	"time"

	"awsmfa/internal/ancestor"
	"awsmfa/internal/msg"
)

// client is the program that runs credential-process, and waits for its stdout.
type client struct {
	name   string // see program
	stdout *os.File
	parent parent
	end    time.Time // when to give up, before it does
	ours   bool      // it is another awsmfa, which waits as long as a person may need
	asked  bool      // somebody was asked for a code
}

const (
	// clientTime is how long credential-process waits in all: for other processes, a keyring that a person unlocks, a
	// code command, a window. The AWS SDK for Go ends the program after a minute (credentials/processcreds,
	// DefaultTimeout). What begins late gets clientLeast, because it may need no person.
	clientTime  = 50 * time.Second
	clientLeast = 4 * time.Second

	// clientInterval is how often a question looks whether the client is still there.
	clientInterval = 200 * time.Millisecond
)

func newClient(stdout *os.File, ours bool) *client {
	return &client{stdout: stdout, parent: startedBy(), end: time.Now().Add(clientTime), ours: ours}
}

// deadline is when something that begins now must have ended.
func (c *client) deadline() time.Time {
	if least := time.Now().Add(clientLeast); least.After(c.end) {
		return least
	}
	return c.end
}

// within returns a context with that deadline. Without a client, which is nil, there is none.
func (c *client) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if c == nil {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, c.deadline())
}

// program returns the client's name, or "". Finding it takes time, so it is only for questions.
func (c *client) program() string {
	if c.name == "" {
		c.name = ancestor.Program()
	}
	return c.name
}

// watch calls gone when nobody reads stdout any more, and, withParent, when the process that started this one has
// ended, until stop is called. A client that has given up may still read; then another run can use an answer.
func (c *client) watch(gone func(), withParent bool) (stop func()) {
	c.asked = true
	done := make(chan struct{})
	go func() {
		for isRead(c.stdout) && !(withParent && c.parent.ended()) {
			select {
			case <-time.After(clientInterval):
			case <-done:
				return
			}
		}
		gone()
	}()
	return func() { close(done) }
}

// waits is said before a question on a terminal: nothing where a person has run awsmfa, which runs this one. Which
// client it is cannot be known for sure.
func (c *client) waits() msg.Text {
	if c.ours {
		return msg.Text{}
	}
	name := c.program()
	switch name {
	case "":
		return msg.Textf("A program needs a session; one in Go, such as terraform, gives up after a minute.\n")
	case "aws": // it waits without a limit
		return msg.Textf("%s needs a session.\n", msg.Escaped(name))
	}
	return msg.Textf("%s needs a session; a program in Go, such as terraform, gives up after a minute.\n",
		msg.Escaped(name))
}

// clientGone is the error for a question whose client is not there any more.
func clientGone() *msg.Error {
	return msg.Errorf("the program that needed the session is gone, so no token code is asked for any more").
		Hint("run it again")
}

// gaveUp is the warning about a client that ended while a person typed the code.
func gaveUp() *msg.Error {
	return msg.Errorf("the program that needed the session has given up waiting for it").
		Hint("run it again: the session is cached, and no code is needed")
}
