package cli_test

import "os"

// builtDir is the directory of the real program, once a test has wanted it.
var builtDir string

// cleanUp is for when all tests are over.
func cleanUp() {
	if builtDir != "" {
		os.RemoveAll(builtDir)
	}
}
