//go:build linux

package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"awsmfa/internal/fakeaws"
)

// rotating is a world with the user dana, who has a device, a key in profile work, and our policy.
func rotating(t *testing.T) (w *world, dana fakeaws.User) {
	t.Helper()
	w, dana = bare(t, "ours")
	keysFor(t, w, "work", dana)
	d := w.aws.AddDevice(dana.ARN, fakeaws.Device{})
	if err := w.learn(d.Seed, 0); err != nil {
		t.Fatal(err)
	}
	return w, dana
}

var withPhone = []string{"AWSMFA_CODE_COMMAND=authenticator"}

// worksInFile checks that AWS accepts the key in the file, and that the file is otherwise unchanged.
func worksInFile(t *testing.T, w *world, u fakeaws.User, before string) fakeaws.AccessKey {
	t.Helper()
	pair := regexp.MustCompile(`(AKIA\w+)\naws_secret_access_key = (\S+)\n`)
	text := w.file(".aws/credentials")
	if pair.ReplaceAllString(text, "") != pair.ReplaceAllString(before, "") {
		t.Error("more was changed in the file than the key")
	}
	for _, k := range w.aws.Keys(u.ARN) {
		m := pair.FindStringSubmatch(text)
		if m != nil && k.ID == m[1] && k.Secret == m[2] && k.Status == fakeaws.KeyActive {
			return k
		}
	}
	t.Fatal("AWS does not accept the key in the file")
	return fakeaws.AccessKey{}
}

// finishes runs rotate to its end on a terminal, where a person answers yes to every question.
func finishes(t *testing.T, w *world, u fakeaws.User, before string) {
	t.Helper()
	w.aws.OnRequest(nil)
	w.aws.Advance(time.Minute)
	finish(t, w, withPhone)
	worksInFile(t, w, u, before)
	if n := len(w.aws.Keys(u.ARN)); n != 1 {
		t.Errorf("the user has %d keys", n)
	}
	if left, _ := filepath.Glob(filepath.Join(w.home, ".aws", ".awsmfa-*")); len(left) > 1 {
		t.Errorf("left are %v", left)
	}
}

// finish runs rotate to its end, and answers yes to every question.
func finish(t *testing.T, w *world, env []string) {
	t.Helper()
	s := sit(t, w, 120, 60, env, "rotate", "work")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.cmd.Wait()
	}()
	for answered := 0; ; {
		if n := strings.Count(s.screen(), " [y/N] "); n > answered {
			answered++
			s.types("y\n")
		}
		select {
		case <-s.more:
		case <-ended:
			if !strings.Contains(s.stderr.String(), "done: the old access key is deleted, ") {
				t.Fatalf("it does not finish: %s", &s.stderr)
			}
			return
		}
	}
}

// kill -9 right before and right after every request of a rotation: the key in the file works, and the next run
// finishes the job. The same with Ctrl-C, after which stderr also reports which keys there are.
func TestRotateStoppedAtEveryRequest(t *testing.T) {
	t.Parallel()
	w, _ := rotating(t)
	var steps []string
	var mu sync.Mutex
	w.aws.OnRequest(func(action string, done bool) {
		mu.Lock()
		steps = append(steps, fmt.Sprintf("%s %s", map[bool]string{false: "before", true: "after"}[done], action))
		mu.Unlock()
	})
	s := run(t, w, withPhone, "rotate", "work", "--yes")
	if code := s.exit(); code != 0 {
		t.Fatalf("exit code %d: %s", code, &s.said)
	}
	if all := strings.Join(steps, ", "); !strings.Contains(all, "after CreateAccessKey, before GetCallerIdentity") ||
		!strings.Contains(all, "after GetCallerIdentity, before UpdateAccessKey, "+
			"after UpdateAccessKey, before GetCallerIdentity") ||
		!strings.HasSuffix(all, "after GetCallerIdentity, before DeleteAccessKey, after DeleteAccessKey") {
		t.Fatalf("the steps are %s", all)
	}
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		for i, step := range steps {
			t.Run(fmt.Sprintf("%v/%d %s", signal, i, step), func(t *testing.T) {
				t.Parallel()
				w, dana := rotating(t)
				before := w.file(".aws/credentials")
				came, let := w.stopsAt(t, i)
				s := run(t, w, withPhone, "rotate", "work", "--yes")
				<-came
				signalTo(t, s.Process, signal)
				if signal == syscall.SIGKILL {
					if code := s.exit(); code != -int(signal) {
						t.Fatalf("ended with %d: %s", code, &s.said)
					}
					worksInFile(t, w, dana, before)
					let()
				} else {
					time.AfterFunc(100*time.Millisecond, let) // awsmfa waits for the answer to a change
					if code := s.exit(); code != 128+int(signal) && !strings.Contains(s.said.String(), "done: ") {
						t.Errorf("exit code %d: %s", code, &s.said)
					}
					now := worksInFile(t, w, dana, before)
					all := w.aws.Keys(dana.ARN)
					reported := strings.Contains(s.said.String(), "has the new access key "+now.ID)
					if replaced := now.ID != dana.Keys[0].ID; len(all) > 1 && (!replaced || !reported) {
						t.Errorf("two keys are left, and stderr is %s", &s.said)
					}
				}
				for _, k := range w.aws.Keys(dana.ARN) {
					if strings.Contains(s.said.String()+s.stdout.String(), k.Secret) {
						t.Error("the output has a secret in it")
					}
				}
				finishes(t, w, dana, before)
			})
		}
	}
}

// kill -9 while the file is replaced: after the new one is created, written, renamed.
func TestRotateKilledAtReplacement(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]struct {
		mask uint32
		nth  int // the first is the dry run
	}{
		"made": {unix.IN_CREATE, 2}, "written": {unix.IN_CLOSE_WRITE, 2}, "renamed": {unix.IN_MOVED_TO, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, dana := rotating(t)
			before := w.file(".aws/credentials")
			watch, err := unix.InotifyInit1(unix.IN_CLOEXEC)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(watch)
			if _, err := unix.InotifyAddWatch(watch, filepath.Join(w.home, ".aws"), event.mask); err != nil {
				t.Fatal(err)
			}
			s := run(t, w, withPhone, "rotate", "work", "--yes")
			buf := make([]byte, unix.SizeofInotifyEvent+unix.NAME_MAX+1)
			for seen := 0; seen < event.nth; {
				n, err := unix.Read(watch, buf)
				if err != nil {
					t.Fatal(err)
				}
				seen += strings.Count(string(buf[:n]), ".awsmfa-") + strings.Count(string(buf[:n]), "credentials\x00")
			}
			s.Process.Kill()
			s.exit()
			worksInFile(t, w, dana, before)
			finishes(t, w, dana, before)
		})
	}
}

// Two at once: the second ends with an error, and does not take the first one's new key for a leftover.
func TestTwoRotateAtOnce(t *testing.T) {
	t.Parallel()
	w, dana := rotating(t)
	before := w.file(".aws/credentials")
	arrived, let := w.at(t, "CreateAccessKey", true)
	first := run(t, w, withPhone, "rotate", "work", "--yes")
	<-arrived
	second := run(t, w, withPhone, "rotate", "work", "--yes")
	const busy = `another awsmfa is replacing the access key of user "dana"`
	if code := second.exit(); code != 1 || !strings.Contains(second.said.String(), busy) {
		t.Errorf("exit code %d: %s", code, &second.said)
	}
	let()
	if code := first.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &first.said)
	}
	worksInFile(t, w, dana, before)
}

// One rotates from beginning to end after another has read the file: the other must not delete the new key in the
// file as a second one.
func TestRotateAfterAnother(t *testing.T) {
	t.Parallel()
	w, dana := rotating(t)
	before := w.file(".aws/credentials")
	arrived, let := w.at(t, "GetCallerIdentity", true)
	second := run(t, w, withPhone, "rotate", "work", "--yes")
	<-arrived
	w.aws.OnRequest(nil)
	if first := run(t, w, withPhone, "rotate", "work", "--yes"); first.exit() != 0 {
		t.Fatal(&first.said)
	}
	w.aws.ResetCalls()
	let()
	const changed = `another program has changed the keys of profile "work" in `
	if code := second.exit(); code != 1 || !strings.Contains(second.said.String(), changed) {
		t.Errorf("exit code %d: %s", code, &second.said)
	}
	if calls := w.aws.Calls(); len(calls) > 1 {
		t.Errorf("AWS got %+v", calls)
	}
	worksInFile(t, w, dana, before)
}

// Ctrl-C while a key is created, and the answer is lost: the SDK tries again, and AWS answers that there are two
// keys, which is reported.
func TestRotateStoppedWithALostAnswer(t *testing.T) {
	t.Parallel()
	w, dana := rotating(t)
	before := w.file(".aws/credentials")
	w.aws.Inject(fakeaws.Fault{Kind: fakeaws.CutAfter, Action: "CreateAccessKey"})
	arrived, let := w.at(t, "CreateAccessKey", true)
	s := run(t, w, withPhone, "rotate", "work", "--yes")
	<-arrived
	w.aws.OnRequest(nil)
	signalTo(t, s.Process, syscall.SIGINT)
	time.AfterFunc(100*time.Millisecond, let)
	if code := s.exit(); code == 0 || !strings.Contains(s.said.String(), "the user has two access keys now") {
		t.Errorf("exit code %d: %s", code, &s.said)
	}
	worksInFile(t, w, dana, before)
	finishes(t, w, dana, before)
}

// kill -9 after the first of two files with the key was replaced: both keys work, and the next run finishes the job.
func TestRotateKilledBetweenFiles(t *testing.T) {
	t.Parallel()
	w, dana := rotating(t)
	before := w.file(".aws/credentials")
	pair := fmt.Sprintf("aws_access_key_id = %s\naws_secret_access_key = %s\n", dana.Keys[0].ID, dana.Keys[0].Secret)
	config := filepath.Join(w.home, ".aws", "config")
	if err := os.WriteFile(config, []byte(w.file(".aws/config")+"\n[profile ci]\n"+pair), 0o600); err != nil {
		t.Fatal(err)
	}
	both := func() {
		t.Helper()
		worksInFile(t, w, dana, before)
		for _, k := range w.aws.Keys(dana.ARN) {
			pair := k.ID + "\naws_secret_access_key = " + k.Secret
			if k.Status == fakeaws.KeyActive && strings.Contains(w.file(".aws/config"), pair) {
				return
			}
		}
		t.Error("AWS does not accept the key in the config file")
	}
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(watch)
	if _, err := unix.InotifyAddWatch(watch, filepath.Join(w.home, ".aws"), unix.IN_MOVED_TO); err != nil {
		t.Fatal(err)
	}
	s := run(t, w, withPhone, "rotate", "work", "--yes")
	if _, err := unix.Read(watch, make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	s.Process.Kill()
	s.exit()
	both()
	finishes(t, w, dana, before)
	both()
}

// stopsAt makes AWS wait before or after an action, the i-th such moment from 0: then came is closed. It goes on when
// let is called, or the test ends.
func (w *world) stopsAt(t *testing.T, i int) (came <-chan struct{}, let func()) {
	t.Helper()
	reached, released := make(chan struct{}), make(chan struct{})
	let = sync.OnceFunc(func() { close(released) })
	t.Cleanup(let)
	var n atomic.Int64
	w.aws.OnRequest(func(string, bool) {
		if n.Add(1) == int64(i)+1 {
			close(reached)
			<-released
		}
	})
	return reached, let
}
