//go:build linux

package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"awsmfa/internal/fakeaws"
)

// atTerminal is awsmfa with a person at its terminal, which is not its stdin, stdout or stderr.
type atTerminal struct {
	t              *testing.T
	w              *world
	cmd            *exec.Cmd
	person         *os.File
	program        *os.File
	before         unix.Termios
	stdout, stderr bytes.Buffer

	mu   sync.Mutex
	seen []byte // everything that the terminal showed
	more chan struct{}
	at   int // the end of the last text that sees found
}

// sit starts awsmfa on a terminal of so many columns and lines.
func sit(t *testing.T, w *world, columns, lines uint16, env []string, args ...string) *atTerminal {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &atTerminal{t: t, w: w, more: make(chan struct{}, 1)}
	s.person, s.program = openTerminal(t)
	size := &unix.Winsize{Col: columns, Row: lines}
	if err := unix.IoctlSetWinsize(int(s.program.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	s.before = attributes(t, s.program)
	s.cmd = exec.Command(filepath.Join(dir, "awsmfa"), args...)
	s.cmd.Env = append(append(w.environ(), "PATH="+dir+":"+os.Getenv("PATH")), env...)
	s.cmd.Dir = filepath.Dir(w.home)
	s.cmd.ExtraFiles = []*os.File{s.program}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	s.cmd.Stdout, s.cmd.Stderr = &s.stdout, &s.stderr
	s.cmd.WaitDelay = longest
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(longest, func() { s.cmd.Process.Kill() })
	t.Cleanup(func() { stop.Stop(); s.cmd.Process.Kill() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := s.person.Read(buf)
			s.mu.Lock()
			s.seen = append(s.seen, buf[:n]...)
			s.mu.Unlock()
			select {
			case s.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	return s
}

// screen returns everything that the terminal showed.
func (s *atTerminal) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.seen)
}

// sees waits until the terminal shows one of texts after the text of the last call, and returns everything up to its
// end.
func (s *atTerminal) sees(texts ...string) string {
	s.t.Helper()
	late := time.After(longest)
	for {
		all := s.screen()
		for _, text := range texts {
			if i := strings.Index(all[s.at:], text); i >= 0 {
				from := s.at
				s.at += i + len(text)
				return all[from:s.at]
			}
		}
		select {
		case <-s.more:
		case <-late:
			s.t.Fatalf("the terminal never showed %q, but %q; on stderr: %s", texts, all[s.at:], &s.stderr)
		}
	}
}

func (s *atTerminal) types(text string) {
	s.t.Helper()
	if _, err := s.person.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits until awsmfa ends, and checks its exit code, the terminal's settings, and that no secret was shown.
func (s *atTerminal) ends(want int) {
	s.t.Helper()
	err := s.cmd.Wait()
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		s.t.Fatal(err)
	}
	if code != want {
		s.t.Fatalf("exit code %d, not %d; on stderr: %s", code, want, &s.stderr)
	}
	if after := attributes(s.t, s.program); after != s.before {
		s.t.Errorf("the terminal was %+v and is %+v", s.before, after)
	}
	if err := s.w.leak(s.stdout.String(), s.stderr.String(), s.screen(), code != 0, false); err != nil {
		s.t.Error(err)
	}
	for _, d := range s.w.aws.Devices() {
		if d.Seed != "" && strings.Contains(s.stdout.String()+s.stderr.String(), d.Seed) {
			s.t.Error("the device's key is on stdout or stderr")
		}
	}
}

// scanned returns the URL that a phone reads from the QR code in shown. With some keys the reader mistakes a pattern
// for one of the three corners, at any distance; then it gets a picture of the code alone.
func (s *atTerminal) scanned(shown string) *url.URL {
	s.t.Helper()
	var text string
	var err error
	if text, err = scan(s.camera(shown, 3), false); err != nil {
		text, err = scan(s.camera(shown, 0), true)
	}
	if err != nil {
		s.t.Fatalf("no phone reads this: %v\n%s", err, shown)
	}
	u, err := url.Parse(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// camera returns a picture of the lines of a QR code on a dark terminal, with so many cells of the terminal around it.
// Text that does not set its colours is as dark.
func (s *atTerminal) camera(shown string, around int) image.Image {
	s.t.Helper()
	const cellWidth, cellHeight = 4, 8
	columns := 0
	colour := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	var lines []string
	for line := range strings.SplitSeq(shown, "\r\n") {
		if strings.HasPrefix(line, "\x1b[0;30;47m") {
			lines = append(lines, line)
			columns = max(columns, utf8.RuneCountInString(colour.ReplaceAllString(line, "")))
		} else if strings.Contains(line, "\x1b") {
			s.t.Errorf("colours in a line that is not part of the code: %q", line)
		}
	}
	picture := image.NewGray(image.Rect(0, 0, (columns+2*around)*cellWidth, (len(lines)+2*around)*cellHeight))
	paint := func(x, y, h int, c color.Gray) {
		for i := range cellWidth * h {
			picture.SetGray(x+i%cellWidth, y+i/cellWidth, c)
		}
	}
	colours := map[string]color.Gray{"16": {0}, "231": {255}}
	for y, line := range lines {
		ink, paper, x := color.Gray{0x80}, color.Gray{}, 0
		for line != "" {
			if m := regexp.MustCompile(`^\x1b\[([0-9;]*)m`).FindStringSubmatch(line); m != nil {
				line = line[len(m[0]):]
				if m[1] == "0" {
					ink, paper = color.Gray{0x80}, color.Gray{}
				}
				if c := regexp.MustCompile(`38;5;(16|231)\b`).FindStringSubmatch(m[1]); c != nil {
					ink = colours[c[1]]
				}
				if c := regexp.MustCompile(`48;5;(16|231)\b`).FindStringSubmatch(m[1]); c != nil {
					paper = colours[c[1]]
				}
				continue
			}
			r := []rune(line[:min(4, len(line))])[0]
			line = line[len(string(r)):]
			upper, lower := paper, paper
			switch r {
			case '█':
				upper, lower = ink, ink
			case '▀':
				upper = ink
			case '▄':
				lower = ink
			case ' ':
			default:
				s.t.Fatalf("%q in a QR code", r)
			}
			left, top := (x+around)*cellWidth, (y+around)*cellHeight
			paint(left, top, cellHeight/2, upper)
			paint(left, top+cellHeight/2, cellHeight/2, lower)
			x++
		}
	}
	return picture
}

// bare returns a world without ~/.aws, and its user dana, who has an access key and no device.
func bare(t *testing.T, policies string) (w *world, dana fakeaws.User) {
	t.Helper()
	w, done, err := newWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	if err := os.Mkdir(w.home, 0o700); err != nil {
		t.Fatal(err)
	}
	dana = w.aws.AddUser(fakeaws.User{Name: "dana"})
	w.users["dana"] = dana
	if err := w.setPolicies("dana", policies); err != nil {
		t.Fatal(err)
	}
	return w, dana
}

// noCLI hides the AWS CLI from these tests: it takes half a second to print its version.
func noCLI(t *testing.T, w *world) []string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	bin, err := noAWS(w.home)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"PATH=" + strings.Join([]string{bin, dir, os.Getenv("PATH")}, ":")}
}

const (
	askID      = "Access key ID: "
	askSecret  = "Secret access key (not shown): "
	askRegion  = "Region (such as ap-northeast-1; Enter for none): "
	askFirst   = "The code it shows now: "
	askPicture = "when the device is enabled. [Y/n] "
	askSecond  = "The next code, when it changes: "
	askShort   = ".bashrc, for the short command mfa? [Y/n] "
	askCode    = "MFA code for work (arn:aws:iam::123456789012:mfa/dana): "
)

// A user without a profile runs setup at a terminal, with typing mistakes, and then env. Setup once more changes no
// byte.
func TestFirstDay(t *testing.T) {
	t.Parallel()
	for _, policies := range []string{"usual", "ours"} {
		t.Run(policies, func(t *testing.T) {
			t.Parallel()
			w, dana := bare(t, policies)
			key := dana.Keys[0]
			s := sit(t, w, 120, 60, noCLI(t, w), "setup", "work")

			s.sees(askID)
			// The keys are pasted together, with empty lines. AWS refuses them: setup writes nothing and asks again.
			s.types(key.ID + "\n\n" + strings.Repeat("x", 40) + "\n \n\n")
			s.sees(askRegion)
			s.types("Tokyo\n")
			s.sees("Region names look like")
			s.types("ap-northeast-1\n")
			s.sees(askID)
			s.types(strings.Repeat("x", 40) + "\n")
			s.sees("That looks like a secret access key")
			s.sees(askID)
			if _, err := os.Stat(filepath.Join(w.home, ".aws")); err == nil {
				t.Error("something was written before AWS knew the keys")
			}
			s.types(key.ID + "\n")
			s.sees(askSecret)
			s.types(key.Secret[:20] + " " + key.Secret[20:] + "\n")
			s.sees("There is a blank in that secret")
			s.sees(askSecret)
			s.types(key.Secret + "\n")

			shown := s.sees(askFirst)
			phone := s.scanned(shown)
			seed := phone.Query().Get("secret")
			if phone.Scheme != "otpauth" || phone.Path != "/Amazon Web Services:dana@123456789012" ||
				seed != w.seed("dana") {
				t.Fatal("the QR code is not the device's")
			}
			printed := regexp.MustCompile(`time-based, key ([A-Z2-7 ]+)\r\n`).FindStringSubmatch(shown)
			if printed == nil || strings.ReplaceAll(printed[1], " ", "") != seed {
				t.Fatal("the key that is printed is not the device's")
			}
			s.types("12345\n")
			s.sees("A code is six digits.")
			s.sees(askFirst)
			s.types(w.code(seed, -1)[:3] + " " + w.code(seed, -1)[3:] + "\n")
			s.sees(askSecond)
			s.types(w.code(seed, 0) + "\n")
			s.sees(askCode)
			s.types(w.code(seed, 0) + "\n") // already used
			s.sees(askCode)
			s.types(w.code(seed, 1) + "\n")
			s.sees(askShort)
			s.types("\n")
			s.ends(0)

			if strings.Contains(strings.ToLower(s.screen()), strings.ToLower(key.Secret)) {
				t.Error("the secret is on the terminal")
			}
			wrong := "the secret access key that you typed for " + key.ID + " is wrong; " +
				"nothing was written: type both again, the ID first\n"
			if !strings.Contains(s.stderr.String(), wrong) {
				t.Errorf("said %s", &s.stderr)
			}
			daily := `each day, type:  mfa work`
			if s.stdout.Len() > 0 || !strings.Contains(s.stderr.String(), daily) {
				t.Errorf("printed %q, said %s", &s.stdout, &s.stderr)
			}
			wantKeys := "[work]\naws_access_key_id = " + key.ID + "\naws_secret_access_key = " + key.Secret + "\n"
			wantConfig := "[profile work]\nmfa_serial = arn:aws:iam::123456789012:mfa/dana\nregion = ap-northeast-1\n"
			same := func() {
				t.Helper()
				for name, want := range map[string]string{"credentials": wantKeys, "config": wantConfig} {
					info, err := os.Stat(filepath.Join(w.home, ".aws", name))
					if err != nil || info.Mode() != 0o600 || w.file(".aws/"+name) != want {
						t.Errorf("%s is %q, %v, %v", name, w.file(".aws/"+name), info, err)
					}
				}
			}
			same()

			w.aws.ResetCalls()
			each := run(t, w, nil, "env", "work")
			code := each.exit()
			if code != 0 || !strings.Contains(each.stdout.String(), "AWS_SESSION_TOKEN=") || w.aws.Count("") > 0 {
				t.Errorf("exit code %d, %d calls: %s", code, w.aws.Count(""), &each.said)
			}
			again := sit(t, w, 120, 60, noCLI(t, w), "setup", "work")
			again.ends(0)
			if again.screen() != "" || w.aws.Count("GetSessionToken")+w.aws.Count("CreateVirtualMFADevice") > 0 {
				t.Errorf("asked %q, called %v", again.screen(), w.aws.Calls())
			}
			same()
		})
	}
}

// Ctrl-C while the AWS CLI prints its version: nothing is said about the AWS CLI, which Ctrl-C has ended.
func TestCtrlCAtOnce(t *testing.T) {
	t.Parallel()
	w, _ := bare(t, "usual")
	env := noCLI(t, w)
	stub := "#!/bin/sh\necho here >/dev/tty\nsleep 60\n"
	if err := os.WriteFile(filepath.Join(w.home, "noaws", "aws"), []byte(stub), 0o700); err != nil {
		t.Fatal(err)
	}
	s := sit(t, w, 120, 60, env, "setup", "work")
	s.sees("here")
	s.types("\x03")
	s.ends(130)
	if s.stderr.String() != "awsmfa: error: interrupted\n" {
		t.Errorf("said %s", &s.stderr)
	}
}

// An empty answer to the question for a region means no region.
func TestEnterForNoRegion(t *testing.T) {
	t.Parallel()
	w, dana := bare(t, "usual")
	s := sit(t, w, 120, 60, noCLI(t, w), "setup", "work")
	s.sees(askID)
	s.types(dana.Keys[0].ID + "\n")
	s.sees(askSecret)
	s.types(dana.Keys[0].Secret + "\n")
	s.sees(askRegion)
	s.types("\n")
	s.sees("Most AWS commands need a region: ")
	s.sees(askFirst)
	s.types("\x03")
	s.ends(130)
	if _, err := os.Stat(filepath.Join(w.home, ".aws", "config")); !os.IsNotExist(err) {
		t.Error("there is a config file", err)
	}
}

// A window of 80 by 24 has room for the QR code, under a shorter name. In a smaller one a message says which size is
// needed, and that size is enough. Without UTF-8 the code is drawn without block characters.
func TestWindow(t *testing.T) {
	t.Parallel()
	enrolled := func(t *testing.T, columns, lines uint16, env ...string) (shown string, phone *url.URL) {
		t.Helper()
		w, dana := bare(t, "usual")
		keysFor(t, w, "work", dana)
		tmp, seen := t.TempDir(), filepath.Join(t.TempDir(), "seen.png")
		env = append(env, "TMPDIR="+tmp, "BROWSER=cp %s "+seen)
		s := sit(t, w, columns, lines, env, "device", "add", "work")
		if shown = s.sees(askFirst, askPicture); strings.HasSuffix(shown, askPicture) {
			s.types("\n")
			shown += s.sees(askFirst)
			if secret := secretIn(t, seen); secret != w.seed("dana") {
				t.Errorf("the picture that was opened says %q", secret)
			}
		}
		if strings.Contains(shown, "\x1b[") {
			phone = s.scanned(shown)
			if phone.Query().Get("secret") != w.seed("dana") {
				t.Error("the QR code is not the device's")
			}
			if drawn := strings.Count(shown, "\x1b[0m"); drawn+1 > int(lines) {
				t.Errorf("%d lines and a question in a window of %d", drawn, lines)
			}
		}
		s.types(w.code(w.seed("dana"), -1) + "\n")
		s.sees(askSecond)
		s.types(w.code(w.seed("dana"), 0) + "\n")
		s.ends(0)
		if left, err := os.ReadDir(tmp); len(left) != 0 || err != nil {
			t.Errorf("left behind: %v, %v", left, err)
		}
		return shown, phone
	}
	t.Run("80 by 24", func(t *testing.T) {
		t.Parallel()
		if _, phone := enrolled(t, 80, 24); phone == nil || phone.Path != "/AWS:dana@123456789012" {
			t.Errorf("the code says %v", phone)
		}
	})
	t.Run("small", func(t *testing.T) {
		t.Parallel()
		shown, phone := enrolled(t, 80, 20)
		m := regexp.MustCompile(`needs (\d+) columns and (\d+) lines: type the key,`).FindStringSubmatch(shown)
		if phone != nil || m == nil {
			t.Fatalf("shown is %q", shown)
		}
		var columns, lines uint16
		if _, err := fmt.Sscan(m[1], &columns); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(m[2], &lines); err != nil {
			t.Fatal(err)
		}
		if _, phone := enrolled(t, columns, lines); phone == nil {
			t.Errorf("%d by %d is not enough", columns, lines)
		}
		if _, phone := enrolled(t, columns-1, lines); phone != nil {
			t.Errorf("%d columns less one are enough", columns)
		}
	})
	t.Run("no UTF-8", func(t *testing.T) {
		t.Parallel()
		shown, phone := enrolled(t, 200, 100, "LANG=C")
		if phone == nil || strings.ContainsFunc(shown, func(r rune) bool { return r > '~' }) {
			t.Errorf("shown is %q", shown)
		}
	})
}

// secretIn returns the key in the QR code of a picture.
func secretIn(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := scan(picture, true)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("secret")
}

// keysFor writes a credentials file with one profile, which has the user's keys.
func keysFor(t *testing.T, w *world, profile string, u fakeaws.User) {
	t.Helper()
	text := fmt.Sprintf("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
		profile, u.Keys[0].ID, u.Keys[0].Secret)
	if err := os.MkdirAll(filepath.Join(w.home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.home, ".aws", "credentials"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// After two wrong codes the user gets the reason and another try, three in all; then no device is left.
func TestWrongCodes(t *testing.T) {
	t.Parallel()
	w, dana := bare(t, "usual")
	keysFor(t, w, "work", dana)
	s := sit(t, w, 120, 60, nil, "device", "add", "work")
	s.sees(askFirst)
	seed := w.seed("dana")
	wrong := func(first, second, words string) {
		t.Helper()
		s.types(first + "\n")
		s.sees(askSecond)
		s.types(second + "\n")
		if words != "" {
			s.sees(words)
			s.sees(askFirst)
		}
	}
	wrong(w.code(seed, 0), w.code(seed, 0),
		"that is the same code twice; wait until the authenticator shows another.\r\n")
	wrong(w.code(seed, 0), w.code(seed, -1), "the second code is older than the first; ")
	wrong(w.code(seed, -1), w.code(seed, 1),
		"the two codes do not follow one another: there were others between them; ")
	wrong(w.code(seed, 90*120), w.code(seed, 90*120+1), "")
	s.ends(1)
	if !strings.HasSuffix(s.stderr.String(), "error: the first code is not one of this device's\n"+
		"awsmfa: hint: delete this entry from the app, then run it again\n") {
		t.Errorf("said %s", &s.stderr)
	}
	if w.aws.Count("EnableMFADevice") > 0 || w.owner("dana") != "none" {
		t.Errorf("the device is %s's; calls: %v", w.owner("dana"), w.aws.Calls())
	}

	// The codes of the last try may still be right.
	s = sit(t, w, 120, 60, nil, "device", "add", "work")
	s.sees(askFirst)
	seed = w.seed("dana")
	wrong(w.code(seed, 120*9), w.code(seed, 120*9+1), "the authenticator's clock is 9h")
	wrong(w.code(seed, 0), "000000",
		"the second code is not one of this device's; look at the entry that was added just now.\r\n")
	w.aws.Advance(-time.Hour) // AWS checks codes by another clock than that of its answers: it refuses these
	wrong(w.code(seed, 119), w.code(seed, 120), "AWS refused the two codes; ")
	w.aws.Advance(time.Hour)
	wrong(w.code(seed, -1), w.code(seed, 0), "")
	s.ends(0)
	if w.owner("dana") != "dana" {
		t.Error("the device is not enabled")
	}
}

// all returns the environment and arguments of a setup that needs no answer, with a program as the authenticator.
func all(t *testing.T, w *world, u fakeaws.User) (env, args []string) {
	t.Helper()
	env = append(noCLI(t, w), "AWSMFA_SECRET_ACCESS_KEY="+u.Keys[0].Secret)
	return env, []string{
		"setup", "work", "--access-key-id", u.Keys[0].ID, "--region", "eu-west-1",
		"--codes-from", "authenticator", "--code-command", "authenticator", "--yes",
	}
}

// completes runs setup to its end, after an interrupted one, and checks the result.
func completes(t *testing.T, w *world, u fakeaws.User) {
	t.Helper()
	w.aws.OnRequest(nil)
	w.aws.ClearFaults()
	env, args := all(t, w, u)
	s := run(t, w, env, args...)
	if code := s.exit(); code != 0 {
		t.Fatalf("setup does not complete: exit code %d: %s", code, &s.said)
	}
	if owner := w.owner("dana"); owner != "dana" {
		t.Errorf("the device is %s's", owner)
	}
	if n := len(w.aws.Devices()); n != 2 { // alice's and dana's
		t.Errorf("there are %d devices", n)
	}
	want := "[profile work]\nmfa_serial = arn:aws:iam::123456789012:mfa/dana\nregion = eu-west-1\n"
	if got := w.file(".aws/config"); got != want {
		t.Errorf("config is %q", got)
	}
	if got := w.file(".aws/credentials"); strings.Count(got, "[work]") != 1 || strings.Count(got, "\n") != 3 {
		t.Errorf("%d lines of credentials", strings.Count(got, "\n"))
	}
	w.aws.ResetCalls()
	each := run(t, w, nil, "env", "work")
	if code := each.exit(); code != 0 || w.aws.Count("") > 0 {
		t.Errorf("exit code %d, %d calls: %s", code, w.aws.Count(""), &each.said)
	}
}

// steps are the actions that setup calls for a new user, in order.
var steps = []string{
	"GetCallerIdentity", "ListMFADevices", "ListVirtualMFADevices", "CreateVirtualMFADevice", "EnableMFADevice",
	"GetSessionToken",
}

// everyRequest runs test for the moments before and after each request of setup.
func everyRequest(t *testing.T, test func(t *testing.T, action string, after bool)) {
	for _, action := range steps {
		for _, after := range []bool{false, true} {
			when := map[bool]string{false: "before", true: "after"}[after]
			t.Run(action+"/"+when, func(t *testing.T) {
				t.Parallel()
				test(t, action, after)
			})
		}
	}
}

// at makes the first request for action wait, before or after it takes effect, until let is called.
func (w *world) at(t *testing.T, action string, after bool) (arrived <-chan struct{}, let func()) {
	came, released := make(chan struct{}), make(chan struct{})
	var first, once sync.Once
	let = func() { once.Do(func() { close(released) }) }
	t.Cleanup(let)
	w.aws.OnRequest(func(what string, done bool) {
		if what == action && done == after {
			first.Do(func() { close(came); <-released })
		}
	})
	return came, let
}

// kill -9 at any moment leaves no device, an enabled one, or one that the next run finds and replaces.
func TestKilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	everyRequest(t, func(t *testing.T, action string, after bool) {
		w, dana := bare(t, "ours")
		arrived, let := w.at(t, action, after)
		env, args := all(t, w, dana)
		s := run(t, w, env, args...)
		<-arrived
		s.Process.Kill()
		if code := s.exit(); code != -int(syscall.SIGKILL) {
			t.Fatalf("ended with %d: %s", code, &s.said)
		}
		let()
		w.aws.Advance(30 * time.Second)
		completes(t, w, dana)
	})
}

// A signal at any moment leaves no device that is not enabled.
func TestSignalAtEveryRequest(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			everyRequest(t, func(t *testing.T, action string, after bool) {
				w, dana := bare(t, "usual")
				arrived, let := w.at(t, action, after)
				env, args := all(t, w, dana)
				s := run(t, w, env, args...)
				<-arrived
				signalTo(t, s.Process, signal)
				if action == "CreateVirtualMFADevice" || action == "EnableMFADevice" {
					time.AfterFunc(200*time.Millisecond, let) // awsmfa waits a while for the answer to a change
				}
				code := s.exit()
				if code != 128+int(signal) || !strings.HasSuffix(s.said.String(), "awsmfa: error: interrupted\n") {
					t.Errorf("exit code %d: %s", code, &s.said)
				}
				let()
				for w.aws.Count(action) == 0 { // AWS carries out the request, though nothing waits for the answer
					time.Sleep(time.Millisecond)
				}
				if owner := w.owner("dana"); owner == "nobody" {
					t.Errorf("a device is left that is nobody's: %s", &s.said)
				}
				w.aws.Advance(30 * time.Second)
				completes(t, w, dana)
			})
		})
	}
}

// After a lost request or a lost answer the SDK sends the request again, and awsmfa copes with the effect of the first
// one.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, fault := range []fakeaws.FaultKind{fakeaws.Cut, fakeaws.CutAfter, fakeaws.CutBody} {
		for _, action := range steps[3:] { // those that change something
			t.Run(fmt.Sprintf("%d/%s", fault, action), func(t *testing.T) {
				t.Parallel()
				w, dana := bare(t, "ours")
				w.aws.Inject(fakeaws.Fault{Kind: fault, Action: action})
				w.aws.OnRequest(func(action string, done bool) {
					if action == "GetSessionToken" && done {
						w.aws.Advance(30 * time.Second) // the codes are used up: time for the next
					}
				})
				env, args := all(t, w, dana)
				s := run(t, w, env, args...)
				code := s.exit()
				if code != 0 && fault != fakeaws.CutBody { // after half an answer the SDK does not try again
					t.Errorf("exit code %d: %s", code, &s.said)
				}
				if owner := w.owner("dana"); owner == "nobody" {
					t.Errorf("a device is left that is nobody's: %s", &s.said)
				}
				if strings.Contains(s.said.String(), "SDK") {
					t.Errorf("the SDK speaks: %s", &s.said)
				}
				completes(t, w, dana)
			})
		}
	}
}

// If no request for one action arrives, or none is answered, a created device is deleted.
func TestNoAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault  fakeaws.FaultKind
		action string
		owner  string
	}{
		{fakeaws.Cut, "CreateVirtualMFADevice", "none"},
		{fakeaws.CutAfter, "CreateVirtualMFADevice", "none"},
		{fakeaws.BrokenXML, "CreateVirtualMFADevice", "none"},
		{fakeaws.Cut, "EnableMFADevice", "none"},
		{fakeaws.CutAfter, "EnableMFADevice", "dana"},
		{fakeaws.Portal, "EnableMFADevice", "none"},
	} {
		t.Run(fmt.Sprintf("%d/%s", c.fault, c.action), func(t *testing.T) {
			t.Parallel()
			w, dana := bare(t, "usual")
			w.aws.Inject(fakeaws.Fault{Kind: c.fault, Action: c.action, Times: -1})
			env, args := all(t, w, dana)
			s := run(t, w, append(env, "AWS_MAX_ATTEMPTS=2"), args...)
			code := s.exit()
			if owner := w.owner("dana"); owner != c.owner {
				t.Errorf("the device is %s's: %s", owner, &s.said)
			}
			if (code == 0) != (c.owner == "dana") {
				t.Errorf("exit code %d: %s", code, &s.said)
			}
			w.aws.Advance(30 * time.Second)
			completes(t, w, dana)
		})
	}
}

// If AWS does not answer after Ctrl-C, the device that it may have created is deleted.
func TestCtrlCWhileStalled(t *testing.T) {
	t.Parallel()
	t.Run("add", func(t *testing.T) {
		t.Parallel()
		w, dana := bare(t, "usual")
		w.aws.Inject(fakeaws.Fault{Kind: fakeaws.Stall, Action: "CreateVirtualMFADevice"})
		arrived, let := w.at(t, "CreateVirtualMFADevice", false)
		env, args := all(t, w, dana)
		s := run(t, w, env, args...)
		<-arrived
		let()
		signalTo(t, s.Process, syscall.SIGINT)
		if code := s.exit(); code != 130 || w.aws.Count("DeleteVirtualMFADevice") != 1 {
			t.Errorf("exit code %d, %d deletions: %s", code, w.aws.Count("DeleteVirtualMFADevice"), &s.said)
		}
		completes(t, w, dana)
	})
	t.Run("remove", func(t *testing.T) {
		t.Parallel()
		w, dana := bare(t, "ours")
		keysFor(t, w, "work", dana)
		d := w.aws.AddDevice(dana.ARN, fakeaws.Device{})
		w.aws.Inject(fakeaws.Fault{Kind: fakeaws.Stall, Action: "DeactivateMFADevice"})
		arrived, let := w.at(t, "DeactivateMFADevice", false)
		s := run(t, w, nil, "device", "remove", "work", "--yes", "--code", w.aws.FreshCode(d.Serial))
		<-arrived
		let()
		signalTo(t, s.Process, syscall.SIGINT)
		code, said := s.exit(), s.said.String()
		if code != 130 || !strings.HasSuffix(said, "\nawsmfa: error: interrupted\n") || w.owner("dana") != "dana" {
			t.Errorf("exit code %d, the device is %s's: %s", code, w.owner("dana"), &s.said)
		}
	})
}

// Ctrl-C, Ctrl-D and SIGTERM at every question leave the terminal as it was and no device that is not enabled, and
// setup completes afterwards.
func TestInterruptedAtEveryQuestion(t *testing.T) {
	t.Parallel()
	questions := []string{askID, askSecret, askRegion, askFirst, askSecond, askCode}
	for _, how := range []string{"\x03", "\x04", "TERM"} {
		for at, question := range questions {
			t.Run(fmt.Sprintf("%q/%s", how, question), func(t *testing.T) {
				t.Parallel()
				w, dana := bare(t, "usual")
				s := sit(t, w, 120, 60, noCLI(t, w), "setup", "work")
				for i, q := range questions[:at+1] {
					s.sees(q)
					if i == at {
						break
					}
					switch q {
					case askID:
						s.types(dana.Keys[0].ID)
					case askSecret:
						s.types(dana.Keys[0].Secret)
					case askRegion:
						s.types("eu-west-1")
					case askFirst:
						s.types(w.code(w.seed("dana"), -1))
					case askSecond:
						s.types(w.code(w.seed("dana"), 0))
					}
					s.types("\n")
				}
				want, said := 130, "interrupted\n"
				switch how {
				case "TERM":
					want = 143
					signalTo(t, s.cmd.Process, syscall.SIGTERM)
				case "\x04":
					want, said = 1, " was given"
					fallthrough
				default:
					s.types(how)
				}
				s.ends(want)
				if !strings.Contains(s.stderr.String(), said) {
					t.Errorf("said %s", &s.stderr)
				}
				enabled := at > slices.Index(questions, askSecond)
				scanned := at >= slices.Index(questions, askFirst) && !enabled
				if strings.Contains(s.stderr.String(), "awsmfa: delete this entry from the app, ") != scanned {
					t.Errorf("said %s", &s.stderr)
				}
				if owner := w.owner("dana"); owner != map[bool]string{true: "dana", false: "none"}[enabled] {
					t.Errorf("the device is %s's", owner)
				}
				if enabled {
					if err := w.learn(w.seed("dana"), 2); err != nil {
						t.Fatal(err)
					}
				}
				completes(t, w, dana)
			})
		}
	}
}

// Ctrl-C while a device is removed: before the removal has begun nothing changes, later the removal is completed.
func TestCtrlCAtRemoval(t *testing.T) {
	t.Parallel()
	for action, left := range map[string]string{
		"GetSessionToken": "dana", "DeactivateMFADevice": "none", "DeleteVirtualMFADevice": "none",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w, dana := bare(t, "ours")
			keysFor(t, w, "work", dana)
			d := w.aws.AddDevice(dana.ARN, fakeaws.Device{})
			arrived, let := w.at(t, action, true)
			s := run(t, w, nil, "device", "remove", "work", "--yes", "--code", w.aws.FreshCode(d.Serial))
			<-arrived
			signalTo(t, s.Process, syscall.SIGINT)
			if left == "none" {
				let()
			}
			code := s.exit()
			if owner := w.owner("dana"); owner != left {
				t.Errorf("the device is %s's, not %s's: %s", owner, left, &s.said)
			}
			if code != 130 && (left == "dana" || code != 0) {
				t.Errorf("exit code %d: %s", code, &s.said)
			}
		})
	}
}
