package cli

import (
	"os"
	"strings"
	"testing"
	"time"
)

// A pipe is read as long as its other end is open; a file always is.
func TestIsRead(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if !isRead(w) {
		t.Error("an open pipe is not read")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if isRead(w) {
		t.Error("a closed pipe is read")
	}
	f, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !isRead(f) {
		t.Error("a file is not read")
	}
	if startedBy().ended() {
		t.Error("the parent has ended")
	}
}

// All that a client waits for has one end. What begins late has a moment.
func TestWithin(t *testing.T) {
	for _, left := range []time.Duration{time.Hour, -time.Hour} {
		c := &client{end: time.Now().Add(left)}
		ctx, cancel := c.within(t.Context())
		end, ok := ctx.Deadline()
		if late := time.Until(end); !ok || left > 0 && !end.Equal(c.end) || left < 0 && late > clientLeast {
			t.Errorf("%s: the end is in %s, %t", left, late, ok)
		}
		cancel()
	}
	ctx, cancel := (*client)(nil).within(t.Context())
	defer cancel()
	if _, ok := ctx.Deadline(); ok {
		t.Error("without a client there is an end")
	}
}

// Whoever waits for a program in Go has a minute; the AWS CLI waits as long as it takes.
func TestWaits(t *testing.T) {
	for name, hurry := range map[string]bool{"aws": false, "terraform": true} {
		got := (&client{name: name}).waits().String()
		if !strings.HasPrefix(got, name+" needs a session") || strings.Contains(got, "minute") != hurry {
			t.Errorf("%q", got)
		}
	}
}
