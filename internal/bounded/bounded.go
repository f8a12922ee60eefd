// Package bounded reads what may have no end: a file that is none, what a program prints. It never prints, and knows
// nothing of what it reads.
package bounded

import (
	"errors"
	"io"
	"os"
	"time"
)

// The bounds.
const (
	MaxOutput = 1 << 20  // of what a program prints, in bytes
	MaxPipe   = 64 << 20 // of a file that comes through a pipe or a device, in bytes
	PipeTime  = 15 * time.Second
)

// The errors.
var (
	ErrTooLong = errors.New("more than can be read")
	ErrTooSlow = errors.New("its end did not come within " + PipeTime.String())
)

// ReadFile is os.ReadFile, which has no end where path is a device, and waits for ever for a pipe that nobody writes to:
// those it reads for 15 seconds at most, and no more of them than 64 MiB. Its errors are the system's, ErrTooLong and
// ErrTooSlow.
func ReadFile(path string) ([]byte, error) {
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
	case <-time.After(PipeTime):
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

// Output counts what a program prints, as its standard output. A program that goes on beyond MaxOutput is cut off, which
// ends it, and Write says ErrTooLong.
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

// Full says whether the program printed more.
func (o *Output) Full() bool { return o.full }
