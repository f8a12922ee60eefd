package awsapi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/config.md has a row for each setting.
func TestSettingsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range new(Settings).all() {
		if !strings.Contains(string(page), "\n| `"+s.key+"` |") {
			t.Errorf("docs/config.md has no row for %s", s.key)
		}
	}
}
