package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// writers are the files of the program that write outside of it, with what docs/uninstall.md says of that. It is "" for
// a file that writes only what another one is told to.
var writers = map[string]string{
	"cache/cache.go":                   "the cache directory",
	"cache/cache_unix.go":              "the cache directory",
	"cache/cache_windows.go":           "the cache directory",
	"internal/atomicfile":              "",
	"internal/awsapi/external.go":      "It renews the AWS CLI's sign-ins",
	"internal/cli/enroll.go":           "`--qr-png`",
	"internal/cli/exec_server.go":      "`awsmfa-server-…`",
	"internal/keystore/keystore.go":    "the keyring, or the data directory",
	"internal/profile/sections.go":     "`profile add`",
	"internal/profile/write.go":        "`mfa_serial`",
	"internal/profile/replace.go":      "`rotate`",
	"internal/profile/share.go":        "`rotate`",
	"internal/profile/stored.go":       "`awsmfa_key`",
	"internal/rewrite/rewrite.go":      "`.awsmfa-….new`",
	"internal/startup/startup.go":      "the shell's start-up file",
	"internal/startup/whole.go":        "`vendor/autoload/awsmfa.nu`",
	"internal/cli/exec_server_unix.go": "", // the null device
	"internal/mfa":                     "", // the terminal
	"internal/term":                    "", // the terminal
}

var writes = regexp.MustCompile(`\b(os\.(WriteFile|Create|CreateTemp|Mkdir|MkdirAll|MkdirTemp|Symlink|Link|Rename|` +
	`OpenFile)|windows\.CreateDirectory|keyring\.Set|files\.Store|rewrite\.File|rewriteFile|` +
	`atomicfile\.(Create|Lock)|ssocreds\.NewSSOTokenProvider|logincreds\.New)\(`)

// What awsmfa writes is on the page that tells how to remove it.
func TestWhatIsWrittenIsListed(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "uninstall.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(string(page)), " ")
	seen := map[string]bool{}
	look := func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(root, path)
		name := filepath.ToSlash(rel)
		switch {
		case err != nil || relErr != nil:
			return err
		case d.IsDir() && notReleased[filepath.Base(name)]:
			return filepath.SkipDir
		case filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		code, err := os.ReadFile(path)
		if err != nil || !writes.Match(code) {
			return err
		}
		for _, key := range []string{name, filepath.ToSlash(filepath.Dir(rel))} {
			if what, ok := writers[key]; ok {
				if seen[key] = true; !strings.Contains(said, what) {
					t.Errorf("docs/uninstall.md does not say %q, which %s writes", what, name)
				}
				return nil
			}
		}
		t.Errorf("%s writes something: name it in docs/uninstall.md, and here", name)
		return nil
	}
	for _, dir := range []string{"cache", "completions", "internal", "shells"} {
		if err := filepath.WalkDir(filepath.Join(root, dir), look); err != nil {
			t.Fatal(err)
		}
	}
	for key := range writers {
		if !seen[key] {
			t.Errorf("%s writes nothing any more", key)
		}
	}
}

// notReleased are the packages of programs and tests that no release has.
var notReleased = map[string]bool{
	"bench": true, "clients": true, "demo": true, "fakeaws": true, "mutate": true, "sandbox": true, "sentences": true,
	"shelltest": true,
}
