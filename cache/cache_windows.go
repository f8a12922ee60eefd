package cache

import (
	"errors"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// make sees to it that the directory is there, with an access list of its own from the first moment: this user, the
// system and the administrators, and nothing inherited from above, for a cache directory may be set to stand anywhere.
func (d Dir) make() error {
	if _, err := os.Stat(d.Path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(d.Path), 0o700); err != nil {
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
	path, err := windows.UTF16PtrFromString(d.Path)
	if err != nil {
		return err
	}
	attributes := windows.SecurityAttributes{SecurityDescriptor: sd}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	err = windows.CreateDirectory(path, &attributes)
	if err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) { // another awsmfa may have been quicker
		return &os.PathError{Op: "mkdir", Path: d.Path, Err: err}
	}
	return nil
}

// owned leaves the question to the access list, as closed does.
func owned(os.FileInfo) (Reason, error) { return 0, nil }

// closed leaves the question to the access list that make gave the directory.
func (d Dir) closed(os.FileInfo) (Reason, error) { return 0, nil }

// open tries for a tenth of a second: while a file is being replaced, Windows refuses to open it.
func open(path string) (f *os.File, err error) {
	for range 10 {
		if f, err = os.Open(path); !busy(err) {
			return f, err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, err
}

// busy reports whether err may be gone in a moment: another process, or a virus scanner, has the file open.
func busy(err error) bool {
	return errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
}

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
		if err = os.Rename(from, to); !busy(err) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func lock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &windows.Overlapped{})
}
