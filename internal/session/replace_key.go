package session

import (
	"cmp"
	"errors"

	"awsmfa/cache"
)

// ReplaceKey is for a user's key that another one has replaced: the device that was found for the old one is remembered
// for the new one, and what is kept of the old one is dropped, sessions too. AWS would take those until they end, but
// whoever replaces a key means everything that was had with it.
func ReplaceKey(dir cache.Dir, old, now Request) error {
	if dir.Path == "" {
		return nil
	}
	known, found, _ := dir.Load(old.userKey())
	var failed error
	if found {
		failed = errors.Join(dir.Store(now.userKey(), known), dir.Remove(old.userKey()))
	}
	old.Serial = cmp.Or(old.Serial, string(known))
	return errors.Join(failed, Forget(dir, old))
}
