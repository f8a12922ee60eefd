package term

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/windows"
)

func open() (in, out *os.File, err error) {
	// A service or a CI runner may own a console that nobody sees: someone sits at this one only when a standard
	// stream is it.
	//nolint:forbidigo // which streams are a console is asked, none is read
	if !slices.ContainsFunc([]*os.File{os.Stdin, os.Stdout, os.Stderr}, isConsole) {
		return nil, nil, ErrNone
	}
	in, err = os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	out, err = os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		in.Close()
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return in, out, nil
}

func isConsole(f *os.File) bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(f.Fd()), &mode) == nil
}
