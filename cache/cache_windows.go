package cache

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// make sees to it that the directory is there, with an access list of its own: this user, the system and the
// administrators, and nothing inherited from above, for a cache directory may be set to stand anywhere.
func (d Dir) make() error {
	if _, err := os.Stat(d.Path); err == nil {
		return nil
	}
	if err := os.MkdirAll(d.Path, 0o700); err != nil {
		return err
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	// D:P — protected from inheritance; OICI — handed down to the files; FA — full access.
	sddl := "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + user.User.Sid.String() + ")"
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		return err
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(d.Path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
}

func open(path string) (*os.File, error) { return os.Open(path) }

// private says whether f is a file at all: who may read and write it is the directory's access list's to say.
func private(f *os.File) (Reason, error) {
	info, err := f.Stat()
	if err != nil {
		return Unreadable, err
	}
	if !info.Mode().IsRegular() {
		return Foreign, errors.New("not a regular file")
	}
	return 0, nil
}

// replace tries for a second: Windows refuses to replace a file while a reader or a virus scanner has it open.
func replace(from, to string) (err error) {
	for range 50 {
		if err = os.Rename(from, to); !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func lock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &windows.Overlapped{})
}
