package msg

import "strconv"

// place shows a position as compilers do: file:line, or the file alone if line is 0.
func place(file string, line int) string {
	if line == 0 {
		return path(file)
	}
	return path(file) + ":" + strconv.Itoa(line)
}
