package cli_test

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"awsmfa/internal/cli"
	"awsmfa/internal/shelltest"
)

// The test binary is also the program under test, and the programs that it runs.
func TestMain(m *testing.M) {
	shelltest.Tool()
	testscript.Main(suite{m}, programs)
}

// programs are the programs that the test binary also is; docs/testing.md lists them.
var programs = map[string]func(){
	"awsmfa":        program,
	"show":          show,
	"authenticator": authenticator,
	"prints":        prints,
	"does":          does,
	"visitor":       visitor,
	"refuse":        refuse,
}

// suite is the tests, which testscript.Main runs unless the process is to be one of the programs.
type suite struct{ m *testing.M }

func (s suite) Run() int {
	detach()
	// The tests' programs would inherit it if the caller ignores a signal (nohup, and & in a script). They do not
	// inherit a handler.
	for _, ignored := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(ignored) {
			signal.Notify(make(chan os.Signal, 1), ignored)
		}
	}
	defer cleanUp()
	return shelltest.Suite{M: s.m}.Run()
}

// program is the same as main.go, but on a terminal it ends later: testscript closes the terminal at its end, and
// loses what it has not read by then.
func program() {
	home, _ := os.UserHomeDir()
	code := cli.Run(cli.System{
		Args: os.Args, Getenv: os.Getenv, Environ: os.Environ(), Home: home,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	if tty, err := os.Open("/dev/tty"); err == nil {
		tty.Close()
		time.Sleep(100 * time.Millisecond)
	}
	os.Exit(code)
}

// prints prints files, as cat does on Unix.
func prints() {
	for _, name := range os.Args[1:] {
		text, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, "prints:", err)
			os.Exit(1)
		}
		os.Stdout.Write(text)
	}
}

// show prints its arguments, one a line, and then, sorted, the variables that awsmfa reads and sets.
func show() {
	for _, arg := range os.Args[1:] {
		fmt.Println("arg " + arg)
	}
	vars := os.Environ()
	slices.Sort(vars)
	for _, v := range vars {
		if strings.HasPrefix(v, "AWS") && !strings.HasPrefix(v, "AWS_ENDPOINT_URL=") &&
			!strings.HasPrefix(v, "AWSMFA_SHELL=") {
			fmt.Println(v)
		}
	}
}
