package window

import (
	"context"
	"errors"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The dialog can be answered and closed, and is gone when its question is.
func TestDialog(t *testing.T) {
	user32 := windows.NewLazySystemDLL("user32.dll")
	text := func(s string) uintptr { return uintptr(unsafe.Pointer(windows.StringToUTF16Ptr(s))) }
	const title = "awsmfa's test"
	find := func() uintptr {
		window, _, _ := user32.NewProc("FindWindowW").Call(0, text(title))
		return window
	}
	shown := func() uintptr {
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if window := find(); window != 0 { // it is visible once it has its controls
				if visible, _, _ := user32.NewProc("IsWindowVisible").Call(window); visible != 0 {
					return window
				}
			}
		}
		t.Error("no window came")
		return 0
	}
	const question = "MFA code for profile a_b & <b>本番</b>\nDevice: arn:aws:iam::123456789012:mfa/alice"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range []struct {
		do   func(window uintptr)
		want string
		err  error
	}{
		{func(window uintptr) {
			var label [maxAnswer]uint16
			get := user32.NewProc("GetDlgItemTextW")
			_, _, _ = get.Call(window, idText, uintptr(unsafe.Pointer(&label[0])), maxAnswer)
			if got := windows.UTF16ToString(label[:]); got != question {
				t.Errorf("it shows %q", got)
			}
			_, _, _ = user32.NewProc("SetDlgItemTextW").Call(window, idBox, text(" ４９２ 039 "))
			_, _, _ = user32.NewProc("PostMessageW").Call(window, wmCommand, idOK, 0)
		}, "４９２ 039", nil},
		{func(window uintptr) {
			const wmClose = 0x10
			_, _, _ = user32.NewProc("PostMessageW").Call(window, wmClose, 0, 0)
		}, "", ErrClosed},
		{func(uintptr) { cancel() }, "", context.Canceled},
	} {
		go func() { c.do(shown()) }()
		if answer, err := dialog(ctx, title, question); answer != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q, %v", answer, err)
		}
		if find() != 0 {
			t.Error("the window is still there")
		}
	}
	if _, err := dialog(ctx, title, question); !errors.Is(err, context.Canceled) {
		t.Errorf("too late: %v", err)
	}
}
