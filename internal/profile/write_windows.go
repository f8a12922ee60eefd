package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/windows"
)

// inherit gives the new file the old one's access list, while it is still empty: what the directory hands down may be
// wider. The owner is the user who writes.
func inherit(f *os.File, path string, _ fs.FileInfo) error {
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if errors.Is(err, fs.ErrNotExist) { // gone since; commit will see
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
		return nil // what is handed down is what it has, but for what was added by hand
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(f.Name(), windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
}

// lock waits for other awsmfa of this session that write in dir. The lock is a mutex of the kernel's, so there is no
// file to leave behind; one whose holder was killed is free. Where it cannot be made there is none; the error is that
// it was not to be had in time.
func lock(dir string, wait time.Duration) (unlock func(), err error) {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	sum := sha256.Sum256([]byte(strings.ToLower(dir)))
	name, err := windows.UTF16PtrFromString(`Local\awsmfa-` + hex.EncodeToString(sum[:]))
	if err != nil {
		return func() {}, nil //nolint:nilerr // cannot be: the name has no NUL
	}
	// A mutex belongs to a thread: it must be let go by the one that took it.
	runtime.LockOSThread()
	mutex, err := windows.CreateMutex(nil, false, name)
	if mutex == 0 || err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		runtime.UnlockOSThread()
		return func() {}, nil
	}
	event, err := windows.WaitForSingleObject(mutex, uint32(wait.Milliseconds()))
	switch event {
	case windows.WAIT_OBJECT_0, windows.WAIT_ABANDONED:
		return func() {
			_ = windows.ReleaseMutex(mutex)
			windows.CloseHandle(mutex)
			runtime.UnlockOSThread()
		}, nil
	}
	windows.CloseHandle(mutex)
	runtime.UnlockOSThread()
	if err == nil {
		err = windows.WAIT_TIMEOUT
	}
	return nil, err
}

// replace tries for a second: Windows refuses to replace a file while a reader or a virus scanner has it open.
func replace(from, to string) (err error) {
	for range 50 {
		err = os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	// Access to the directory was not denied when the new file was made in it, nor to the old file when it was opened for
	// writing: so it is open elsewhere, which Windows tells in these words of a file that is to be replaced.
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		err = windows.ERROR_SHARING_VIOLATION
	}
	return err
}

// syncDir has nothing to do: NTFS keeps a journal of renames.
func syncDir(string) {}
