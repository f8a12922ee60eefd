// Command demo shows the whole of awsmfa with nothing installed but Go and no AWS account, in a sandbox: `go run
// ./internal/demo` runs the main job from end to end, says what it does, and fails when anything does not come out as
// told; `go run ./internal/demo -- bash` opens that world in a shell to play in.
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
	words := args[1:]
	play := len(words) > 0 // a lone -- is the shell that runs this
	if play && words[0] == "--" {
		words = words[1:]
	}
	if len(words) > 1 || len(words) == 1 && (words[0] == "-h" || words[0] == "--help") {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/demo              the main job, end to end\n"+
			"       go run ./internal/demo -- [SHELL]   a shell to play in")
		return 2
	}

	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
	if play {
		// Ctrl-C is the shell's. It is caught, not ignored: what is ignored here would be ignored in the shell too.
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
		signals = signals[1:]
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	code, err := inSandbox(ctx, func(s *sandbox.Sandbox) (int, error) {
		if play {
			return playIn(ctx, s, words)
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

func inSandbox(ctx context.Context, do func(*sandbox.Sandbox) (int, error)) (code int, err error) {
	s, err := sandbox.New()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := s.Build(ctx, "awsmfa", "awsmfa"); err != nil {
		return 1, err
	}
	if err := s.AddSelf("list-functions", listFunctionsArg); err != nil {
		return 1, err
	}
	return do(s)
}
