package msg

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The arguments of messages. Names and paths come from files and the command line, so none is shown raw: names take %q,
// paths are a Path, commands a Command. A Text and an error may be arguments, too.

// Path is a file's path: shown as it is when every character can be printed, else quoted.
type Path string

func (p Path) String() string {
	if strings.ContainsFunc(string(p), func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(string(p))
	}
	return string(p)
}

// Names are shown quoted, with commas between.
type Names []string

func (n Names) String() string { return quoted(n, ", ") }

// Chain is shown as quoted names in order, with arrows between.
type Chain []string

func (c Chain) String() string { return quoted(c, " → ") }

func quoted(names []string, between string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strconv.Quote(name)
	}
	return strings.Join(list, between)
}

// List is shown as it is, with commas between.
type List []string

func (l List) String() string { return strings.Join(l, ", ") }

// Escaped is a name without quotes around it: its control characters are escaped.
type Escaped string

func (e Escaped) String() string {
	quoted := strconv.Quote(string(e))
	return quoted[1 : len(quoted)-1]
}

// Word is one argument of another program's command line: unchanged if no shell needs it quoted, else quoted, but for
// no particular shell.
type Word string

func (w Word) String() string {
	for i := range len(w) {
		c := w[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '/' ||
			c == '+' || c == '@' || c == '-') {
			return strconv.Quote(string(w))
		}
	}
	if w == "" {
		return `""`
	}
	return string(w)
}

// Duration is shown without units that are zero: 1h, 1h30m, 1m30s.
type Duration time.Duration

func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Left is a duration in hours and minutes, in seconds below a minute.
type Left time.Duration

func (d Left) String() string {
	if left := time.Duration(d); left < time.Minute {
		return left.Truncate(time.Second).String()
	}
	return Duration(time.Duration(d).Truncate(time.Minute)).String()
}

// Minute is a time in the reader's zone, to the minute.
type Minute time.Time

func (t Minute) String() string { return time.Time(t).Local().Format("2006-01-02 15:04") }

// Foreign is a text from elsewhere, such as AWS's answer, on one line.
func Foreign(text string) string {
	if !strings.ContainsAny(text, "\r\n\t") {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(text))
}

// Cause is the text of the innermost error in the chain, on one line: the libraries around it repeat the request.
func Cause(err error) string {
	for {
		wrapper, ok := err.(interface{ Unwrap() error })
		if !ok || wrapper.Unwrap() == nil {
			text := Foreign(err.Error())
			if _, ok := errors.AsType[syscall.Errno](err); ok { // on Windows a sentence, with a full stop
				text = strings.TrimRight(text, ".。")
			}
			return text
		}
		err = wrapper.Unwrap()
	}
}

// CommandLine is a command line that runs awsmfa. The Printer quotes its arguments for the reader's shell.
type CommandLine struct {
	args         []string
	placeholders string
}

// Command is the command line that runs awsmfa with args, such as "setup", "prod".
func Command(args ...string) CommandLine { return CommandLine{args: args} }

// With adds what the reader puts in, such as "[PROFILE] -- COMMAND [ARG ...]". It is shown as it is: a profile may be
// called COMMAND, so no argument is a placeholder for its looks.
func (c CommandLine) With(placeholders string) CommandLine {
	c.placeholders = " " + placeholders
	return c
}

func (c CommandLine) String() string { return Printer{}.command(c) }

func (p Printer) command(c CommandLine) string {
	if p.Command != nil {
		return p.Command(c.args...) + c.placeholders
	}
	words := []string{"awsmfa"}
	for _, arg := range c.args {
		words = append(words, Word(arg).String())
	}
	return strings.Join(words, " ") + c.placeholders
}

// arg translates an argument that is itself a message.
func (p Printer) arg(arg any) any {
	switch v := arg.(type) {
	case Text:
		return p.Text(v)
	case CommandLine:
		return p.command(v)
	case Duration:
		return p.duration(v.String())
	case Left:
		return p.duration(v.String())
	case error:
		return p.Error(v)
	case Names:
		return quoted(v, p.comma())
	case List:
		return strings.Join(v, p.comma())
	case []Text:
		texts := make([]string, len(v))
		for i, t := range v {
			texts[i] = p.Text(t)
		}
		return strings.Join(texts, p.comma())
	}
	return arg
}

// comma stands between the parts of a list.
func (p Printer) comma() string { return p.Text(Textf(", ")) }

// duration is a duration of Go's syntax with the units of the reader's language.
func (p Printer) duration(text string) string {
	d, err := time.ParseDuration(text)
	if p.Catalog == nil || err != nil || d < time.Second || d%time.Second != 0 {
		return text
	}
	var parts []string
	for _, part := range []struct {
		n    time.Duration
		text Text
	}{
		{d / time.Hour, Textf("%d h", d/time.Hour)},
		{d % time.Hour / time.Minute, Textf("%d min", d%time.Hour/time.Minute)},
		{d % time.Minute / time.Second, Textf("%d s", d%time.Minute/time.Second)},
	} {
		if part.n > 0 {
			parts = append(parts, p.Text(part.text))
		}
	}
	return strings.Join(parts, " ")
}
