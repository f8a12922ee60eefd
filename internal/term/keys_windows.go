package term

import (
	"context"
	"time"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// CanDraw reports whether the console moves its cursor on escape sequences, which it makes it do. Git Bash's terminal
// is a pipe, from which keys come only with their line.
func (t *Terminal) CanDraw(string) bool { return isConsole(t.in) && Styles(t.out) }

// byKey makes the console pass on each key at once, without echo. Ctrl-C is still a signal.
func byKey(fd int) error {
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(fd), &mode); err != nil {
		return err
	}
	mode = mode&^(windows.ENABLE_ECHO_INPUT|windows.ENABLE_LINE_INPUT) | windows.ENABLE_PROCESSED_INPUT
	return windows.SetConsoleMode(windows.Handle(fd), mode)
}

// virtualKeys are the keys that are no characters (Windows' "Virtual-Key Codes").
var virtualKeys = map[uint16]key{
	windows.VK_UP: keyUp, windows.VK_DOWN: keyDown, windows.VK_PRIOR: keyPageUp, windows.VK_NEXT: keyPageDown,
}

// readKey waits for a key. It reads no more than that: what follows may answer the next question.
func (t *Terminal) readKey(ctx context.Context) (key, error) {
	console := windows.Handle(t.in.Fd()) // now: the console is closed when ctx ends
	readInput := windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleInputW")
	var high rune // the first half of a character
	for ctx.Err() == nil {
		const perWait = uint32(50 * time.Millisecond / time.Millisecond)
		if event, err := windows.WaitForSingleObject(console, perWait); err != nil {
			return noKey, err
		} else if event != windows.WAIT_OBJECT_0 {
			continue
		}
		var r inputRecord
		var n uint32
		ok, _, err := readInput.Call(uintptr(console), uintptr(unsafe.Pointer(&r)), 1, uintptr(unsafe.Pointer(&n)))
		switch char := rune(r.char); {
		case ok == 0:
			return noKey, err
		case n == 0 || r.kind != keyEvent || r.down == 0:
		case virtualKeys[r.key] != 0 && char == 0:
			return virtualKeys[r.key], nil
		case utf16.IsSurrogate(char) && high == 0:
			high = char
		case utf16.IsSurrogate(char):
			return key(utf16.DecodeRune(high, char)), nil
		case char != 0 && (char < ' ' || char == 0x7f):
			return controlKey(char), nil
		case char != 0:
			return key(char), nil
		}
	}
	return noKey, ctx.Err()
}
