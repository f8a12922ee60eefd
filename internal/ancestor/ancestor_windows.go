package ancestor

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// looker takes one snapshot of all processes, for Windows has no call that tells the parent of one.
func looker() func(pid int) (p Process, parent int, ok bool) {
	type entry struct {
		name   string
		parent int
	}
	all := map[int]entry{}
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err == nil {
		defer windows.CloseHandle(snapshot)
		e := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
		for err = windows.Process32First(snapshot, &e); err == nil; err = windows.Process32Next(snapshot, &e) {
			all[int(e.ProcessID)] = entry{windows.UTF16ToString(e.ExeFile[:]), int(e.ParentProcessID)}
		}
	}
	return func(pid int) (Process, int, bool) {
		e, ok := all[pid]
		if !ok {
			return Process{}, 0, false
		}
		return Process{Path: image(pid), Name: e.name, pid: pid}, e.parent, true
	}
}

// image returns the file of a process, or "" where it is not this user's to know.
func image(pid int) string {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(process)
	var path [windows.MAX_LONG_PATH]uint16
	size := uint32(len(path))
	if windows.QueryFullProcessImageName(process, 0, &path[0], &size) != nil {
		return ""
	}
	return windows.UTF16ToString(path[:size])
}

// arguments are another process's memory on Windows; xonsh, the one shell that is a script, has a program of its own
// there.
func arguments(int) []string { return []string{""} }
