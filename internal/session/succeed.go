package session

import (
	"cmp"
	"errors"

	"awsmfa/cache"
)

// Succeed is for a user's key that another one has replaced: the device that was found for the old one is remembered
// for the new one, and what is kept of the old one is dropped, sessions too. AWS would take those until they end, but
// whoever replaces a key means everything that was had with it.
func Succeed(dir cache.Dir, old, now Request) error {
	if dir.Path == "" {
		return nil
	}
	known, found, _ := dir.Load(old.user())
	var failed error
	if found {
		failed = errors.Join(dir.Keep(now.user(), known), dir.Drop(old.user()))
	}
	old.Serial = cmp.Or(old.Serial, string(known))
	return errors.Join(failed, Forget(dir, old))
}
