// Command weigh runs a program and prints its peak resident memory in bytes, or 0 if the system does not report it.
//
// It is a separate program because it must be small: on Linux a child that has not yet executed its program shares its
// parent's memory, so the parent's size counts as the child's. Values above its own size (about 5 MB) are accurate.
package main

import (
	"os"
	"strconv"
)

func main() {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		fail(err)
	}
	p, err := os.StartProcess(os.Args[1], os.Args[1:], &os.ProcAttr{Files: []*os.File{null, null, os.Stderr}})
	if err != nil {
		fail(err)
	}
	state, err := p.Wait()
	if err != nil {
		fail(err)
	}
	if !state.Success() {
		os.Stderr.WriteString("weigh: " + state.String() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString(strconv.FormatInt(peak(state), 10) + "\n")
}

func fail(err error) {
	os.Stderr.WriteString("weigh: " + err.Error() + "\n")
	os.Exit(1)
}
