package window

import (
	"context"
	"os"
	"runtime"
	"strings"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// system returns a dialog of this process's own: it needs no program, which would take a second to start, and it is
// gone when the process is. Session 0 is that of services, and of shells under OpenSSH's server: nobody sees it.
func system(func(string) string, []string) (ways []way, looked []string) {
	var id uint32
	if err := windows.ProcessIdToSessionId(uint32(os.Getpid()), &id); err == nil && id == 0 {
		return nil, nil
	}
	return []way{dialog}, nil
}

// Windows' messages, identifiers of controls, classes of controls and styles (winuser.h).
const (
	wmInitDialog, wmCommand       = 0x110, 0x111
	idOK, idCancel, idText, idBox = 1, 2, 100, 101
	classButton, classEdit        = 0x80, 0x81
	classStatic                   = 0x82

	// dialogStyle is WS_POPUP, WS_CAPTION, WS_SYSMENU, DS_SETFOREGROUND, DS_CENTER, DS_MODALFRAME, DS_SHELLFONT.
	dialogStyle, topMost = 0x80c80000 | 0x200 | 0x800 | 0x80 | 0x48, 8
	visible              = 0x50000000           // WS_CHILD, WS_VISIBLE
	editStyle            = visible | 0x810080   // WS_TABSTOP, WS_BORDER, ES_AUTOHSCROLL
	buttonStyle          = visible | 0x10001    // WS_TABSTOP, BS_DEFPUSHBUTTON
	staticStyle          = visible | 0x80       // SS_NOPREFIX: an ampersand marks no shortcut
	maxAnswer            = 256                  // UTF-16 units
	margin, row, columns = 8, 9, 64             // dialog units; characters of average width in a line of text
	width                = columns*4 + 2*margin // a character is four units wide
)

// dialog shows a modal dialog. Its thread is its own, because a window's messages belong to the thread that made it.
func dialog(ctx context.Context, title, text string) (answer string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	user32 := windows.NewLazySystemDLL("user32.dll")
	shown := make(chan uintptr, 1)
	defer close(shown)
	stop := context.AfterFunc(ctx, func() {
		if window, ok := <-shown; ok {
			_, _, _ = user32.NewProc("PostMessageW").Call(window, wmCommand, idCancel, 0)
		}
	})
	defer stop()
	proc := windows.NewCallback(func(window, message, control, _ uintptr) uintptr {
		switch {
		case message == wmInitDialog:
			shown <- window
			return 1 // the box gets the focus
		case message != wmCommand:
			return 0
		case control&0xffff == idOK:
			var typed [maxAnswer]uint16
			get := user32.NewProc("GetDlgItemTextW")
			_, _, _ = get.Call(window, idBox, uintptr(unsafe.Pointer(&typed[0])), maxAnswer)
			answer = windows.UTF16ToString(typed[:])
		case control&0xffff != idCancel:
			return 0
		}
		_, _, _ = user32.NewProc("EndDialog").Call(window, control&0xffff)
		return 1
	})
	_, _, _ = user32.NewProc("SetProcessDPIAware").Call() // else the letters are blurred
	form := template(title, text)
	show := user32.NewProc("DialogBoxIndirectParamW")
	result, _, failed := show.Call(0, uintptr(unsafe.Pointer(&form[0])), 0, proc, 0)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case result == idOK:
		return strings.TrimSpace(answer), nil
	case result == idCancel:
		return "", ErrClosed
	}
	return "", &FailedError{Program: "user32.dll", Err: failed}
}

// template is a DLGTEMPLATE with a text, a box and a button below one another.
func template(title, text string) (form []uint16) {
	words := func(values ...int) {
		for _, v := range values {
			form = append(form, uint16(v))
		}
	}
	long := func(v int) { words(v, v>>16) }
	name := func(text string) { form = append(append(form, utf16.Encode([]rune(text))...), 0) }
	item := func(style, x, y, cx, cy, id, class int, text string) {
		if len(form)%2 != 0 { // each begins at a multiple of four bytes
			words(0)
		}
		long(style)
		long(0)
		words(x, y, cx, cy, id, 0xffff, class)
		name(text)
		words(0)
	}
	height := rows(text) * row
	long(dialogStyle)
	long(topMost)
	words(3, 0, 0, width, height+58, 0, 0)
	name(title)
	words(9)
	name("MS Shell Dlg")
	item(staticStyle, margin, margin, width-2*margin, height, idText, classStatic, text)
	item(editStyle, margin, margin+height+4, width-2*margin, 13, idBox, classEdit, "")
	item(buttonStyle, width-margin-50, margin+height+24, 50, 15, idOK, classButton, "OK")
	return form
}

// rows returns how many lines the text takes in the dialog.
func rows(text string) (n int) {
	for line := range strings.SplitSeq(text, "\n") {
		wide := 0
		for _, r := range line {
			if wide++; r >= 0x1100 { // scripts with wide characters begin here
				wide++
			}
		}
		n += 1 + wide/columns
	}
	return n
}
