package profile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// bigConfig is a config file with n profiles of the kind that large organisations generate, about 200 bytes each. The
// one to ask for, "prod", stands in the middle.
func bigConfig(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		if i == n/2 {
			b.WriteString("[profile prod]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\n")
			continue
		}
		fmt.Fprintf(&b, "[profile team-%05d-production]\nrole_arn = arn:aws:iam::%012d:role/Organization/Administrator\n"+
			"source_profile = prod\nregion = eu-central-1\noutput = json\nrole_session_name = alice\nduration_seconds = 3600\n\n", i, i)
	}
	return b.Bytes()
}

func writeBig(tb testing.TB, n int) Files {
	dir := tb.TempDir()
	files := Files{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}
	if err := os.WriteFile(files.Config, bigConfig(n), 0o600); err != nil {
		tb.Fatal(err)
	}
	keys := "[prod]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
	if err := os.WriteFile(files.Credentials, []byte(keys), 0o600); err != nil {
		tb.Fatal(err)
	}
	return files
}

// BenchmarkLoad is one Load with 1 and with 10,000 profiles in the config file. The difference is what a cached `env`
// pays for a large config; it must stay far below 0.5 ms.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			files := writeBig(b, n)
			if info, err := os.Stat(files.Config); err == nil {
				b.SetBytes(info.Size())
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Load(files, "prod"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNotFound is the slowest path: the file is read for its misplaced headers and for all its names too.
func BenchmarkNotFound(b *testing.B) {
	files := writeBig(b, 10_000)
	for b.Loop() {
		if _, err := Load(files, "prdo"); err == nil {
			b.Fatal("found")
		}
	}
}
