package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"awsmfa/internal/msg"
)

// Links, directories and owners are tested with the AWS files, in internal/profile.

// write creates a file with the text in a directory of its own.
func write(tb testing.TB, text string) (path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// content returns the text of the file.
func content(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// onlyTheFiles fails if new files were left behind.
func onlyTheFiles(tb testing.TB, dir string) {
	tb.Helper()
	left, err := filepath.Glob(filepath.Join(dir, ".awsmfa*"))
	if err != nil || len(left) > 0 {
		tb.Errorf("left behind: %q, %v", left, err)
	}
}

// add returns a change that adds the text at the end of the file.
func add(text string) func(old []byte) ([]byte, error) {
	return func(old []byte) ([]byte, error) { return append(bytes.Clone(old), text...), nil }
}

// TestWriteNoticesOthers changes the file between reading and renaming.
func TestWriteNoticesOthers(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"longer": func(path string) error {
			return os.WriteFile(path, []byte("[profile a]\nregion=b\nx=y\n"),
				0o600)
		},
		"as long": func(path string) error {
			return os.WriteFile(path, []byte("[profile a]\nregion=c\n"),
				0o600)
		},
		"as long, as old": func(path string) error { return sameTime(path, "[profile a]\nregion=c\n") },
		"another, the same": func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, []byte("[profile a]\nregion=b\n"), 0o600))
		},
		"gone":             os.Remove,
		"closed to others": func(path string) error { return os.Chmod(path, 0o640) },
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && name == "closed to others" {
				t.Skip("Windows has no such modes")
			}
			file := write(t, "[profile a]\nregion=b\n")
			calls := 0
			err := File(file, func(old []byte) ([]byte, error) {
				if calls++; calls == 1 {
					if err := change(file); err != nil {
						t.Fatal(err)
					}
				}
				return append(bytes.Clone(old), "# new\n"...), nil
			})
			if err != nil || calls != 2 {
				t.Errorf("%d calls, %v", calls, err)
			}
			if got := content(t, file); !strings.HasSuffix(got, "# new\n") || strings.Count(got, "# new") != 1 {
				t.Errorf("%q", got)
			}
			onlyTheFiles(t, filepath.Dir(file))
		})
	}
	t.Run("without end", func(t *testing.T) {
		file, n := write(t, ""), 0
		err := File(file, func([]byte) ([]byte, error) {
			n++
			return []byte("ours\n"), os.WriteFile(file, []byte(strconv.Itoa(n)), 0o600)
		})
		if err == nil || !strings.Contains(err.Error(), "another program is changing") ||
			content(t, file) != strconv.Itoa(n) {
			t.Errorf("%v, %q", err, content(t, file))
		}
		onlyTheFiles(t, filepath.Dir(file))
	})
}

// sameTime writes text and restores the file's time.
func sameTime(path, text string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, info.ModTime(), info.ModTime()))
}

// childVariable makes this test binary the writer that TestWriteKilled kills.
const childVariable = "AWSMFA_TEST_WRITE"

// TestWriteKilled kills one writer between writing and renaming, and others at any moment.
func TestWriteKilled(t *testing.T) {
	if path := os.Getenv(childVariable); path != "" {
		if stop := os.Getenv(childVariable + "_STOP"); stop != "" {
			if _, err := prepare(path, add("[new]\n")); err != nil {
				t.Fatal(err)
			}
			fmt.Println("written")
			time.Sleep(time.Minute)
		}
		fmt.Println("written")
		for i := range 100000 {
			if err := File(path, add(fmt.Sprintf("[p%06d]\n", i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	kill := func(path, stop string, after time.Duration) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriteKilled$")
		cmd.Env = append(os.Environ(), childVariable+"="+path, childVariable+"_STOP="+stop)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, len("written"))); err != nil {
			t.Error(err)
		}
		time.Sleep(after)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	file := write(t, "# old\n")
	dir := filepath.Dir(file)
	kill(file, "stop", 0)
	if got := content(t, file); got != "# old\n" {
		t.Errorf("%q", got)
	}
	left, err := filepath.Glob(filepath.Join(dir, temporary))
	if err != nil || len(left) != 1 || content(t, left[0]) != "# old\n[new]\n" {
		t.Fatalf("%q, %v", left, err)
	}
	if info, err := os.Stat(left[0]); runtime.GOOS != "windows" && (err != nil || info.Mode() != 0o600) {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	then := time.Now().Add(-2 * staleAge)
	if err := os.Chtimes(left[0], then, then); err != nil {
		t.Fatal(err)
	}
	if err := File(file, add("[next]\n")); err != nil {
		t.Fatal(err)
	}
	onlyTheFiles(t, dir)

	for i := range 10 {
		file := write(t, "# old\n")
		kill(file, "", time.Duration(i)*3*time.Millisecond)
		want := "# old\n"
		got := content(t, file)
		for n := 0; len(want) < len(got); n++ {
			want += fmt.Sprintf("[p%06d]\n", n)
		}
		if got != want {
			t.Fatalf("torn: %q", got)
		}
	}
}

func TestWriteWaits(t *testing.T) {
	file := write(t, "# c\n")
	unlock, err := lock(filepath.Dir(file), lockWait)
	if err != nil {
		t.Fatal(err)
	}
	done, refused := make(chan error, 1), make(chan error, 1)
	go func() { done <- File(file, add("ours\n")) }()
	go func() {
		_, err := lock(filepath.Dir(file), time.Second/10)
		refused <- err
	}()
	if err := <-refused; err == nil {
		t.Error("two held the lock")
	}
	time.Sleep(50 * time.Millisecond)
	if got := content(t, file); got != "# c\n" {
		t.Errorf("written under another's lock: %q", got)
	}
	unlock()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// both are File and DryRun.
var both = map[string]func(path string, compose func(old []byte) ([]byte, error)) error{"File": File, "DryRun": DryRun}

// Where compose refuses, or there is nothing to do, nothing changes, and no directory is made.
func TestNothingWritten(t *testing.T) {
	for name, change := range both {
		for _, refused := range []error{errors.New("refused"), nil} {
			file := write(t, "# old\n")
			dir := filepath.Dir(file)
			missing := filepath.Join(dir, "missing", "file")
			for _, path := range []string{file, missing} {
				text := []byte("new\n")
				if refused == nil {
					text = nil
				}
				err := change(path, func([]byte) ([]byte, error) { return text, refused })
				if !errors.Is(err, refused) {
					t.Errorf("%s: %v, not %v", name, err, refused)
				}
			}
			if _, err := os.Stat(filepath.Dir(missing)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s made the directory: %v", name, err)
			}
			if got := content(t, file); got != "# old\n" {
				t.Errorf("%s: %q", name, got)
			}
			onlyTheFiles(t, dir)
		}
	}
}

func TestDryRun(t *testing.T) {
	file := write(t, "# old\n")
	dir := filepath.Dir(file)
	for _, path := range []string{file, filepath.Join(dir, "new"), filepath.Join(dir, "missing", "deeper", "file")} {
		calls := 0
		err := DryRun(path, func(old []byte) ([]byte, error) {
			calls++
			return append(old, "new\n"...), nil
		})
		if err != nil || calls != 1 {
			t.Errorf("%s: %d calls, %v", path, calls, err)
		}
	}
	if all, err := os.ReadDir(dir); len(all) != 1 || content(t, file) != "# old\n" {
		t.Errorf("%v, %v, %q", all, err, content(t, file))
	}
	if err := DryRun(dir, add("x")); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
}

// The lock of a directory is not waited for without end. (The clock of the test goes on at once where all wait.)
func TestWriteBusy(t *testing.T) {
	file := write(t, "# old\n")
	synctest.Test(t, func(t *testing.T) {
		unlock, err := lock(filepath.Dir(file), lockWait)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		for name, change := range both {
			began := time.Now()
			err := change(file, add("new\n"))
			if err == nil || !strings.Contains(err.Error(), "another program is changing ") ||
				msg.HintOf(err) != "try again when that is done" || time.Since(began) != lockWait {
				t.Errorf("%s: %v, %q after %v", name, err, msg.HintOf(err), time.Since(began))
			}
		}
	})
	if got := content(t, file); got != "# old\n" {
		t.Errorf("%q", got)
	}
}

// A dead link comes in the file's place between reading and renaming.
func TestWriteFails(t *testing.T) {
	file := write(t, "# old\n")
	calls := 0
	err := File(file, func([]byte) ([]byte, error) {
		calls++
		if err := errors.Join(os.Remove(file), os.Symlink("nowhere", file)); err != nil {
			t.Skip(err) // Windows, without the right to
		}
		return []byte("new\n"), nil
	})
	for _, err := range []error{err, DryRun(file, add("new\n"))} {
		if err == nil || !strings.Contains(err.Error(), "is a link to nowhere") || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	}
	onlyTheFiles(t, filepath.Dir(file))
}
