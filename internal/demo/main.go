// Command demo shows awsmfa in a sandbox, with only Go and without an AWS account. `go run ./internal/demo` runs the
// main steps, explains them, and fails on an unexpected result; `go run ./internal/demo -- bash` opens a shell in the
// sandbox.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"awsmfa/internal/sandbox"
)

func main() { os.Exit(run(os.Args)) }

func run(args []string) int {
	if code, ok := sandbox.Main(args, os.Stdout, os.Stderr); ok {
		return code
	}
	if code, ok := child(args); ok {
		return code
	}
	words, program := args[1:], ""
	if len(words) > 1 && words[0] == "--awsmfa" {
		words, program = words[2:], words[1]
	}
	if len(words) == 2 && words[0] == "--pictures" {
		if err := pictures(context.Background(), words[1]); err != nil {
			fmt.Fprintln(os.Stderr, "demo:", err)
			return 1
		}
		return 0
	}
	play := len(words) > 0 // only --: the shell that runs this program
	if play && words[0] == "--" {
		words = words[1:]
	}
	if len(words) > 1 || len(words) == 1 && (words[0] == "-h" || words[0] == "--help") {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/demo              the main steps, end to end\n"+
			"       go run ./internal/demo -- [SHELL]   a shell in the sandbox\n"+
			"--awsmfa FILE before that takes an installed awsmfa, instead of building one.")
		return 2
	}

	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
	if play {
		// Ctrl-C is for the shell. It is caught, not ignored, because the shell would inherit an ignored signal.
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
		signals = signals[1:]
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	code, err := inSandbox(ctx, program, func(s *sandbox.Sandbox) (int, error) {
		if play {
			return openShell(ctx, s, words)
		}
		return 0, show(ctx, s, os.Stdout)
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return 130
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 1
	}
	return code
}

// inSandbox makes a sandbox with the program at the path, or, if it is empty, with a new build.
func inSandbox(ctx context.Context, program string, do func(*sandbox.Sandbox) (int, error)) (code int, err error) {
	s, err := sandbox.New()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if program != "" {
		err = s.AddProgram("awsmfa", program)
	} else {
		_, err = s.Build(ctx, "awsmfa", "awsmfa")
	}
	if err != nil {
		return 1, err
	}
	if err := s.AddSelf("list-functions", listFunctionsArg); err != nil {
		return 1, err
	}
	return do(s)
}
