package msg

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/shelltest"
)

// go vet checks the verbs of messages.
func TestVetChecksVerbs(t *testing.T) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		shelltest.NotInstalled(t, "go")
	}
	out, err := exec.Command(goCommand, "vet", "./testdata/vet").CombinedOutput()
	if err == nil {
		t.Fatal("go vet found nothing")
	}
	for _, want := range []string{"vet.go:7:", "vet.go:8:", "vet.go:9:"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("go vet says nothing of %s:\n%s", want, out)
		}
	}
}

// An error that wraps another without words of its own is that one's message; its hint is found through any wrapper.
func TestPrinter(t *testing.T) {
	inner := Errorf("profile %q is gone", "prod").Hint("run %s", Command("setup", "my prod"))
	outer := Errorf("reading it: %s", inner).Wrap(inner)
	if got := outer.Error(); got != `reading it: profile "prod" is gone` {
		t.Error(got)
	}
	if got := HintOf(fmt.Errorf("wrapped: %w", outer)); got != `run awsmfa setup "my prod"` {
		t.Error(got)
	}
	p := Printer{
		Catalog: Catalog{"profile %q is gone": "プロファイル %q がありません"},
		Command: func(args ...string) string { return strings.Join(append([]string{"amfa"}, args...), "_") },
	}
	if got := p.Error(outer); got != `reading it: プロファイル "prod" がありません` {
		t.Error(got)
	}
	if got := p.Hint(outer); got != "run amfa_setup_my prod" {
		t.Error(got)
	}
	if got := p.Error(errors.New("EOF")); got != "EOF" {
		t.Error(got)
	}
	names := Command("exec", "A | B", "--").With("COMMAND [ARG ...]")
	if got := Textf("run %s", names).String(); got != `run awsmfa exec "A | B" -- COMMAND [ARG ...]` {
		t.Error(got)
	}
	if got := Textf("100%% of it").String(); got != "100% of it" {
		t.Error(got)
	}
}

// Japanese has a blank beside other letters only, also where a sentence stands inside of another.
func TestBlanksAroundArguments(t *testing.T) {
	p := Printer{Catalog: Catalog{
		"in %s": "%s にあり", "wait %s, then %s": "%[2]s を %[1]s 待つ", "the keyring": "キーリング", "%d s": "%d 秒",
		"file %s": "ファイル %s", "%s; then": "%s。次に", "until %q passes": "%q が合格するまで",
	}}
	for _, tt := range []struct {
		text Text
		want string
	}{
		{Textf("in %s", Textf("the keyring")), "キーリングにあり"},
		{Textf("in %s", Textf("file %s", "a b")), "ファイル a b にあり"},
		{Textf("in %s", "会社 の"), "会社 の にあり"},
		{Textf("until %q passes", Textf("the keyring")), `"キーリング" が合格するまで`},
		{Textf("wait %s, then %s", Duration(2*time.Second), Textf("the keyring")), "キーリングを 2 秒待つ"},
		{Textf("%s; then", Textf("in %s", Textf("the keyring"))), "キーリングにあり。次に"},
	} {
		if got := p.Text(tt.text); got != tt.want {
			t.Errorf("%q, not %q", got, tt.want)
		}
	}
}

// Durations have the units of the reader's language; in English they are as typed.
func TestDurations(t *testing.T) {
	japanese := Printer{Catalog: Catalog{"%d h": "%d 時間", "%d min": "%d 分", "%d s": "%d 秒"}}
	for d, want := range map[time.Duration][2]string{
		90 * time.Minute:      {"1h30m", "1 時間 30 分"},
		12 * time.Hour:        {"12h", "12 時間"},
		61 * time.Second:      {"1m1s", "1 分 1 秒"},
		0:                     {"0s", "0s"},
		50 * time.Millisecond: {"50ms", "50ms"},
	} {
		text := Textf("%s", Duration(d))
		if got := [2]string{text.String(), japanese.Text(text)}; got != want {
			t.Errorf("%v: %q, not %q", d, got, want)
		}
	}
}

func TestCatalog(t *testing.T) {
	c := Catalog{}
	err := c.Add("# comment\n\n< one\n> 一\n\n< two\n<\n<   lines: \n> 二\n>\n>  行: \n< %d last\n> 最後 %d\n")
	want := Catalog{"one": "一", "two\n\n  lines: ": "二\n\n 行: ", "%d last": "最後 %d"}
	if err != nil || !maps.Equal(c, want) {
		t.Errorf("%q, %v", c, err)
	}
	for _, text := range []string{"> 一\n", "< one\n\n> 一\n", "< one\n", "one\n", "< one\n> 一\n\n< one\n> 一\n"} {
		if err := (Catalog{}).Add(text); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
}

// The system's errors stand inside of sentences; those of Windows end like one.
func TestCause(t *testing.T) {
	_, err := os.Open(filepath.Join(t.TempDir(), "none", "none"))
	if got := Cause(err); got == "" || strings.HasSuffix(got, ".") || strings.HasSuffix(got, "。") {
		t.Errorf("%q", got)
	}
}

// Names, lists and words of command lines, and texts from elsewhere.
func TestArguments(t *testing.T) {
	for got, want := range map[string]string{
		Names{"a", "b c"}.String(): `"a", "b c"`,
		List{"a", "b c"}.String():  "a, b c",
		Foreign(" a\r\nb\tc\rd "):  "a b c d",
		Foreign(" a b "):           "a b",
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	const plain = "azAZ09_./+@-"
	for c := rune(' '); c <= '~'; c++ {
		inside := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(plain, c)
		if got := Word(string(c)).String(); (got == string(c)) != inside {
			t.Errorf("the word %q is shown as %s", c, got)
		}
	}
	if got := Word("").String(); got != `""` {
		t.Errorf("no word is shown as %s", got)
	}
}
