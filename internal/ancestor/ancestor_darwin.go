package ancestor

import (
	"bytes"
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"
)

// file reads kern.procargs2 with sysctl(3), which fails for processes of other users.
func file(pid int) string {
	path, _ := commandLine(pid)
	return path
}

// status reads kern.proc.pid.
func status(pid int) (name string, parent int, ok bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "", 0, false
	}
	command, _, _ := bytes.Cut(info.Proc.P_comm[:], []byte{0})
	return string(command), int(info.Eproc.Ppid), true
}

func arguments(pid int) []string {
	if _, args := commandLine(pid); len(args) > 0 {
		return args
	}
	return []string{""}
}

// commandLine parses kern.procargs2: the number of arguments, the file, zeros up to the next word, the arguments.
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
