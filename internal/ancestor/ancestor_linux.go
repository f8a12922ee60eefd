package ancestor

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// file reads /proc/PID/exe, which fails for processes of other users.
func file(pid int) string {
	path, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)")
}

// status reads /proc/PID/stat, "pid (name) state ppid …" (proc(5)). The name may have blanks and parentheses, so it
// ends at the last one.
func status(pid int) (name string, parent int, ok bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if err != nil || open < 0 || end < open {
		return "", 0, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 2 {
		return "", 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return string(stat[open+1 : end]), parent, err == nil
}

func arguments(pid int) []string {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return []string{""}
	}
	return strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
}
