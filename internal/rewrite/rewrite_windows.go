package rewrite

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// inherit gives the new file, while it is empty, the access list of the old one: the one inherited from the directory
// may allow more. The owner is the current user.
func inherit(f *os.File, path string, _ fs.FileInfo) error {
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if errors.Is(err, fs.ErrNotExist) { // just removed: commit detects it
		return nil
	}
	if err != nil {
		return err
	}
	control, _, err := sd.Control()
	if err != nil {
		return err
	}
	if control&windows.SE_DACL_PROTECTED == 0 {
		return nil // the old file inherits from the directory, too
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(f.Name(), windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
}
