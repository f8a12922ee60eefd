//go:build unix

package cli

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"awsmfa/internal/msg"
)

// checkScript looks whether the first line of a script names a program that is there: for what is not, the system says
// only that there is no such file, as if the script were missing.
func checkScript(name, path string) error {
	f, err := os.Open(path)
	if err != nil { // it can be run all the same, or the system says why not
		return nil
	}
	defer f.Close()
	start := make([]byte, 256) // Linux reads no more
	n, _ := io.ReadFull(f, start)
	line, _, _ := bytes.Cut(start[:n], []byte("\n"))
	words, script := strings.CutPrefix(string(line), "#!")
	if !script {
		return nil
	}
	if strings.HasSuffix(words, "\r") {
		return msg.CarriageReturns(name)
	}
	if fields := strings.Fields(words); len(fields) > 0 {
		if _, err := os.Stat(fields[0]); errors.Is(err, fs.ErrNotExist) {
			return msg.NoInterpreter(name, fields[0])
		}
	}
	return nil
}

// runCommand replaces this process by the command: its terminal, its signals and its exit status are its own. It returns
// only when it cannot.
func runCommand(_ *app, path string, argv, environ []string) error {
	for {
		if err := syscall.Exec(path, argv, environ); err != syscall.EINTR {
			return err
		}
	}
}
