// Command awsmfa obtains AWS sessions with MFA, and puts them into the shell that runs it or into one command's
// environment.
//
// The directives spare each start reading the control group's limit of processors, which a program that lives for
// milliseconds never reaches (4 % of a cached call).
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0
package main

import (
	"os"

	"awsmfa/internal/cli"
)

func main() {
	home, _ := os.UserHomeDir() // without one, the variables that name the config files must be set
	os.Exit(cli.Run(cli.System{
		Args:    os.Args,
		Getenv:  os.Getenv,
		Environ: os.Environ(),
		Home:    home,
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
	}))
}
