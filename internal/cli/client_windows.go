package cli

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// doesNothing is a command that every Windows has, which runs no file whose name ends in .cmd.
const doesNothing = "whoami"

// parent is a handle of the process that started this one, 0 if there is none.
type parent windows.Handle

func startedBy() parent {
	process, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(os.Getppid()))
	if err != nil {
		return 0
	}
	return parent(process)
}

func (p parent) ended() bool {
	if p == 0 {
		return false
	}
	event, err := windows.WaitForSingleObject(windows.Handle(p), 0)
	return err == nil && event == windows.WAIT_OBJECT_0
}

// isRead reports whether somebody can read what is written to f: not if it is a pipe whose reading end is closed.
func isRead(f *os.File) bool {
	const filePipeLocalInformation, disconnected, closing = 24, 1, 4 // FILE_INFORMATION_CLASS, FILE_PIPE_…_STATE
	var status [2]uintptr                                            // IO_STATUS_BLOCK
	var info struct {                                                // FILE_PIPE_LOCAL_INFORMATION
		_     [8]uint32
		state uint32
		_     uint32
	}
	query := windows.NewLazySystemDLL("ntdll.dll").NewProc("NtQueryInformationFile")
	failed, _, _ := query.Call(f.Fd(), uintptr(unsafe.Pointer(&status)), uintptr(unsafe.Pointer(&info)),
		unsafe.Sizeof(info), filePipeLocalInformation)
	return failed != 0 || info.state != closing && info.state != disconnected
}
