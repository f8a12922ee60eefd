package ancestor

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// looker reads /proc, as proc(5) lays it out.
func looker() func(pid int) (p Process, parent int, ok bool) {
	return func(pid int) (Process, int, bool) {
		dir := "/proc/" + strconv.Itoa(pid)
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			return Process{}, 0, false
		}
		// "pid (name) state ppid …": the name may hold blanks and brackets, so it ends at the last one.
		open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
		if open < 0 || end < open {
			return Process{}, 0, false
		}
		fields := bytes.Fields(stat[end+1:])
		if len(fields) < 2 {
			return Process{}, 0, false
		}
		parent, err := strconv.Atoi(string(fields[1]))
		if err != nil {
			return Process{}, 0, false
		}
		path, _ := os.Readlink(dir + "/exe") // not told of other users' processes: the name is left
		return Process{Path: strings.TrimSuffix(path, " (deleted)"), Name: string(stat[open+1 : end]), pid: pid}, parent, true
	}
}

func arguments(pid int) []string {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return []string{""}
	}
	return strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
}
