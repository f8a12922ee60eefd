package window

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// system returns both PowerShells. Session 0 is that of services, and of shells under OpenSSH's server: nobody sees it.
func system(func(string) string) []program {
	var id uint32
	if err := windows.ProcessIdToSessionId(uint32(os.Getpid()), &id); err == nil && id == 0 {
		return nil
	}
	return []program{powershell("powershell.exe"), powershell("pwsh.exe")}
}

// runWithUs runs a program that ends with this process: it is in a job, and Windows ends what is in it when the job's
// last handle is closed. There is no console window; with HideWindow the form would be hidden, too.
func runWithUs(cmd *exec.Cmd) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(job)
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
		},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	if err := cmd.Start(); err != nil {
		return err
	}
	process, err := windows.OpenProcess(
		windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid))
	if err == nil {
		err = windows.AssignProcessToJobObject(job, process)
		windows.CloseHandle(process)
	}
	if err != nil {
		_ = cmd.Process.Kill() // it would stay open after us
		_ = cmd.Wait()
		return err
	}
	return cmd.Wait()
}
