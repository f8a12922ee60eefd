//go:build unix

package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// built returns builtDir. It builds the program once, as for a release.
var built = sync.OnceValues(func() (dir string, err error) {
	if builtDir, err = os.MkdirTemp("", "awsmfa-built-"); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-buildvcs=false",
		"-o", filepath.Join(builtDir, "awsmfa"), "awsmfa")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return builtDir, nil
})
