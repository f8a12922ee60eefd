package cache

import "io/fs"

// Unusable is why a file or the directory is not used. Its text is for programmers: callers turn it into a message.
type Unusable struct {
	Path   string
	Reason Reason
	Target string      // the link's, with DeadLink
	Owner  int         // the user ID, with ForeignOwner and ForeignLink
	Mode   fs.FileMode // the permissions, with Loose
	Want   fs.FileMode // the permissions that are required, with Loose
	Err    error       // the system's error with Unreadable; may be nil
}

// Reason is why a file or the directory is not used.
type Reason string

// The reasons.
const (
	Unreadable     Reason = "the system denies access"
	Damaged        Reason = "not a complete file of this cache"
	AnotherVersion Reason = "written by another version of awsmfa"
	OtherName      Reason = "stored under another name"
	NotRegular     Reason = "not a regular file"
	NotDirectory   Reason = "not a directory"
	ForeignOwner   Reason = "owned by another user"
	ForeignLink    Reason = "a link that another user owns"
	DeadLink       Reason = "a link to nothing"
	Loose          Reason = "accessible to other users"
)

func (u *Unusable) Error() string {
	text := "cache: " + u.Path + ": " + string(u.Reason)
	if u.Err != nil {
		text += ": " + u.Err.Error()
	}
	return text
}

func (u *Unusable) Unwrap() error { return u.Err }

// TooLarge is the error for a value that does not fit into a file.
type TooLarge struct{ Size, Max int } // of the file, in bytes

func (*TooLarge) Error() string { return "cache: too large" }
