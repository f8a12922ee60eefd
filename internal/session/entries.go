package session

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"awsmfa/cache"
)

// Entry is a session in the cache.
type Entry struct {
	Name    string // its cache key
	Session Session
}

// Entries returns the sessions in the cache that can be used, in the order of their names.
func Entries(dir cache.Dir) ([]Entry, error) {
	names, err := cachedNames(dir, ".cache")
	var all []Entry
	for _, name := range names {
		if !isSession(name) {
			continue
		}
		if value, found, _ := dir.Load(name); found {
			if s, err := decode(value); err == nil {
				all = append(all, Entry{name, s})
			}
		}
	}
	return all, err
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
