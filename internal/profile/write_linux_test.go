package profile

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"awsmfa/internal/msg"
)

// TestWriteAsAnother writes as a user who is neither root nor the owner. On Linux root can become that user for the
// file accesses of one thread.
func TestWriteAsAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	const nobody = 65534
	top := t.TempDir()
	for _, dir := range []string{top, filepath.Dir(top)} { // both are the test's own
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"closed": 0o555, "open": 0o777} {
		dir := filepath.Join(top, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for file, owner := range map[string]int{"mine": nobody, "others": 0} {
			path := filepath.Join(dir, file)
			if err := os.WriteFile(path, []byte("# c\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, 0o666); err != nil { // writable, but not to be given back
				t.Fatal(err)
			}
			if err := os.Chown(path, owner, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "shut"), []byte("# c\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	errs := map[string]error{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Error(err)
			return
		}
		for _, name := range []string{
			"closed/mine", "closed/new", "closed/dir/new", "open/shut", "open/others",
			"open/new", "open/mine",
		} {
			errs[name] = AddConfig(Files{Config: filepath.Join(top, name)}, "p", []Setting{{Key: "region", Value: "a"}})
		}
	}()
	<-done
	for name, want := range map[string]string{
		"closed/mine":    "closed is read-only, so that ",
		"closed/new":     "closed is read-only, so that ",
		"closed/dir/new": "closed/dir is read-only, so that ",
		"open/shut":      "open/shut is read-only; nothing was changed",
		"open/others":    "belongs to another user or group",
	} {
		if err := errs[name]; err == nil || !strings.Contains(err.Error(), want) || msg.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
		if got := content(t, filepath.Join(top, name)); got != "# c\n" && got != "-" {
			t.Errorf("%s was changed: %q", name, got)
		}
	}
	for _, name := range []string{"open/new", "open/mine"} {
		info, err := os.Stat(filepath.Join(top, name))
		if errs[name] != nil || err != nil {
			t.Errorf("%s: %v, %v", name, errs[name], err)
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != nobody || st.Gid != 0 {
			t.Errorf("%s: %+v", name, info.Sys())
		}
	}
	onlyTheFiles(t, filepath.Join(top, "open"))
	onlyTheFiles(t, filepath.Join(top, "closed"))

	// Root can give the new file to the old owner.
	mine := filepath.Join(top, "open", "mine")
	if err := AddConfig(Files{Config: mine}, "q", []Setting{{Key: "region", Value: "a"}}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(mine)
	if err != nil {
		t.Fatal(err)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != nobody || info.Mode() != 0o666 {
		t.Errorf("%v, %+v", info.Mode(), info.Sys())
	}
}
