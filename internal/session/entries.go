package session

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"awsmfa/cache"
	"awsmfa/internal/msg"
)

// Entry is a session in the cache.
type Entry struct {
	Name    string // its cache key
	Session Session
}

// isSession reports whether a name in the cache is a session's.
func isSession(name string) bool {
	for _, prefix := range []string{"session-", "role-", "external-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// cachedNames returns the names in the cache that have this suffix in the directory, sorted and without it. A directory
// that does not exist has none.
func cachedNames(dir cache.Dir, suffix string) (names []string, err error) {
	if dir.Path == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if name, is := strings.CutSuffix(e.Name(), suffix); is {
			names = append(names, name)
		}
	}
	return names, err
}

// ReadMemory returns the sessions and devices in the cache, to look up many requests without reading files.
func ReadMemory(dir cache.Dir) (Memory, error) {
	names, err := cachedNames(dir, ".cache")
	all := Memory{}
	for _, name := range names {
		if !isSession(name) && !strings.HasPrefix(name, "user-") {
			continue
		}
		if value, found, _ := dir.Load(name); found {
			all[name] = value
		}
	}
	return all, err
}

// HasSessions reports whether there is a session in the memory.
func (m Memory) HasSessions() bool {
	for name := range m {
		if isSession(name) {
			return true
		}
	}
	return false
}

// Find returns the session in the memory with an access key ID.
func (m Memory) Find(id string) (Session, bool) {
	for name, value := range m {
		if s, err := decode(value); isSession(name) && err == nil && s.AccessKeyID == id {
			return s, true
		}
	}
	return Session{}, false
}

// Stored returns the session in the memory for want, with or without MFA, whatever its duration, and also if it has
// ended.
func (m Memory) Stored(want Request) (Session, bool) {
	if want.External != nil {
		want.source = want.sourceParts()
	}
	for _, noMFA := range []bool{false, true} {
		if want.NoMFA = noMFA; noMFA && !want.TakesMFA() {
			break
		}
		if len(want.Roles) > 0 && m[want.CacheKey()] == nil {
			continue // as for most of thousands of roles
		}
		r := &Resolver{inMemory: m, Warn: func(*msg.Error) {}}
		r.Options.Now, r.Options.Trace = time.Now, func(string, ...any) {}
		c := r.cached(want, 0)
		if len(want.Roles) == 0 && c.want.needsDevice() && c.want.Serial == "" {
			continue
		}
		if s, found := c.load(); found && c.usable(s) {
			return s, true
		}
	}
	return Session{}, false
}
