package term

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

func open() (in, out *os.File, err error) {
	// A service or a CI runner may own an invisible console: a person uses this one only if a standard stream is it.
	//nolint:forbidigo // none of the streams is read
	if !slices.ContainsFunc([]*os.File{os.Stdin, os.Stdout, os.Stderr}, isConsole) {
		return openPTY()
	}
	in, err = os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	out, err = os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		in.Close()
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return in, out, nil
}

func isConsole(f *os.File) bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(f.Fd()), &mode) == nil
}

// openPTY opens the terminal of Git Bash, MSYS2 and Cygwin by the standard streams. For a Windows program it is a
// pair of pipes without a name; the console there is invisible.
func openPTY() (in, out *os.File, err error) {
	//nolint:forbidigo // read only when they are the terminal itself
	stdin, writers := os.Stdin, []*os.File{os.Stderr, os.Stdout}
	i := slices.IndexFunc(writers, isPTY)
	if i < 0 || !isPTY(stdin) {
		return nil, nil, ErrNone
	}
	if in, err = duplicate(stdin); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if out, err = duplicate(writers[i]); err != nil {
		in.Close()
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return in, out, nil
}

// isPTY reports whether f is such a pipe, by the names that Cygwin's and MSYS2's libraries give to a terminal's pipes
// (fhandler/pty.cc in Cygwin's sources).
func isPTY(f *os.File) bool {
	handle := windows.Handle(f.Fd())
	if kind, err := windows.GetFileType(handle); err != nil || kind != windows.FILE_TYPE_PIPE {
		return false
	}
	var info struct { // FILE_NAME_INFO
		length uint32 // in bytes
		name   [windows.MAX_PATH]uint16
	}
	err := windows.GetFileInformationByHandleEx(
		handle, windows.FileNameInfo, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		return false
	}
	name := info.name[:min(int(info.length/2), len(info.name))]
	pty := regexp.MustCompile(`^\\(cygwin|msys)-[0-9a-f]+-pty[0-9]+-(from|to)-master`)
	return pty.MatchString(windows.UTF16ToString(name))
}

// duplicate returns another handle of f, which can be closed without closing f.
func duplicate(f *os.File) (*os.File, error) {
	self := windows.CurrentProcess()
	var handle windows.Handle
	err := windows.DuplicateHandle(
		self, windows.Handle(f.Fd()), self, &handle, 0, false, windows.DUPLICATE_SAME_ACCESS)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), f.Name()), nil
}

// typed returns true: there is no way to wait for a console's input.
func (t *Terminal) typed(context.Context) bool { return true }

// ReadsKeys is about other systems only.
func (t *Terminal) ReadsKeys() bool { return false }

// IgnoreStop is about other systems only.
func IgnoreStop() {}

// forLines is about other systems only: a console's mode is the reader's.
func (t *Terminal) forLines() (restore func()) { return func() {} }

// Controlling is about other systems only.
func (t *Terminal) Controlling() bool { return true }

// IsTerminal reports whether f is a console or Git Bash's terminal.
func IsTerminal(f *os.File) bool { return isConsole(f) || isPTY(f) }

// resumptions returns a channel that receives nothing: no console stops a process.
func resumptions() (resumed <-chan os.Signal, stop func()) { return nil, func() {} }

// quiet turns off the echo, and turns on line input and Ctrl-C.
func quiet(fd int) error {
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(fd), &mode); err != nil {
		return err
	}
	mode = mode&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_PROCESSED_INPUT | windows.ENABLE_LINE_INPUT
	return windows.SetConsoleMode(windows.Handle(fd), mode)
}

// keyEvent is the kind of an inputRecord that is a key.
const keyEvent = 1

// inputRecord is INPUT_RECORD with the KEY_EVENT_RECORD in it.
type inputRecord struct {
	kind    uint16
	_       uint16
	down    int32
	repeat  uint16
	key     uint16
	scan    uint16
	char    uint16
	control uint32
}

// lineWaits reports whether there is an unread blank line. A console makes and echoes a line from key presses only
// when it is read: a line with text must wait for its question.
func lineWaits(in *os.File) bool {
	const pending = 256
	kernel32 := windows.NewLazySystemDLL("kernel32.dll")
	if !isConsole(in) {
		var waiting uint32
		ok, _, _ := kernel32.NewProc("PeekNamedPipe").Call(in.Fd(), 0, 0, 0, uintptr(unsafe.Pointer(&waiting)), 0)
		return ok != 0 && waiting > 0
	}
	var records [pending]inputRecord
	var n uint32
	peek := kernel32.NewProc("PeekConsoleInputW")
	ok, _, _ := peek.Call(in.Fd(), uintptr(unsafe.Pointer(&records[0])), pending, uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		return false
	}
	for _, r := range records[:n] {
		switch {
		case r.kind != keyEvent, r.down == 0, r.char == 0, r.char == ' ':
		case r.char == '\r':
			return true
		default:
			return false
		}
	}
	return false
}

// Styles reports whether f shows escape sequences for colors. It makes a console do so, which older ones cannot.
func Styles(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return isPTY(f)
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// Text returns a writer of text for people to f. To a pipe or a file it writes the console's code page, which
// PowerShell, cmd and other programs expect, with a question mark for a character that the page lacks. To a console
// and to Git Bash's terminal, and where there is no console, it writes UTF-8.
func Text(f *os.File) io.Writer {
	page, err := windows.GetConsoleOutputCP()
	if err != nil || page == 0 || page == utf8Page || IsTerminal(f) {
		return f
	}
	return encoder{f, page}
}

// Messages is Text: on Windows a write to a file that nobody reads any more is only an error.
func Messages(f *os.File) io.Writer { return Text(f) }

// Reads reports whether the reader of f gets text unchanged.
func Reads(f *os.File, text string) bool {
	e, other := Text(f).(encoder)
	if !other {
		return true
	}
	back := make([]uint16, 2*len(text)+1)
	bytes := e.encode(text)
	if len(bytes) == 0 {
		return text == ""
	}
	n, err := windows.MultiByteToWideChar(e.page, 0, &bytes[0], int32(len(bytes)), &back[0], int32(len(back)))
	return err == nil && string(utf16.Decode(back[:n])) == text
}

const utf8Page = 65001

// ReadsUTF8 reports whether the reader of f is sure to get every character: f is a terminal, or whoever reads a pipe or
// a file by the console's code page reads UTF-8.
func ReadsUTF8(f *os.File) bool {
	page, err := windows.GetConsoleOutputCP()
	return IsTerminal(f) || err == nil && page == utf8Page
}

// encoder writes text in a code page.
type encoder struct {
	f    *os.File
	page uint32
}

func (e encoder) Write(text []byte) (int, error) {
	if _, err := e.f.Write(e.encode(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

func (e encoder) encode(text string) []byte {
	const noBestFit = 0x400 // WC_NO_BEST_FIT_CHARS: no character becomes a quotation mark because it looks like one
	units := utf16.Encode([]rune(text))
	if len(units) == 0 {
		return nil
	}
	out, unknown := make([]byte, 4*len(units)), []byte("?\x00")
	convert := windows.NewLazySystemDLL("kernel32.dll").NewProc("WideCharToMultiByte")
	n, _, _ := convert.Call(uintptr(e.page), noBestFit, uintptr(unsafe.Pointer(&units[0])), uintptr(len(units)),
		uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)), uintptr(unsafe.Pointer(&unknown[0])), 0)
	if n == 0 { // a page for which Windows allows none of these options, such as GB 18030
		return []byte(text)
	}
	return out[:n]
}

// WideBlocks reports whether the console has a Japanese, Chinese or Korean code page, whose fonts draw block
// characters two columns wide.
func WideBlocks() bool {
	page, err := windows.GetConsoleOutputCP()
	return err == nil && slices.Contains([]uint32{932, 936, 949, 950}, page)
}
