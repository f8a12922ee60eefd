// Command awsmfa obtains AWS sessions with MFA and puts them where they are needed: into the shell that runs it, or into
// one command's environment.
package main

import (
	"os"

	"awsmfa/internal/cli"
)

func main() {
	os.Exit(cli.Run(os.Args, cli.Streams{Stdout: os.Stdout, Stderr: os.Stderr}))
}
