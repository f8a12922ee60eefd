package cli_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"

	"awsmfa/internal/fakeaws"
)

// TestArticleAtTheConsole is the first day at the console itself, in code page 932: there it is in Japanese. Whoever
// reads a pipe gets English, and Japanese only if the code page is UTF-8.
func TestArticleAtTheConsole(t *testing.T) {
	if !atOwnConsole(t) {
		return
	}
	screen := japaneseConsole(t)
	w, done, err := newWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	if err := os.Mkdir(w.home, 0o700); err != nil {
		t.Fatal(err)
	}
	dana := w.aws.AddUser(fakeaws.User{Name: "dana"})
	w.users["dana"] = dana
	if err := w.setPolicies("dana", "usual"); err != nil {
		t.Fatal(err)
	}
	awsmfa := func(args ...string) *exec.Cmd {
		cmd := exec.Command("awsmfa", args...)
		cmd.Env = append(w.environ(), "PATH="+os.Getenv("PATH"), "AWSMFA_LANG=ja",
			"AWSMFA_SECRET_ACCESS_KEY="+dana.Keys[0].Secret)
		return cmd
	}

	setup := awsmfa("setup", "work", "--access-key-id", dana.Keys[0].ID, "--region", "ap-northeast-1",
		"--codes-from", "authenticator needs key", "--code-command", "authenticator", "--yes")
	setup.Stderr = screen
	if err := setup.Run(); err != nil {
		t.Errorf("%v: %s", err, shownOn(t, screen))
	}
	shown := glyphs(shownOn(t, screen))
	for _, sentence := range []string{
		`プロファイル "work" はまだありません。IAM ユーザーのアクセスキーから作成します`,
		`キーの所有者は arn:aws:iam::123456789012:user/dana です`,
		`arn:aws:iam::123456789012:mfa/dana を有効化しました`,
		`毎日、次の行を入力してください`,
	} {
		if !strings.Contains(shown, glyphs(sentence)) {
			t.Errorf("the screen does not have %q: %s", sentence, shown)
		}
	}
	for page, sentence := range map[uint32]string{
		932:   "error: this shell has no session",
		65001: "エラー: このシェルにセッションはありません",
	} {
		if err := windows.SetConsoleOutputCP(page); err != nil {
			t.Fatal(err)
		}
		if out, _ := awsmfa("status").CombinedOutput(); !strings.Contains(string(out), sentence) {
			t.Errorf("in code page %d a pipe gets %q", page, out)
		}
	}
}

// shownOn returns what the console shows, from its first line to the cursor's.
func shownOn(t *testing.T, screen *os.File) string {
	t.Helper()
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(windows.Handle(screen.Fd()), &info); err != nil {
		t.Fatal(err)
	}
	cells := make([]uint16, int(info.Size.X)*int(info.CursorPosition.Y+1))
	var n uint32
	read := windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleOutputCharacterW")
	ok, _, err := read.Call(screen.Fd(), uintptr(unsafe.Pointer(&cells[0])), uintptr(len(cells)), 0,
		uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		t.Fatal(err)
	}
	return string(utf16.Decode(cells[:n]))
}

// glyphs is the text without blanks, and each run of one character once: a console may fill the second cell of a wide
// character with anything of these.
func glyphs(text string) string {
	var last rune
	return strings.Map(func(r rune) rune {
		if r == last || r <= ' ' {
			return -1
		}
		last = r
		return r
	}, text)
}
