package session

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"awsmfa/cache"
)

// Forget removes a device that is no longer the user's from the cache, and all the user's sessions: those obtained with
// it, which AWS would accept for hours, those without MFA, and those of roles. want identifies the user, the device and
// the endpoint; its duration is ignored. A cache key does not reveal the duration in it, so Forget tries each one.
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
	cached := map[string]bool{}
	for _, e := range entries {
		switch name, _, _ := strings.Cut(e.Name(), "."); {
		case strings.HasPrefix(name, "session-"), strings.HasPrefix(name, "plain-"):
			cached[name] = true
		case strings.HasPrefix(name, want.rolePrefix()):
			failed = errors.Join(failed, dir.Remove(name))
		}
	}
	failed = errors.Join(failed, err)
	want.Roles = nil
	for want.Duration = MinDuration; want.Duration <= MaxDuration && len(cached) > 0; want.Duration += time.Second {
		for _, want.NoMFA = range []bool{false, true} {
			if name := want.CacheKey(); cached[name] {
				delete(cached, name)
				failed = errors.Join(failed, dir.Remove(name))
			}
		}
	}
	return failed
}
