package term

import (
	"io"
	"os"
	"testing"

	"golang.org/x/sys/windows"
)

// Whoever reads a pipe gets Japanese only if the console's code page is UTF-8.
func TestReadsUTF8(t *testing.T) {
	before, err := windows.GetConsoleOutputCP()
	if err != nil {
		t.Skip("no console: ", err)
	}
	defer func() { _ = windows.SetConsoleOutputCP(before) }()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for page, want := range map[uint32]bool{932: false, 437: false, utf8Page: true} {
		if err := windows.SetConsoleOutputCP(page); err != nil {
			t.Fatal(err)
		}
		if got := ReadsUTF8(w); got != want {
			t.Errorf("code page %d: %v", page, got)
		}
	}
}

// Text in a pipe is in the console's code page. A character that the page lacks is a question mark, never one that
// looks like it.
func TestEncoder(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "awsmfa\n": "awsmfa\n", "本番 管理。\n": "\x96{\x94\xd4 \x8a\xc7\x97\x9d\x81B\n",
		"é✓“": "??\x81g", "ʺ": "?", "𠮷": "??",
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		n, err := encoder{w, 932}.Write([]byte(text))
		if err != nil || n != len(text) {
			t.Errorf("%q: %d %v", text, n, err)
		}
		w.Close()
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(got) != want {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
}
