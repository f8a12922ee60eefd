package session

import (
	"cmp"
	"errors"

	"awsmfa/cache"
)

// ReplaceKey updates the cache after a user's access key was replaced: it stores the cached device under the new key,
// and removes everything of the old one. AWS would accept the old sessions until they expire, but a key that may be
// known to others is replaced together with its sessions.
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
