// Package startup adds one line to a shell's start-up file, finds it again and removes it. Every other byte of the file
// stays, in its encoding and with its line ends. It never prints and never reads the environment; its errors are
// messages, and after each nothing has changed.
package startup

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"awsmfa/internal/msg"
	"awsmfa/internal/rewrite"
)

// mark ends each line that Add writes. It is a comment in every shell.
const mark = "# added by awsmfa init --install"

// A Line is a line of a start-up file that loads what `awsmfa init` prints.
type Line struct {
	File   string
	Number int    // the first line is 1
	Text   string // without the comment that Add adds
	Added  bool   // by Add
}

// Lines returns the lines of the file at path that load what `awsmfa init` prints. A file that does not exist has none.
func Lines(path string) ([]Line, error) { return find(path, loads) }

// Lines returns such lines of the file, and of the others. One of those counts as not added: Add does not replace it.
func (f File) Lines() ([]Line, error) {
	found, err := Lines(f.Path)
	others, _ := filepath.Glob(f.Others)
	for _, path := range others {
		more, e := Lines(path)
		err = cmp.Or(err, e)
		for _, l := range more {
			l.Added = false
			found = append(found, l)
		}
	}
	return found, err
}

// Older returns the lines of the file at path that are a function or a completion from before `awsmfa init`, as the
// documentation had them, or as `awsmfa completion` prints them.
func Older(path string) ([]Line, error) { return find(path, isOlder) }

// find returns the lines that a func recognizes, and those that Add has added.
func find(path string, recognize func(line string) bool) ([]Line, error) {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, rewrite.CheckLinks(path)
	}
	if err != nil {
		return nil, rewrite.ReadError(path, err)
	}
	t, err := newText(path, old)
	if err != nil {
		return nil, err
	}
	var found []Line
	for i, l := range t.lines() {
		line := t.chars[l.from:l.to]
		text, added := strings.CutSuffix(line, mark)
		if added && recognize(text) || recognize(line) {
			found = append(found, Line{path, i + 1, strings.TrimSpace(text), added})
		}
	}
	return found, nil
}

// loads reports whether a line runs `awsmfa init`, as a person may have written it. A comment does not.
func loads(line string) bool {
	_, ok := runs(line, "init")
	return ok
}

// isOlder reports whether a line passes its arguments on to `awsmfa env`, or asks `awsmfa complete`.
func isOlder(line string) bool {
	arguments, ok := runs(line, "env")
	passed := func(all string) bool { return strings.Contains(arguments, all) }
	if ok && slices.ContainsFunc([]string{`"$@"`, "@args", "$argv", `\!*`, "$@a", "...$a", "@(args)"}, passed) {
		return true
	}
	_, ok = runs(line, "complete")
	return ok
}

// runs reports whether a line runs a command of awsmfa, and returns the arguments. A comment runs nothing.
func runs(line, command string) (arguments string, ok bool) {
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return "", false
	}
	for found := true; found; {
		_, line, found = strings.Cut(line, "awsmfa")
		after := strings.TrimLeft(strings.TrimPrefix(line, ".exe"), `'")`)
		if rest, found := strings.CutPrefix(strings.TrimLeft(after, " "), command+" "); found && after[0] == ' ' {
			return rest, true
		}
	}
	return "", false
}

// Add adds a line at the end of the file, below a blank line: one of ASCII, or of UTF-8 to a file in UTF-8. It creates
// a missing file and its directory. A line that an earlier Add has added is replaced where it is.
func Add(path, line string) error {
	line += "  " + mark
	return rewrite.File(path, func(old []byte) ([]byte, error) {
		t, err := newText(path, old)
		if err != nil {
			return nil, err
		}
		if strings.ContainsFunc(line, notASCII) && (t.width > 1 || !utf8.ValidString(t.chars)) {
			return nil, msg.Errorf("%s is not in UTF-8, and the path of awsmfa in the line is not ASCII; "+
				"nothing was changed", msg.Path(path)).
				Hint("add the directory of awsmfa to PATH, and run this again")
		}
		if strings.Contains(t.chars, "# SIG # Begin signature block") {
			return nil, msg.Errorf("%s is signed, and a new line would make the signature invalid; nothing was changed",
				msg.Path(path)).Hint("add the line yourself, and sign the file again")
		}
		for _, l := range t.lines() {
			if strings.HasSuffix(t.chars[l.from:l.to], mark) {
				return t.replace(l.from, l.to, line), nil
			}
		}
		end := t.lineEnd()
		if t.chars != "" {
			line = end + line
		}
		return t.replace(len(t.chars), len(t.chars), line+end), nil
	})
}

func notASCII(r rune) bool { return r > unicode.MaxASCII }

// Remove removes the lines that Add has added, each with what Add has added around it: a blank line above it, or the
// line end that the file lacked. It returns how many there were.
func Remove(path string) (n int, err error) {
	err = rewrite.File(path, func(old []byte) ([]byte, error) {
		n = 0
		t, err := newText(path, old)
		if err != nil {
			return nil, err
		}
		lines := t.lines()
		for i, l := range slices.Backward(lines) {
			if !strings.HasSuffix(t.chars[l.from:l.to], mark) {
				continue
			}
			n++
			from := l.from
			if i > 0 && (l.next == len(t.chars) || lines[i-1].from == lines[i-1].to) {
				from = lines[i-1].to
			}
			old = t.replace(from, l.next, "")
			if t, err = newText(path, old); err != nil {
				return nil, err
			}
		}
		if n == 0 {
			return nil, nil
		}
		return old, nil
	})
	return n, err
}
