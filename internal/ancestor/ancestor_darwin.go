package ancestor

import (
	"bytes"
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"
)

// looker asks the kernel by sysctl(3): kern.proc.pid for the parent and the name, kern.procargs2 for the file.
func looker() func(pid int) (p Process, parent int, ok bool) {
	return func(pid int) (Process, int, bool) {
		info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
		if err != nil {
			return Process{}, 0, false
		}
		name, _, _ := bytes.Cut(info.Proc.P_comm[:], []byte{0})
		path, _ := commandLine(pid)
		return Process{Path: path, Name: string(name), pid: pid}, int(info.Eproc.Ppid), true
	}
}

func arguments(pid int) []string {
	if _, args := commandLine(pid); len(args) > 0 {
		return args
	}
	return []string{""}
}

// commandLine takes apart kern.procargs2: the number of arguments, the file, zeros up to the next word, the arguments.
func commandLine(pid int) (path string, args []string) {
	raw, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(raw) < 4 {
		return "", nil
	}
	count := int(binary.LittleEndian.Uint32(raw))
	path, rest, _ := strings.Cut(string(raw[4:]), "\x00")
	words := strings.Split(strings.TrimLeft(rest, "\x00"), "\x00")
	return path, words[:min(count, len(words))]
}
