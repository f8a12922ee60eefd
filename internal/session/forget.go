package session

import (
	"errors"
	"strings"

	"awsmfa/cache"
)

// Forget removes a device that is no longer the user's from the cache, and the user's sessions that may have been
// obtained with it, which AWS would accept for hours: its own, those without MFA, and those of roles. want identifies
// the user, the device and the endpoint.
func Forget(dir cache.Dir, want Request) error {
	if dir.Path == "" {
		return nil
	}
	want.Roles, want.NoMFA = nil, false
	known, _, _ := dir.Load(want.deviceKey())
	failed := errors.Join(dir.Remove(want.CacheKey()), dir.Remove(want.noMFAKey()), removeAll(dir, want.rolePrefix()))
	if string(known) == want.Serial {
		failed = errors.Join(failed, dir.Remove(want.deviceKey()))
	}
	return failed
}

// ReplaceKey updates the cache after a user's access key was replaced: it stores the cached device under the new key,
// and removes everything of the old one. AWS would accept the old sessions until they expire, but a key that may be
// known to others is replaced together with its sessions.
func ReplaceKey(dir cache.Dir, old, now Request) error {
	if dir.Path == "" {
		return nil
	}
	var failed error
	if known, found, _ := dir.Load(old.deviceKey()); found {
		failed = errors.Join(dir.Store(now.deviceKey(), known), dir.Remove(old.deviceKey()))
	}
	return errors.Join(failed, removeAll(dir, old.sessionPrefix()), removeAll(dir, old.rolePrefix()))
}

// removeAll removes the sessions whose names begin with prefix.
func removeAll(dir cache.Dir, prefix string) error {
	_, err := removeSessions(dir, func(name string) bool { return strings.HasPrefix(name, prefix) })
	return err
}
