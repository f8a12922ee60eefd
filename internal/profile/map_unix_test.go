//go:build unix

package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A large file is read like a small one: from its mark to its last line, which has no end, with the same line numbers.
func TestLargeFile(t *testing.T) {
	large := "\ufeff" + string(bigConfig(4000, "team")) + "[profile last]\nregion = eu-north-1"
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(large), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := open(path)
	if err != nil || s.mapped == nil {
		t.Fatalf("not mapped: %v", err)
	}
	s.close()
	for name, region := range map[string]string{"prod": "eu-west-1", "last": "eu-north-1", "team-00000-production": "eu-central-1"} {
		p, err := Load(Files{Config: path}, name)
		if err != nil || p.Region != region {
			t.Errorf("%s: %q %v", name, p.Region, err)
			continue
		}
		before, _, _ := strings.Cut(large, "[profile "+name+"]")
		if line := strings.Count(before, "\n") + 1; p.Where("").Line != line {
			t.Errorf("%s is at %d, not %d", name, p.Where("").Line, line)
		}
	}
	all, err := Names(Files{Config: path})
	if err != nil || len(all) != 4001 {
		t.Errorf("%d names, %v", len(all), err)
	}
}

// A file that is cut short while it is read is an error, not the end of the program.
func TestCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, bigConfig(4000, "team"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	if err := s.scan(false, filter{}, func([]byte) (*section, bool) { return nil, false }); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("%v", err)
	}
}
