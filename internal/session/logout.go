package session

import (
	"context"
	"errors"
	"os"
	"strings"

	"awsmfa/cache"
)

// Logout removes the sessions of want's user from the cache, with and without MFA: the user's own, and those of all
// roles that were assumed with it. The device stays. It returns the sessions that it removed.
func (r *Resolver) Logout(want Request) (own, roles []Entry, err error) {
	if _, err := os.Stat(r.Cache.Path); err != nil {
		return nil, nil, nil // and no lock creates it
	}
	want.Roles, want.NoMFA = nil, false
	if want.External != nil {
		want.source = want.sourceParts()
	}
	ctx, stop := r.Interruptible()
	defer stop()
	unlock, err := r.lock(ctx, want.lockName()) // another process may be about to cache one
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	external := "external-" + hash(want.userParts()...)
	own, failed := removeSessions(r.Cache, func(name string) bool {
		return name == external || strings.HasPrefix(name, want.sessionPrefix())
	})
	roles, err = removeSessions(r.Cache, func(name string) bool { return strings.HasPrefix(name, want.rolePrefix()) })
	return own, roles, errors.Join(failed, err)
}

// LogoutAll removes all sessions from the cache, and returns them.
func (r *Resolver) LogoutAll() (removed []Entry, err error) {
	ctx, stop := r.Interruptible()
	defer stop()
	unlock, err := r.lockUsers(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return removeSessions(r.Cache, isSession)
}

// lockUsers takes the locks of all users and external sources, which others take last, in one order.
func (r *Resolver) lockUsers(ctx context.Context) (unlock func(), err error) {
	names, err := cachedNames(r.Cache, ".lock")
	if err != nil {
		return nil, err
	}
	var held []func()
	unlock = func() {
		for _, unlock := range held {
			unlock()
		}
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "external-") && !strings.HasPrefix(name, "user-") {
			continue
		}
		next, err := r.lock(ctx, name)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, next)
	}
	return unlock, nil
}

// removeSessions removes the sessions whose names match. One that cannot be read is removed, too.
func removeSessions(dir cache.Dir, matches func(name string) bool) (removed []Entry, err error) {
	names, failed := cachedNames(dir, ".cache")
	for _, name := range names {
		if !matches(name) {
			continue
		}
		entry := Entry{Name: name}
		if value, found, _ := dir.Load(name); found {
			entry.Session, _ = decode(value)
		}
		if err := dir.Remove(name); err != nil {
			failed = errors.Join(failed, err)
		} else {
			removed = append(removed, entry)
		}
	}
	return removed, failed
}
