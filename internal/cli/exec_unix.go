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

// checkScript looks whether the interpreter in a script's first line exists: if not, the system reports that the script
// does not exist.
func checkScript(name, path string) error {
	f, err := os.Open(path)
	if err != nil { // it may run anyway, or the system reports why not
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
		return msg.Errorf("%s: cannot be run: its first line ends in a carriage return, as on Windows", msg.Path(name)).
			Hint("save it with Unix line endings: with dos2unix, or your editor")
	}
	if fields := strings.Fields(words); len(fields) > 0 {
		if _, err := os.Stat(fields[0]); errors.Is(err, fs.ErrNotExist) {
			return msg.Errorf("%s: cannot be run: its first line names %s, which does not exist",
				msg.Path(name), msg.Path(fields[0])).
				Hint("install that program, correct the line, or name an interpreter before the script")
		}
	}
	return nil
}

// runCommand replaces this process by the command, so that it has the terminal, the signals and the exit status. It
// returns only an error.
func runCommand(_ *app, path string, argv, environ []string) error {
	for {
		if err := syscall.Exec(path, argv, environ); err != syscall.EINTR {
			return err
		}
	}
}
