//go:build unix

package rewrite

import (
	"io/fs"
	"os"
	"syscall"
)

// inherit gives the new file, while it is empty, the owner, group and permissions of the old one. It does not copy
// access lists and other extended attributes.
func inherit(f *os.File, _ string, old fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	was, ok := old.Sys().(*syscall.Stat_t)
	is, ok2 := now.Sys().(*syscall.Stat_t)
	if ok && ok2 && (was.Uid != is.Uid || was.Gid != is.Gid) {
		if err := f.Chown(int(was.Uid), int(was.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(old.Mode().Perm())
}
