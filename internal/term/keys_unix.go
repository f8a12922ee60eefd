//go:build unix

package term

import (
	"cmp"
	"context"
	"io"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// CanDraw reports whether the terminal moves its cursor on escape sequences. name is the variable TERM.
func (t *Terminal) CanDraw(name string) bool { return name != "" && name != "dumb" }

// byKey makes the terminal pass on each key at once, without echo. Ctrl-C and Ctrl-Z are still signals.
func byKey(fd int) error {
	state, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	state.Lflag &^= unix.ECHO | unix.ICANON
	state.Lflag |= unix.ISIG
	state.Iflag |= unix.ICRNL
	state.Cc[unix.VMIN], state.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, setTermios, state)
}

// escapeTime is how long the rest of a key's escape sequence may take. After it, Escape was pressed.
const escapeTime = 50 * time.Millisecond

// readKey waits for a key. It reads no more than that: what follows may answer the next question.
func (t *Terminal) readKey(ctx context.Context) (key, error) {
	if !t.typed(ctx) {
		return noKey, cmp.Or(ctx.Err(), io.EOF)
	}
	first, err := t.readByte()
	switch {
	case err != nil:
		return noKey, err
	case first == 0x1b && hasInput(int(t.in.Fd()), escapeTime):
		return t.readSequence()
	case first < ' ' || first == 0x7f:
		return controlKey(rune(first)), nil
	}
	text := []byte{first}
	for !utf8.FullRune(text) {
		next, err := t.readByte()
		if err != nil {
			return noKey, err
		}
		text = append(text, next)
	}
	if r, _ := utf8.DecodeRune(text); r != utf8.RuneError {
		return key(r), nil
	}
	return noKey, nil
}

// readSequence reads the key of an escape sequence, after its Escape (XTerm Control Sequences, "PC-Style Function
// Keys").
func (t *Terminal) readSequence() (key, error) {
	text := ""
	for {
		next, err := t.readByte()
		if err != nil {
			return noKey, err
		}
		text += string(rune(next))
		introduces := len(text) == 1 && (next == '[' || next == 'O')
		if !introduces && (len(text) == 1 || '@' <= next && next <= '~') || !hasInput(int(t.in.Fd()), escapeTime) {
			break
		}
	}
	switch text {
	case "[A", "OA":
		return keyUp, nil
	case "[B", "OB":
		return keyDown, nil
	case "[5~":
		return keyPageUp, nil
	case "[6~":
		return keyPageDown, nil
	}
	return noKey, nil
}

func (t *Terminal) readByte() (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(t.in, b[:])
	return b[0], err
}
