//go:build unix

package window

import (
	"bytes"
	"context"
	_ "embed" // the script
	"errors"
	"html"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A program shows a window.
type program struct {
	name, path string
	environ    []string
	// args are its arguments, for a window that stays open no longer than limit.
	args func(title, text string, limit time.Duration) []string
	// closed reports whether this exit code and stderr mean that the person closed the window.
	closed func(code int, stderr string) bool
}

// find returns those of the programs that are installed, and the names of all.
func find(environ []string, programs ...program) (ways []way, looked []string) {
	for _, p := range programs {
		looked = append(looked, p.name)
		if path, err := exec.LookPath(p.name); err == nil {
			p.path, p.environ = path, environ
			ways = append(ways, p.run)
		}
	}
	return ways, looked
}

// maxTime is how long a window stays open at most if its context has no end.
const maxTime = 24 * time.Hour

func (p program) run(ctx context.Context, title, text string) (string, error) {
	limit := maxTime
	if end, ok := ctx.Deadline(); ok {
		limit = time.Until(end)
	}
	cmd := exec.CommandContext(ctx, p.path, p.args(title, text, limit)...)
	cmd.Env = p.environ
	var stdout, stderr output
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	err := runWithUs(cmd)
	complaint := stderr.lastLine()
	exit := (*exec.ExitError)(nil)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil:
		return strings.TrimSpace(stdout.String()), nil
	case errors.As(err, &exit) && p.closed(exit.ExitCode(), stderr.String()):
		return "", ErrClosed
	}
	return "", &FailedError{p.name, complaint, err}
}

// zenity is GNOME's. It reads backslashes as escapes and an underscore as a mark of a shortcut, but no markup
// (zenity, src/entry.c, in versions 3 and 4). Without a display it ends with 1, too.
func zenity() program {
	special := strings.NewReplacer(`\`, `\\`, `_`, `__`)
	return program{
		name: "zenity",
		args: func(title, text string, _ time.Duration) []string {
			return []string{"--entry", "--title=" + title, "--text=" + special.Replace(text)}
		},
		closed: func(code int, stderr string) bool {
			return code == 1 && !strings.Contains(strings.ToLower(stderr), "display")
		},
	}
}

// kdialog is KDE's. It reads backslashes as escapes (kdialog, src/utils.cpp), and Qt takes a text that looks like HTML
// for HTML, so this always is, and an ampersand in it for the mark of a shortcut.
func kdialog() program {
	lines := strings.NewReplacer("\n", "<br>", `\`, `\\`)
	shortcut := strings.NewReplacer("&", "&&")
	return program{
		name: "kdialog",
		args: func(title, text string, _ time.Duration) []string {
			text = lines.Replace(html.EscapeString(shortcut.Replace(text)))
			return []string{"--title", title, "--inputbox", "<qt>" + text + "</qt>"}
		},
		closed: func(code int, _ string) bool { return code == 1 },
	}
}

//go:embed ask.applescript
var appleScript string

// osascript is macOS's. The script gets its texts as arguments, so nothing in them is part of it. Its window closes by
// itself, too, because macOS does not end it with this process.
func osascript() program {
	return program{
		name: "osascript",
		args: func(title, text string, limit time.Duration) []string {
			return []string{"-e", appleScript, title, text, strconv.Itoa(int(limit/time.Second) + 1)}
		},
		// errAEEventUserCanceled or userCanceledErr of AppleScript ("User canceled.").
		closed: func(_ int, stderr string) bool { return strings.Contains(stderr, "(-128)") },
	}
}

// output holds the end of what a program prints.
type output struct{ bytes.Buffer }

// maxOutput is more than a person types, or a program complains, in bytes.
const maxOutput = 4 << 10

func (o *output) Write(p []byte) (int, error) {
	n, _ := o.Buffer.Write(p)
	if extra := o.Len() - maxOutput; extra > 0 {
		o.Next(extra)
	}
	return n, nil
}

func (o *output) lastLine() string {
	text := strings.TrimSpace(o.String())
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
