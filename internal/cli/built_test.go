package cli_test

import "os"

// builtDir is the directory of the real program, once a test has needed it.
var builtDir string

// cleanUp runs after all tests.
func cleanUp() {
	if builtDir != "" {
		os.RemoveAll(builtDir)
	}
}
