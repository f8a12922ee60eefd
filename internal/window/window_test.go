//go:build unix

package window

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// The variables that make the test binary a program that shows a window: what it shall print and return, and the file
// that it writes what it got to.
const (
	varGot    = "WINDOW_TEST_GOT"
	varPrint  = "WINDOW_TEST_PRINT"
	varSay    = "WINDOW_TEST_SAY"
	varReturn = "WINDOW_TEST_RETURN"
)

type got struct {
	Args []string
}

func TestMain(m *testing.M) {
	path := os.Getenv(varGot)
	if path == "" {
		os.Exit(m.Run())
	}
	text, err := json.Marshal(got{os.Args[1:]})
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		panic(err)
	}
	fmt.Print(os.Getenv(varPrint))
	fmt.Fprint(os.Stderr, os.Getenv(varSay))
	var code int
	if _, err := fmt.Sscan(os.Getenv(varReturn), &code); err == nil && code < 0 {
		time.Sleep(time.Hour)
	}
	os.Exit(code)
}

// asks runs p as this test binary, which prints out, says say on stderr, and ends with code.
func asks(
	ctx context.Context, t *testing.T, p program, text, out, say, code string,
) (g got, answer string, err error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/got"
	p.path = self
	p.environ = append(os.Environ(), varGot+"="+path, varPrint+"="+out, varSay+"="+say, varReturn+"="+code)
	w := Window{title: "awsmfa", ways: []way{p.run}}
	w.Say("said\n")
	answer, err = w.Ask(ctx, text)
	record, readErr := os.ReadFile(path)
	if readErr == nil {
		readErr = json.Unmarshal(record, &g)
	}
	if readErr != nil && ctx.Err() == nil {
		t.Fatal(readErr)
	}
	return g, answer, err
}

var all = []func() program{zenity, kdialog, osascript}

// Names reach each program as it reads them: as text, never as markup, an escape, a shortcut or a part of a script.
func TestWords(t *testing.T) {
	const name = "a_b & <b>\\n</b> 本番 $(x) `y` \"z\" 'q' %s; --x\u202e\x1b"
	const clean = "a_b & <b>\\n</b> 本番 $(x) `y` \"z\" 'q' %s; --x??"
	for _, p := range all {
		p := p()
		g, answer, err := asks(t.Context(), t, p, "for\n"+name, " 123 456\r\n", "a warning", "0")
		if answer != "123 456" || err != nil {
			t.Errorf("%s: %q, %v", p.name, answer, err)
		}
		plain := "said\nfor\n" + clean
		want := map[string][]string{
			"zenity": {
				"--entry", "--title=awsmfa",
				"--text=said\nfor\na__b & <b>\\\\n</b> 本番 $(x) `y` \"z\" 'q' %s; --x??",
			},
			"kdialog": {
				"--title", "awsmfa", "--inputbox",
				"<qt>said<br>for<br>a_b &amp;&amp; &lt;b&gt;\\\\n&lt;/b&gt; 本番 $(x) `y` &#34;z&#34; &#39;q&#39; %s; " +
					"--x??</qt>",
			},
			"osascript": {"awsmfa", plain, "86401"}, // after the script
		}[p.name]
		if n := len(g.Args) - len(want); n < 0 || !slices.Equal(g.Args[n:], want) {
			t.Errorf("%s got %q", p.name, g.Args)
		}
	}
}

// A closed window is told from a program that cannot show one; the end of the context ends the program.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		p      program
		say    string
		code   string
		closed bool
	}{
		{zenity(), "", "1", true},
		{zenity(), "Gtk-WARNING: theme", "1", true},
		{zenity(), "(zenity:1): Gtk-WARNING **: cannot open display: :9", "1", false},
		{zenity(), "Unknown option", "255", false},
		{kdialog(), "", "1", true},
		{kdialog(), "qt.qpa.xcb: could not connect to display", "134", false},
		{osascript(), "0:1: execution error: User canceled. (-128)", "1", true},
		{osascript(), "execution error: No user interaction allowed. (-1713)", "1", false},
	} {
		_, answer, err := asks(t.Context(), t, c.p, "text", "", "first\n"+c.say+"\n", c.code)
		failed := (*FailedError)(nil)
		switch {
		case answer != "":
			t.Errorf("%s %s: %q", c.p.name, c.code, answer)
		case c.closed && !errors.Is(err, ErrClosed):
			t.Errorf("%s %s: %v", c.p.name, c.code, err)
		case !c.closed && (!errors.As(err, &failed) || failed.Error() != c.p.name+": "+c.say):
			t.Errorf("%s %s: %v", c.p.name, c.code, err)
		}
	}
	for _, p := range all {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		started := time.Now()
		if _, _, err := asks(ctx, t, p(), "text", "", "", "-1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v after %s", p().name, err, time.Since(started))
		}
		cancel()
	}
}
