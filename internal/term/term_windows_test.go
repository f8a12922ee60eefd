package term

import (
	"io"
	"os"
	"testing"
)

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
