package session

import (
	"errors"

	"awsmfa/cache"
	"awsmfa/internal/msg"
	"awsmfa/internal/rewrite"
)

// CacheError returns the message for an error of package cache.
func CacheError(err error) *msg.Error {
	if e, ok := errors.AsType[*cache.TooLarge](err); ok {
		return msg.Errorf("the session's file would have %d bytes, more than %d", e.Size, e.Max).Wrap(err)
	}
	if e, ok := errors.AsType[*cache.Unusable](err); ok {
		return unusableError(e).Wrap(err)
	}
	return msg.Errorf("%s", err).Wrap(err)
}

func unusableError(u *cache.Unusable) *msg.Error {
	path := msg.Path(u.Path)
	switch u.Reason {
	case cache.Unreadable:
		return msg.Errorf("%s cannot be accessed: %s", path, msg.Cause(u.Err))
	case cache.Damaged:
		if u.Err != nil {
			return msg.Errorf("%s is damaged: %s", path, msg.Cause(u.Err))
		}
		return msg.Errorf("%s is damaged", path)
	case cache.AnotherVersion:
		return msg.Errorf("%s was written by another version of awsmfa", path)
	case cache.OtherName:
		return msg.Errorf("%s was stored under another name", path)
	case cache.NotRegular:
		return msg.Errorf("%s is not a regular file", path)
	case cache.NotDirectory:
		return msg.Errorf("%s is not a directory", path)
	case cache.ForeignOwner:
		return msg.Errorf("%s belongs to user %d", path, u.Owner)
	case cache.ForeignLink:
		return msg.Errorf("%s is a link that belongs to user %d", path, u.Owner)
	case cache.DeadLink:
		return rewrite.DeadLink(u.Path, u.Target)
	case cache.Loose:
		return msg.Errorf("%s is open to others: it has the permissions %04o, not %04o", path, u.Mode, u.Want)
	}
	return msg.Errorf("%s", u)
}
