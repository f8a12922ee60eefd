package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"awsmfa/internal/fakeaws"
)

// keyStores are the stores, each with the variables that a world needs for it, and the directory that it writes to.
func keyStores(t *testing.T, w *world) map[string]struct {
	env []string
	dir string
} {
	k := startKeyring(t)
	return map[string]struct {
		env []string
		dir string
	}{
		"keyring": {k.env, filepath.Join(k.home, ".local", "share", "keyrings")},
		"file":    {nil, filepath.Join(w.home, ".local", "share", "awsmfa")},
	}
}

// runsTo runs awsmfa to its end, which must be without an error.
func runsTo(t *testing.T, w *world, env []string, args ...string) {
	t.Helper()
	s := run(t, w, env, args...)
	if code := s.exit(); code != 0 {
		t.Fatalf("%q: exit code %d: %s", args, code, &s.said)
	}
}

// killedAt runs awsmfa, and kills it at the nth event in the directories: a file is created, written, renamed or
// removed. It reports whether there were so many before the end.
func killedAt(t *testing.T, w *world, n int, dirs []string, env []string, args ...string) bool {
	t.Helper()
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	events := os.NewFile(uintptr(watch), "events")
	defer events.Close()
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := unix.InotifyAddWatch(watch, dir, unix.IN_CREATE|unix.IN_CLOSE_WRITE|unix.IN_MOVED_TO|unix.IN_DELETE)
		if err != nil {
			t.Fatal(err)
		}
	}
	s := run(t, w, env, args...)
	came := make(chan struct{})
	go func() {
		buf := make([]byte, 4096)
		for seen := 0; seen < n; {
			got, err := events.Read(buf)
			if err != nil {
				return
			}
			for at := 0; at < got; seen++ {
				at += unix.SizeofInotifyEvent + int(buf[at+12]) + int(buf[at+13])<<8 // the length of the name
			}
		}
		close(came)
		s.Process.Kill()
	}()
	code := s.exit()
	select {
	case <-came: // it may have ended before it was killed
		return true
	case <-time.After(50 * time.Millisecond):
	}
	if code != 0 {
		t.Fatalf("%q: exit code %d: %s", args, code, &s.said)
	}
	return false
}

// kill -9 at each step of store and restore: the profile works, and the next run finishes the job.
func TestKeysKilled(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"store", "restore"} {
		for _, store := range []string{"keyring", "file"} {
			t.Run(command+" "+store, func(t *testing.T) {
				t.Parallel()
				w := inWorld(t)
				at := keyStores(t, w)[store]
				dirs := []string{filepath.Join(w.home, ".aws"), at.dir}
				before, config := w.file(".aws/credentials"), w.file(".aws/config")
				storing := []string{"keys", "store", "prod", "--store", store, "--yes"}
				restoring := []string{"keys", "restore", "prod"}
				killed := 0
				for n := 1; ; n++ {
					doing := storing
					if command == "restore" {
						runsTo(t, w, at.env, storing...)
						doing = restoring
					}
					if !killedAt(t, w, n, dirs, at.env, doing...) {
						break
					}
					killed++
					profile := []string{"prod", "dev", "default"}[n%3] // all have the key
					runsTo(t, w, at.env, "exec", profile, "--no-mfa", "--no-cache", "--", "true")
					runsTo(t, w, at.env, storing...)
					if strings.Contains(w.file(".aws/config")+w.file(".aws/credentials"), w.alice.Keys[0].Secret) {
						t.Fatalf("step %d: the files still have the secret", n)
					}
					runsTo(t, w, at.env, restoring...)
					if w.file(".aws/credentials") != before || w.file(".aws/config") != config {
						t.Fatalf("step %d: the files are %s%s", n, w.file(".aws/config"), w.file(".aws/credentials"))
					}
					if left, _ := filepath.Glob(filepath.Join(at.dir, "*.key")); len(left) > 0 {
						t.Fatalf("step %d: left are %v", n, left)
					}
				}
				if killed < 10 {
					t.Errorf("only %d steps", killed)
				}
				t.Logf("%d steps", killed)
			})
		}
	}
}

// kill -9 before and after every request of a rotation of stored keys: the profile works, and the next run finishes.
func TestRotateStoredKilled(t *testing.T) {
	t.Parallel()
	w, _, env := storedWork(t, "file")
	var mu sync.Mutex
	requests := 0
	w.aws.OnRequest(func(string, bool) {
		mu.Lock()
		requests++
		mu.Unlock()
	})
	runsTo(t, w, env, "rotate", "work", "--yes")
	for _, store := range []string{"keyring", "file"} {
		for i := range requests {
			t.Run(fmt.Sprintf("%s %d", store, i), func(t *testing.T) {
				t.Parallel()
				w, dana, env := storedWork(t, store)
				came, let := w.stopsAt(t, i)
				s := run(t, w, env, "rotate", "work", "--yes")
				<-came
				s.Process.Kill()
				s.exit()
				let()
				w.aws.OnRequest(nil)
				runsTo(t, w, env, "exec", "work", "--no-mfa", "--no-cache", "--", "true")
				w.aws.Advance(time.Minute)
				finish(t, w, env)
				if n := len(w.aws.Keys(dana.ARN)); n != 1 {
					t.Errorf("the user has %d keys", n)
				}
				runsTo(t, w, env, "exec", "work", "--no-mfa", "--no-cache", "--", "true")
			})
		}
	}
}

// The same at each step of the files, with awsmfa's own file.
func TestRotateStoredKilledAtFiles(t *testing.T) {
	t.Parallel()
	n := 1
	for ; ; n++ {
		w, _, env := storedWork(t, "file")
		dirs := []string{filepath.Join(w.home, ".aws"), filepath.Join(w.home, ".local", "share", "awsmfa")}
		if !killedAt(t, w, n, dirs, env, "rotate", "work", "--yes") {
			break
		}
		runsTo(t, w, env, "exec", "work", "--no-mfa", "--no-cache", "--", "true")
		w.aws.Advance(time.Minute)
		finish(t, w, env)
		runsTo(t, w, env, "exec", "work", "--no-mfa", "--no-cache", "--", "true")
		if left, _ := filepath.Glob(filepath.Join(dirs[1], "*.key")); len(left) != 1 {
			t.Fatalf("step %d: left are %v", n, left)
		}
	}
	if n < 10 {
		t.Errorf("only %d steps", n)
	}
}

// storedWork is rotating with the keys in a store.
func storedWork(t *testing.T, store string) (w *world, dana fakeaws.User, env []string) {
	t.Helper()
	w, dana = rotating(t)
	env = append([]string{}, withPhone...)
	if store == "keyring" {
		env = append(env, startKeyring(t).env...)
	}
	runsTo(t, w, env, "keys", "store", "work", "--store", store, "--yes")
	return w, dana, env
}
