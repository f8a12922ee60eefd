package session

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"awsmfa/cache"
)

// Forget drops what is kept of a device that is the user's no more: that it was found, the sessions that were had with it,
// which AWS would take for hours yet, and all others of the user, without MFA and of roles. want says whose device it was
// and where; its duration says nothing. What a session is kept under cannot be turned back into a duration, and so each
// that there can be is tried.
func Forget(dir cache.Dir, want Request) error {
	if dir.Path == "" {
		return nil
	}
	known, _, _ := dir.Load(want.userKey())
	var failed error
	if string(known) == want.Serial {
		failed = dir.Remove(want.userKey())
	}
	entries, err := os.ReadDir(dir.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return failed
	}
	kept := map[string]bool{}
	for _, e := range entries {
		switch name, _, _ := strings.Cut(e.Name(), "."); {
		case strings.HasPrefix(name, "session-"), strings.HasPrefix(name, "plain-"):
			kept[name] = true
		case strings.HasPrefix(name, want.rolePrefix()):
			failed = errors.Join(failed, dir.Remove(name))
		}
	}
	failed = errors.Join(failed, err)
	want.Roles = nil
	for want.Duration = MinDuration; want.Duration <= MaxDuration && len(kept) > 0; want.Duration += time.Second {
		for _, want.NoMFA = range []bool{false, true} {
			if name := want.CacheKey(); kept[name] {
				delete(kept, name)
				failed = errors.Join(failed, dir.Remove(name))
			}
		}
	}
	return failed
}
