package profile

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// freshVariable makes the test binary load profile "prod" once from the config file that it names, print the
// nanoseconds and exit: the cost of a Load in a new process, with only the system's file cache warm.
const freshVariable = "PROFILE_TEST_FRESH_CONFIG"

func TestMain(m *testing.M) {
	if path := os.Getenv(freshVariable); path != "" {
		start := time.Now()
		_, err := Load(Files{path, filepath.Join(filepath.Dir(path), "credentials")}, "prod")
		fmt.Print(time.Since(start).Nanoseconds())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// bigConfig returns a config file with n profiles as large organisations generate them, of about 200 bytes each, with
// names that begin with prefix. Profile "prod" is in the middle.
func bigConfig(n int, prefix string) []byte {
	var b bytes.Buffer
	for i := range n {
		if i == n/2 {
			b.WriteString("[profile prod]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\n")
			continue
		}
		fmt.Fprintf(&b, "[profile %s-%05d-production]\nrole_arn = arn:aws:iam::%012d:role/Organization/Administrator\n"+
			"source_profile = prod\nregion = eu-central-1\noutput = json\nrole_session_name = alice\nduration_seconds "+
			"= 3600\n\n", prefix, i, i)
	}
	return b.Bytes()
}

func writeBig(tb testing.TB, n int, prefix string) Files {
	dir := tb.TempDir()
	files := Files{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}
	if err := os.WriteFile(files.Config, bigConfig(n, prefix), 0o600); err != nil {
		tb.Fatal(err)
	}
	keys := "[prod]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " +
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
	if err := os.WriteFile(files.Credentials, []byte(keys), 0o600); err != nil {
		tb.Fatal(err)
	}
	return files
}

// BenchmarkLoad loads a profile from a config file with 1 and with 10,000 profiles. The difference must stay small
// compared with the start of a process.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			files := writeBig(b, n, "team")
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

// BenchmarkLoadNamesakes is the same with names that all begin with the requested one.
func BenchmarkLoadNamesakes(b *testing.B) {
	files := writeBig(b, 10_000, "prod")
	for b.Loop() {
		if _, err := Load(files, "prod"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadFresh loads a profile in each of many new processes. It reports the minimum and the median of the Loads;
// ns/op is that of the processes, and means nothing.
func BenchmarkLoadFresh(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			files := writeBig(b, n, "team")
			var took []float64
			for b.Loop() {
				cmd := exec.Command(os.Args[0])
				cmd.Env = []string{freshVariable + "=" + files.Config}
				out, err := cmd.Output()
				if err != nil {
					b.Fatal(err)
				}
				ns, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, ns/1000)
			}
			slices.Sort(took)
			b.ReportMetric(took[0], "least-µs/load")
			b.ReportMetric(took[len(took)/2], "median-µs/load")
		})
	}
}

// BenchmarkNotFound is the slowest path: the file is also searched for misplaced headers and for all names.
func BenchmarkNotFound(b *testing.B) {
	files := writeBig(b, 10_000, "team")
	for b.Loop() {
		if _, err := Load(files, "prdo"); err == nil {
			b.Fatal("found")
		}
	}
}
