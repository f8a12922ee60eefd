package session

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"awsmfa/cache"
)

// Forget drops what is kept of a device that is the user's no more: that it was found, and the sessions that were had
// with it, which AWS would take for hours yet. want says whose device it was and where; its duration says nothing. What
// a session is kept under cannot be turned back into a duration, and so each that there can be is tried.
func Forget(dir cache.Dir, want Request) error {
	if dir.Path == "" {
		return nil
	}
	known, _, _ := dir.Load(want.user())
	var failed error
	if string(known) == want.Serial {
		failed = dir.Drop(want.user())
	}
	entries, err := os.ReadDir(dir.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return failed
	}
	kept := map[string]bool{}
	for _, e := range entries {
		if name, _, _ := strings.Cut(e.Name(), "."); strings.HasPrefix(name, "session-") {
			kept[name] = true
		}
	}
	failed = errors.Join(failed, err)
	for want.Duration = MinDuration; want.Duration <= MaxDuration && len(kept) > 0; want.Duration += time.Second {
		if name := want.Key(); kept[name] {
			delete(kept, name)
			failed = errors.Join(failed, dir.Drop(name))
		}
	}
	return failed
}
