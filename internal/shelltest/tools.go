package shelltest

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// The variables that make the test binary one of the tools.
const (
	dumpTo   = "SHELLTEST_DUMP_TO"   // the file to which envdump appends
	stubFrom = "SHELLTEST_STUB_FROM" // the directory of the stub's answers
)

// Main is a complete TestMain: it runs a tool if the binary was started as one, else the tests, and then names the
// shells that could not be tested. It does not return.
func Main(m *testing.M) {
	Tool()
	os.Exit(Suite{m}.Run())
}

// busy is how many tests at once keep a processor busy: most of the time they wait for shells and terminals.
const busy = 3

// Suite runs tests and names, in its last line, the shells that could not be tested. It is for packages whose TestMain
// calls another library: testscript.Main(shelltest.Suite{M: m}, …), after Tool.
type Suite struct{ M interface{ Run() int } }

// Run runs the tests and returns their exit code.
func (s Suite) Run() int {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		exitOn(flag.Set("test.parallel", strconv.Itoa(busy*runtime.GOMAXPROCS(0))))
	}
	code := s.M.Run()
	Report(os.Stderr)
	return code
}

// Report writes one line that names the missing shells, or nothing if there are none. (go test shows it without package
// arguments, with -v, or if a test failed.)
func Report(w io.Writer) {
	var names []string
	for _, l := range All() {
		if !l.Supported() {
			names = append(names, l.Name+" (not on "+runtime.GOOS+")")
		} else if l.Missing() {
			names = append(names, l.Name)
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(w, "not proved here, the shell is missing: %s\n", strings.Join(names, ", "))
	}
}

// Tool runs envdump or the stub of awsmfa and exits, if the test binary was started as one of them; else it returns.
func Tool() {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	if file := os.Getenv(dumpTo); file != "" && name == "envdump" {
		exitOn(dump(file))
		os.Exit(0)
	}
	if dir := os.Getenv(stubFrom); dir != "" && name == "awsmfa" {
		code, err := answer(dir, os.Args[len(os.Args)-1])
		exitOn(err)
		os.Exit(code)
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "shelltest:", err)
		os.Exit(99)
	}
}

// A dump is the number of arguments, the arguments, the number of variables and the variables, each followed by a NUL,
// which none of them can contain.
func dump(file string) error {
	var b strings.Builder
	for _, list := range [][]string{os.Args[1:], os.Environ()} {
		b.WriteString(strconv.Itoa(len(list)) + "\x00")
		for _, s := range list {
			b.WriteString(s + "\x00")
		}
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(b.String()); err != nil {
		return err
	}
	return f.Close()
}

func readDumps(t testing.TB, file string) []Dump {
	t.Helper()
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	fields := strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
	next := func() []string {
		n, err := strconv.Atoi(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		list := fields[1 : 1+n]
		fields = fields[1+n:]
		return list
	}
	var dumps []Dump
	for len(fields) > 0 {
		d := Dump{Args: next(), Env: map[string]string{}}
		for _, e := range next() {
			name, value, _ := strings.Cut(e, "=")
			d.Env[name] = value
		}
		dumps = append(dumps, d)
	}
	return dumps
}

// Answer is the stub's output on stdout for a label, and its exit code.
type Answer struct {
	Text string
	Code int
}

// Stub makes a program awsmfa that answers `awsmfa env LABEL` with answers[LABEL], and returns the environment for Run
// with that program in the PATH.
func Stub(t testing.TB, answers map[string]Answer) (env []string) {
	t.Helper()
	dir := t.TempDir()
	bin := t.TempDir()
	link(t, bin, "awsmfa")
	for label, a := range answers {
		text := strconv.Itoa(a.Code) + "\n" + a.Text
		if err := os.WriteFile(filepath.Join(dir, label), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{stubFrom + "=" + dir, "PATH=" + bin}
}

func answer(dir, label string) (code int, err error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.Base(label)))
	if err != nil {
		return 0, err
	}
	first, text, _ := strings.Cut(string(data), "\n")
	if _, err := os.Stdout.WriteString(text); err != nil {
		return 0, err
	}
	return strconv.Atoi(first)
}

// link links the test binary into dir under another name.
func link(t testing.TB, dir, name string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
		if err := os.Link(self, filepath.Join(dir, name)); err == nil {
			return
		}
		data, err := os.ReadFile(self)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o700); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}
