package cache

import (
	"errors"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// create creates the directory if necessary, with an access list for this user, the system and the administrators. It
// inherits none, because the user may choose any place for the cache directory.
func (d Dir) create() error {
	if _, err := os.Stat(d.Path); err == nil {
		return nil
	}
	if err := d.Check(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(d.Path), 0o700); err != nil {
		return err
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	// D:P: protected from inheritance; OICI: inherited by the files; FA: full access.
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
	if err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) { // another process may have created it
		return &os.PathError{Op: "mkdir", Path: d.Path, Err: err}
	}
	return nil
}

// foreignOwner reports no foreign owner: the directory's access list decides who can write.
func foreignOwner(os.FileInfo) (owner int, foreign bool) { return 0, false }

// checkAccess checks nothing: create gives the directory an access list.
func (d Dir) checkAccess(os.FileInfo) *Unusable { return nil }

// checkFile checks that f is a regular file: the directory's access list decides who can read and write it.
func checkFile(f *os.File) *Unusable {
	info, err := f.Stat()
	if err != nil {
		return &Unusable{Reason: Unreadable, Err: err}
	}
	if !info.Mode().IsRegular() {
		return &Unusable{Reason: NotRegular}
	}
	return nil
}
