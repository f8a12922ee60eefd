//go:build unix

package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// built returns builtDir. It builds the program once.
var built = sync.OnceValues(func() (dir string, err error) {
	if builtDir, err = os.MkdirTemp("", "awsmfa-built-"); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", filepath.Join(builtDir, "awsmfa"), "awsmfa").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return builtDir, nil
})
