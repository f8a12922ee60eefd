//go:build unix

package profile

import (
	"os"
	"syscall"
)

// mapFile shows a file's bytes without copying them. It is nil where that cannot be had.
func mapFile(f *os.File, size int64) []byte {
	b, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return b
}

func unmapFile(b []byte) { _ = syscall.Munmap(b) }
