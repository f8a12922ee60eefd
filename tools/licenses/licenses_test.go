package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// THIRD_PARTY_LICENSES.txt names the modules that are linked today.
func TestFileIsCurrent(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	written, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	current, err := licenses(root)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != current {
		t.Errorf("%s is out of date: run `make licenses`, or `go run ./tools/licenses`", file)
	}
	for _, part := range []string{
		"github.com/alecthomas/kong v", standard, "Apache License", "AWS SDK for Go\nCopyright",
	} {
		if !strings.Contains(current, part) {
			t.Errorf("%s does not mention: %s", file, part)
		}
	}
}
