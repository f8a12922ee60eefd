package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// versionCmd prints what the Go toolchain stamped into the binary, a tag or a commit.
type versionCmd struct{}

func (versionCmd) Run(a *app) error {
	return a.print(versionLine() + "\n")
}

// versionFlag is --version, the same.
type versionFlag bool

// BeforeReset is Kong's hook for flags that act at once, as its own --help does.
func (versionFlag) BeforeReset(a *app, k *kong.Kong) error {
	if err := (versionCmd{}).Run(a); err != nil {
		return err
	}
	k.Exit(exitOK)
	return nil
}

// versionLine is what --version prints.
func versionLine() string {
	return fmt.Sprintf("awsmfa %s (%s, %s/%s)", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	var revision, changed string
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				changed = "+changed"
			}
		}
	}
	if revision == "" {
		return "devel"
	}
	return "devel " + revision + changed
}
