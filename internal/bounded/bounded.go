// Package bounded reads input that may have no end: files that may be pipes or devices, and the output of programs. It
// never prints.
package bounded

import (
	"errors"
	"io"
	"os"
	"time"
)

// The limits.
const (
	MaxOutput = 1 << 20  // bytes of a program's output
	MaxPipe   = 64 << 20 // bytes from a pipe or a device
	PipeTime  = 15 * time.Second
)

// The errors.
var (
	ErrTooLong = errors.New("more than can be read")
	ErrTooSlow = errors.New("no end within " + PipeTime.String())
)

// ReadFile is like os.ReadFile, but reads at most 64 MiB, and for at most 15 seconds, from a device or a pipe. Its
// errors are the system's, ErrTooLong and ErrTooSlow.
func ReadFile(path string) ([]byte, error) { return readFile(path, PipeTime) }

func readFile(path string, limit time.Duration) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() || info.IsDir() {
		return os.ReadFile(path)
	}
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		text, err := readPipe(path)
		read <- result{text, err}
	}()
	select {
	case r := <-read:
		return r.text, r.err
	case <-time.After(limit):
		return nil, &os.PathError{Op: "read", Path: path, Err: ErrTooSlow}
	}
}

func readPipe(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxPipe+1))
	if err == nil && len(text) > MaxPipe {
		err = &os.PathError{Op: "read", Path: path, Err: ErrTooLong}
	}
	return text, err
}

// Output counts the bytes of a program's standard output. Beyond MaxOutput Write returns ErrTooLong, which closes the
// pipe and ends the program.
type Output struct {
	size int
	full bool
}

func (o *Output) Write(p []byte) (int, error) {
	if o.size+len(p) > MaxOutput {
		o.full = true
		return 0, ErrTooLong
	}
	o.size += len(p)
	return len(p), nil
}

// Full reports whether the program exceeded the limit.
func (o *Output) Full() bool { return o.full }
