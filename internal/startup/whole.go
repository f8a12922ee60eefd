package startup

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/rewrite"
)

// Read returns the code in a file that its shell loads as a whole, "" if there is no file. Written says whether it is
// one of Write.
func Read(path string) (code string, written bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, rewrite.CheckLinks(path)
	}
	if err != nil {
		return "", false, rewrite.ReadError(path, err)
	}
	code, written = strings.CutPrefix(string(text), mark+"\n")
	return code, written, nil
}

// Write writes code to a file that its shell loads as a whole. It creates the directory, and replaces only what an
// earlier Write has written.
func Write(path, code string) error {
	return rewrite.File(path, func(old []byte) ([]byte, error) {
		if len(old) > 0 && !strings.HasPrefix(string(old), mark+"\n") {
			return nil, msg.Errorf("%s was not written by awsmfa; nothing was changed", msg.Path(path)).
				Hint("remove the file, and run this again")
		}
		return []byte(mark + "\n" + code), nil
	})
}

// Delete removes a file of Write.
func Delete(path string) error {
	if err := os.Remove(path); err != nil {
		return msg.Errorf("%s was not removed: %s", msg.Path(path), msg.Cause(err)).Wrap(err)
	}
	return nil
}
