package cli_test

import (
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"awsmfa/internal/fakeaws"
)

// In a console whose block characters are wide, the window has no room for the QR code. If the user agrees, a viewer
// shows it as a picture, which is deleted afterwards.
func TestPictureAtTheConsole(t *testing.T) {
	if !atOwnConsole(t) {
		return
	}
	screen := japaneseConsole(t)
	w, done, err := newWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	dana := w.aws.AddUser(fakeaws.User{Name: "dana"})
	w.users["dana"] = dana
	if err := w.setPolicies("dana", "usual"); err != nil {
		t.Fatal(err)
	}
	tmp, seen := filepath.Join(w.home, "tmp"), filepath.Join(w.home, "seen.png")
	credentials := filepath.Join(w.home, ".aws", "credentials")
	for _, dir := range []string{tmp, filepath.Dir(credentials)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	keys := "[dana]\naws_access_key_id = " + dana.Keys[0].ID + "\naws_secret_access_key = " + dana.Keys[0].Secret + "\n"
	if err := os.WriteFile(credentials, []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}

	cmd := exec.Command("awsmfa", "device", "add", "dana")
	cmd.Env = append(w.environ(), "PATH="+os.Getenv("PATH"), "TMP="+tmp, "SEEN="+seen, "BROWSER=does view=%s")
	cmd.Stderr = screen // shows awsmfa that a person is there
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	typeAt(t, "y\r")
	until := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("no %s", what)
			}
		}
	}
	until("device", func() bool { return w.owner("dana") != "none" })
	until("picture", func() bool { _, err := os.Stat(seen); return err == nil })
	file, err := os.Open(seen)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	drawn, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := scan(drawn, true); err != nil || !strings.Contains(text, "secret="+w.seed("dana")+"&") {
		t.Errorf("the picture that was opened says %q, %v", text, err)
	}
	typeAt(t, w.code(w.seed("dana"), -1)+"\r")
	typeAt(t, w.code(w.seed("dana"), 0)+"\r")
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	if got := w.owner("dana"); got != "dana" {
		t.Errorf("the device is %s's", got)
	}
	if left, err := os.ReadDir(tmp); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// atOwnConsole runs the test once more in a process with its own, invisible console, and reports whether this is that
// process.
func atOwnConsole(t *testing.T) bool {
	t.Helper()
	const inside = "AWSMFA_TEST_CONSOLE"
	if os.Getenv(inside) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// japaneseConsole is the screen of the console, whose code page becomes that of Japan.
func japaneseConsole(t *testing.T) *os.File {
	t.Helper()
	screen, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	const japanese = 932
	if err := windows.SetConsoleOutputCP(japanese); err != nil {
		t.Fatal(err)
	}
	return screen
}

// typeAt presses keys at the console.
func typeAt(t *testing.T, keys string) {
	t.Helper()
	console, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	type record struct { // INPUT_RECORD with a KEY_EVENT_RECORD in it
		kind       uint16
		_          uint16
		down       int32
		repeat     uint16
		key, scan  uint16
		char       uint16
		controlKey uint32
	}
	var records []record
	for _, r := range strings.ToUpper(keys) {
		for _, down := range []int32{1, 0} {
			records = append(records, record{kind: 1, down: down, repeat: 1, key: uint16(r), char: uint16(r)})
		}
	}
	var n uint32
	write := windows.NewLazySystemDLL("kernel32.dll").NewProc("WriteConsoleInputW")
	ok, _, err := write.Call(console.Fd(),
		uintptr(unsafe.Pointer(&records[0])), uintptr(len(records)), uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		t.Fatal(err)
	}
}
