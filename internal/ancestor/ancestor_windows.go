package ancestor

import (
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// file returns the path of the process's image. It fails for processes that this user may not query.
func file(pid int) (path string) {
	query(pid, func(process windows.Handle) {
		var long [windows.MAX_LONG_PATH]uint16
		size := uint32(len(long))
		if windows.QueryFullProcessImageName(process, 0, &long[0], &size) == nil {
			path = windows.UTF16ToString(long[:size])
		}
	})
	return path
}

// status reads the process's basic information. On Windows a process has only its file's name.
func status(pid int) (name string, parent int, ok bool) {
	query(pid, func(process windows.Handle) {
		var info windows.PROCESS_BASIC_INFORMATION
		err := windows.NtQueryInformationProcess(process, windows.ProcessBasicInformation,
			unsafe.Pointer(&info), uint32(unsafe.Sizeof(info)), nil)
		parent, ok = int(info.InheritedFromUniqueProcessId), err == nil
	})
	return filepath.Base(file(pid)), parent, ok
}

func query(pid int, read func(process windows.Handle)) {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return
	}
	defer windows.CloseHandle(process)
	read(process)
}

// arguments returns none: on Windows they are in the other process's memory. Only xonsh would need them, which has a
// program of its own there.
func arguments(int) []string { return []string{""} }
