package mfa

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// endTree ends a process, and all that it has started and that has been started by those. Windows ends the one process
// only: what cmd runs would go on and keep the caller's streams open.
func endTree(pid uint32) error {
	err := endBornAfter(pid, 0)
	// What Windows says of a process that is no more, and of a child of ours that is ending by itself.
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) || errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return os.ErrProcessDone
	}
	return err
}

// endBornAfter passes over a process that is older than that: its parent was another one with the same number. The handle
// is kept until the children are ended, so that no new process gets the number.
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
	for _, child := range childrenOf(pid) { // it starts no more of them
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
