package shells

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"awsmfa/internal/shelltest"
)

// There is one fuzz target for each way of quoting. Shells start slowly, so each input becomes many values for one
// launch: the input, its lines, and its pieces of up to eight bytes. Every value must arrive unchanged, or be an error.
// A target is skipped if its shells are not installed.

// fuzzed names the launchers of each target.
var fuzzed = map[string][]string{
	"FuzzPOSIX":      {"bash", "bash3.2", "zsh", "dash", "busybox", "ksh", "mksh"},
	"FuzzFish":       {"fish"},
	"FuzzPowerShell": {"pwsh", "powershell"},
	"FuzzCmd":        {"cmd"},
	"FuzzTcsh":       {"tcsh"},
	"FuzzElvish":     {"elvish"},
	"FuzzNu":         {"nu"},
	"FuzzXonsh":      {"xonsh"},
}

func FuzzPOSIX(f *testing.F)      { fuzz(f) }
func FuzzFish(f *testing.F)       { fuzz(f) }
func FuzzPowerShell(f *testing.F) { fuzz(f) }
func FuzzCmd(f *testing.F)        { fuzz(f) }
func FuzzTcsh(f *testing.F)       { fuzz(f) }
func FuzzElvish(f *testing.F)     { fuzz(f) }
func FuzzNu(f *testing.F)         { fuzz(f) }
func FuzzXonsh(f *testing.F)      { fuzz(f) }

func fuzz(f *testing.F) {
	launchers := startable(f, fuzzed[f.Name()])
	f.Add(`'\''"$(touch PWNED)` + "`touch PWNED`" + `'; touch PWNED; #` + "\n\\\n!x%PATH%^&|<>*?[]{}~-\r\t\x01\x7f")
	f.Add("'\u2018\u2019\u201a\u201b\u201c\u201d\u201e'日本語ソ😀\uFEFF\u2028\u0085\u00a0\u200b\uf600\ufdd0\uffff\U0010ffff")
	f.Add("\xff\xfe\x80'\xc3'\\\xe3\x81\\\xed\xa0\x80\\'\\\\'\xf4\x90\x80\x80\\\n")
	f.Add("null\ntrue\n0\n-n\n--\n=ls\n@x\n%i\nIQoJb3JpZ2luX2VjEAb3/+==\narn:aws:iam::123456789012:mfa/x")
	f.Fuzz(func(t *testing.T, input string) {
		if len(input) > 4000 {
			t.Skip("too long for one environment")
		}
		for _, l := range launchers {
			s, ok := Lookup(l.Shell)
			if !ok {
				t.Fatal(l.Shell)
			}
			roundTrip(t, s, l, expressible(t, s, pieces(input)))
		}
	})
}

// startable returns the launchers of the installed shells; those of missing shells are left out.
func startable(f *testing.F, names []string) []shelltest.Launcher {
	f.Helper()
	var here []shelltest.Launcher
	var missing []string
	for _, l := range shelltest.All() {
		switch {
		case !slices.Contains(names, l.Name) || !l.Supported() || l.Optional && l.Missing():
		case l.Missing():
			missing = append(missing, l.Name)
		default:
			here = append(here, l)
		}
	}
	switch {
	case len(here)+len(missing) == 0:
		f.Skipf("no shell to start: %s cannot be had on %s", strings.Join(names, ", "), runtime.GOOS)
	case len(here) == 0 || len(missing) > 0 && shelltest.InCI():
		shelltest.NotInstalled(f, strings.Join(missing, ", "))
	}
	return here
}

func pieces(input string) []string {
	seen := map[string]bool{}
	var values []string
	add := func(v string) {
		if !seen[v] && len(values) < 1500 {
			seen[v] = true
			values = append(values, v)
		}
	}
	add(input)
	for _, line := range strings.Split(input, "\n") {
		add(line)
	}
	for n := 1; n <= 8; n++ { // by bytes, so that text is cut in the middle of a character, too
		for i := 0; i+n <= len(input); i += (n + 1) / 2 {
			add(input[i : i+n])
		}
	}
	runes := []rune(input)
	for n := 1; n <= 3; n++ {
		for i := 0; i+n <= len(runes); i++ {
			add(string(runes[i : i+n]))
		}
	}
	return values
}

// dotenv files are read with sh, which every system has.
func FuzzDotenv(f *testing.F) {
	for _, v := range []string{
		"plain", "two words", "#x", "$HOME", "`x`", "日本", "'", `\`, "a\nb", "", " ", "~", "*",
		"\"", "!", ";x", "&", "\u2028",
	} {
		f.Add(v)
	}
	l, _ := shelltest.For("sh")
	l.Need(f)
	f.Fuzz(func(t *testing.T, input string) {
		s := dotenv()
		vars := expressible(t, s, pieces(input))
		if len(vars) == 0 {
			return
		}
		text, err := s.Render(vars)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/.env", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := l.Run(t, dir, nil, "set -a\n. ./.env\nset +a\nenvdump done\n")
		silent(t, r)
		for _, v := range vars {
			if got := r.Env()[v.Name]; got != v.Value {
				t.Errorf("%q became %q", v.Value, got)
			}
		}
	})
}
