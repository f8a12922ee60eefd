package session

import (
	"errors"
	"io/fs"
	"testing"

	"awsmfa/cache"
)

// Every error of package cache has a message.
func TestCacheError(t *testing.T) {
	cause := errors.New("cause")
	for _, test := range []struct {
		err  error
		want string
	}{
		{&cache.Unusable{Reason: cache.Unreadable, Err: cause}, "f cannot be accessed: cause"},
		{&cache.Unusable{Reason: cache.Damaged}, "f is damaged"},
		{&cache.Unusable{Reason: cache.Damaged, Err: cause}, "f is damaged: cause"},
		{&cache.Unusable{Reason: cache.AnotherVersion}, "f was written by another version of awsmfa"},
		{&cache.Unusable{Reason: cache.OtherName}, "f was stored under another name"},
		{&cache.Unusable{Reason: cache.NotRegular}, "f is not a regular file"},
		{&cache.Unusable{Reason: cache.NotDirectory}, "f is not a directory"},
		{&cache.Unusable{Reason: cache.ForeignOwner, Owner: 7}, "f belongs to user 7"},
		{&cache.Unusable{Reason: cache.ForeignLink, Owner: 7}, "f is a link that belongs to user 7"},
		{&cache.Unusable{Reason: cache.DeadLink, Target: "g"}, "f is a link to g, which is not there"},
		{&cache.TooLarge{Size: 3, Max: 2}, "the session's file would have 3 bytes, more than 2"},
		{&fs.PathError{Op: "open", Path: "f", Err: fs.ErrNotExist}, "open f: file does not exist"},
		{
			&cache.Unusable{Reason: cache.Loose, Mode: 0o644, Want: 0o600},
			"f is open to others: it has the permissions 0644, not 0600",
		},
	} {
		var u *cache.Unusable
		if errors.As(test.err, &u) {
			u.Path = "f"
		}
		if got := CacheError(test.err); got.Error() != test.want || !errors.Is(got, test.err) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
