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

// lock waits for other awsmfa processes of this Windows session that write in dir. It locks a kernel mutex, so it
// leaves no file behind, and ends with the process. It is an error if the lock is not free in time; if there can be no
// mutex, lock does nothing.
func lock(dir string, wait time.Duration) (unlock func(), err error) {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	sum := sha256.Sum256([]byte(strings.ToLower(dir)))
	name, err := windows.UTF16PtrFromString(`Local\awsmfa-` + hex.EncodeToString(sum[:]))
	if err != nil {
		return func() {}, nil //nolint:nilerr // impossible: the name has no NUL
	}
	// Only the thread that locked a mutex can release it.
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

// replace tries for a second: Windows does not replace a file that a reader or a virus scanner has open.
func replace(from, to string) (err error) {
	for range 50 {
		err = os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	// It is not about permissions: the new file was created in the directory, and the old one was opened for writing.
	// So another program has it open, for which MoveFileEx returns this error.
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		err = windows.ERROR_SHARING_VIOLATION
	}
	return err
}

// syncDir has nothing to do: NTFS keeps a journal of renames.
func syncDir(string) {}
