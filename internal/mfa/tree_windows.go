package mfa

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// endTree ends a process and its descendants. Windows itself would end only the one process: the programs that cmd runs
// would go on and keep the caller's streams open.
func endTree(pid uint32) error {
	err := endBornAfter(pid, 0)
	// Windows' errors for a process that has ended, and for a child of ours that is ending.
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) || errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return os.ErrProcessDone
	}
	return err
}

// endBornAfter ends a process and its descendants, unless it is older than after: then its parent was another process
// with the same ID. The handle stays open until the children have ended, so that no new process gets the ID.
func endBornAfter(pid uint32, after int64) error {
	process, err := windows.OpenProcess(windows.PROCESS_TERMINATE|windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(process)
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(process, &created, &exited, &kernel, &user); err != nil {
		return err
	}
	born := created.Nanoseconds()
	if born < after {
		return nil
	}
	err = windows.TerminateProcess(process, 1)
	for _, child := range childrenOf(pid) { // it can start no more
		_ = endBornAfter(child, born)
	}
	return err
}

func childrenOf(pid uint32) (children []uint32) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil
	}
	defer windows.CloseHandle(snapshot)
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		if entry.ParentProcessID == pid && entry.ProcessID != pid {
			children = append(children, entry.ProcessID)
		}
	}
	return children
}
