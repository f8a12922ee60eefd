package mfa

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/msg"
)

func TestParseCode(t *testing.T) {
	for typed, want := range map[string]string{
		"123456": "123456", "012345": "012345", " 123 456\t": "123456", "1 2 3 4 5 6": "123456",
		"123\u00a0456": "123456", "１２３　４５６": "123456", "１2３4５6": "123456", "123456\r\n": "123456",
		"": "", "12345": "", "1234567": "", "12345a": "", "-12345": "", "+123456": "", "123.456": "", "123-456": "",
		"١٢٣٤٥٦": "", "१२३४५६": "", "123456\x00": "", "\xff123456": "", "1e5000": "", "0x1234": "",
	} {
		if code, ok := ParseCode(typed); ok != (want != "") || ok && code != want {
			t.Errorf("%q: %q, %v", typed, code, ok)
		}
	}
}

// ParseCode returns six ASCII digits or fails, whatever was typed.
func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{"123456", " 12 34 56 ", "１２３４５６", "12345", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := ParseCode(typed)
		if !ok {
			return
		}
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			t.Errorf("%q was parsed as %q", typed, code)
		}
		if again, ok := ParseCode(code); !ok || again != code {
			t.Errorf("%q was parsed, and the result %q was not", typed, code)
		}
	})
}

// Messages name only the program of a command line.
func TestProgramName(t *testing.T) {
	for line, want := range map[string]string{
		"op item get aws --otp":                    "op",
		"  /usr/bin/oathtool -b --totp SEED":       "/usr/bin/oathtool",
		`"C:\Program Files\op\op.exe" item get x`:  `C:\Program Files\op\op.exe`,
		"SEED=JBSWY3DPEHPK3PXP A=b totp --verbose": "totp",
		"SEED=JBSWY3DPEHPK3PXP":                    "…",
		"SEED=JBSWY3DPEHPK3PXP ":                   "…",
		"totp":                                     "totp",
		"":                                         "…",
		`"never closed`:                            "never closed",
	} {
		if got := string(programName(line)); got != want {
			t.Errorf("%q: %q, not %q", line, got, want)
		}
	}
}

// The next code comes when the current one's 30 seconds are over, not before.
func TestUntilNext(t *testing.T) {
	whole := time.Date(2026, 1, 2, 3, 4, 30, 0, time.UTC)
	for at, want := range map[time.Duration]time.Duration{
		0: 31 * time.Second, time.Second: 30 * time.Second, 29 * time.Second: 2 * time.Second,
		30*time.Second - time.Millisecond: time.Second + time.Millisecond,
	} {
		if got := untilNext(whole.Add(at)); got != want {
			t.Errorf("%s into the step: %s, not %s", at, got, want)
		}
	}
}

var errRefused = errors.New("refused")

// After a refused code Command says that it waits for the program's next one; Ctrl-C ends the wait.
func TestCommandWaitsForTheNextCode(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	said := ""
	source := Command("echo 123456", nil, &bytes.Buffer{}, func(notice msg.Text) {
		said = notice.String()
		cancel()
	})
	if code, err := source(ctx, CodeRequest{}); code != "123456" || err != nil || said != "" {
		t.Fatal(code, err, said)
	}
	if code, err := source(ctx, CodeRequest{Refused: errRefused}); code != "" || !errors.Is(err, context.Canceled) {
		t.Error(code, err)
	}
	if !strings.Contains(said, "waiting") || strings.Contains(said, "123456") {
		t.Errorf("said %q", said)
	}
}

// Command does not wait for a code that comes after its deadline.
func TestCommandDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	source := Command("echo 123456", nil, &bytes.Buffer{}, func(notice msg.Text) { t.Error(notice) })
	for untilNext(time.Now()) < 2*time.Second {
		time.Sleep(100 * time.Millisecond)
	}
	for _, refused := range []error{nil, errRefused} {
		code, err := source(ctx, CodeRequest{Refused: refused})
		if (err == nil) != (refused == nil) || err != nil && !errors.Is(err, errRefused) {
			t.Error(code, err)
		}
	}
}

// Command does not wait when the same code is for another device and none was refused.
func TestCommandForAnotherDevice(t *testing.T) {
	source := Command("echo 123456", nil, &bytes.Buffer{}, func(notice msg.Text) { t.Error(notice) })
	for _, serial := range []string{"old", "new"} {
		if code, err := source(t.Context(), CodeRequest{Serial: serial}); code != "123456" || err != nil {
			t.Error(code, err)
		}
	}
}

// Static returns its code until AWS refuses it.
func TestStatic(t *testing.T) {
	source := Static("123456")
	for range 2 { // the second time is for another device
		if code, err := source(t.Context(), CodeRequest{}); code != "123456" || err != nil {
			t.Error(code, err)
		}
	}
	if code, err := source(t.Context(), CodeRequest{Refused: errRefused}); code != "" || !errors.Is(err, errRefused) {
		t.Error(code, err)
	}
}
