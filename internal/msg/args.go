package msg

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The arguments of messages. Names and paths come from files and the command line, so none is shown raw: a name goes with
// %q, a path as a Path, a command as a Command. Text and *Error may be arguments too.

// Path is a file's path: shown as it is when every character can be printed, else quoted.
type Path string

func (f Path) String() string { return path(string(f)) }

// Names are shown quoted, with commas between.
type Names []string

func (n Names) String() string { return list(n) }

// Chain are names in an order, shown quoted, with arrows between.
type Chain []string

func (c Chain) String() string {
	q := make([]string, len(c))
	for i, name := range c {
		q[i] = quoted(name)
	}
	return strings.Join(q, " → ")
}

// List is shown as it is, with commas between.
type List []string

func (l List) String() string { return strings.Join(l, ", ") }

// Escaped is a name without quotes around it: its control characters are escaped.
type Escaped string

func (s Escaped) String() string { return escaped(string(s)) }

// Word is one argument of another program's command line: as it is when every shell reads it so, else quoted.
type Word string

func (w Word) String() string { return word(string(w)) }

// Duration is shown without the units that are nothing: 1h, 1h30m, 90s.
type Duration time.Duration

func (d Duration) String() string { return short(time.Duration(d)) }

// Left is a duration in hours and minutes, in seconds below a minute.
type Left time.Duration

func (d Left) String() string { return lasting(time.Duration(d)) }

// Minute is a time in the reader's zone, to the minute.
type Minute time.Time

func (t Minute) String() string { return time.Time(t).Local().Format("2006-01-02 15:04") }

// A command line of awsmfa's. Placeholders, in capitals, are not quoted.
type command []string

// Command is the command line that runs awsmfa with args, such as "setup", "prod" or "exec", "[PROFILE]", "--", "COMMAND".
// The Printer spells it for the reader's shell.
func Command(args ...string) fmt.Stringer { return command(args) }

func (c command) String() string { return Printer{}.command(c) }

func (p Printer) command(args []string) string {
	if p.Command != nil {
		return p.Command(args...)
	}
	words := []string{"awsmfa"}
	for _, arg := range args {
		words = append(words, CommandWord(arg))
	}
	return strings.Join(words, " ")
}

// IsPlaceholder says whether a word of a command stands for what the reader puts there: COMMAND, [PROFILE], [ARG ...].
func IsPlaceholder(word string) bool {
	return word != "" && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_[] .|") == ""
}

// CommandWord is a word of a command line, for the eye only.
func CommandWord(arg string) string {
	if IsPlaceholder(arg) {
		return arg
	}
	return word(arg)
}

func (p Printer) arg(arg any) any {
	switch v := arg.(type) {
	case Text:
		return p.Text(v)
	case command:
		return p.command(v)
	case error:
		return p.Error(v)
	case []Text:
		texts := make([]string, len(v))
		for i, t := range v {
			texts[i] = p.Text(t)
		}
		return strings.Join(texts, ", ")
	}
	return arg
}

// quoted shows s in double quotes with control characters escaped.
func quoted(s string) string { return strconv.Quote(s) }

// path shows a file's real path: as it is when every character can be printed, else quoted.
func path(file string) string {
	if strings.ContainsFunc(file, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return quoted(file)
	}
	return file
}

// word shows s as one argument of a command line to be typed: as it is when no shell could read it otherwise, else
// quoted, which is for the eye only.
func word(s string) string {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '/' ||
			c == '+' || c == '@' || c == '-' && i > 0) {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

// list shows names quoted, with commas between.
func list(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = quoted(n)
	}
	return strings.Join(q, ", ")
}

// escaped is s with its control characters escaped and no quotes about it.
func escaped(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// short is a duration without the units that are nothing.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// lasting is a duration in hours and minutes.
func lasting(d time.Duration) string {
	if d < time.Minute {
		return d.Truncate(time.Second).String()
	}
	return short(d.Truncate(time.Minute))
}

// innermost is the last error in the chain: the libraries around it repeat the request.
func innermost(err error) string {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || u.Unwrap() == nil {
			return Foreign(err.Error())
		}
		err = u.Unwrap()
	}
}
