package profile

import (
	"bytes"
	"strings"
	"unicode"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
)

// What botocore, and so the AWS CLI, makes of the two files where this package reads more: doctor reports it.

// CheckCLI returns an error for the first line because of which the AWS CLI reads nothing in the file at path: its
// encoding (a comment's counts, too), or Python's strict configparser. Errors of reading are left to Load.
func CheckCLI(path string, credentials bool) error {
	text, err := bounded.ReadFile(path)
	if err != nil || isUTF16(text) {
		return nil //nolint:nilerr // Load reports it
	}
	if err := checkEncoding(path, text); err != nil {
		return err
	}
	return (&cliParser{path: path, credentials: credentials, seen: map[string]Pos{}}).parse(lineFeeds(decoded(text)))
}

// cliParser walks the lines as configparser does (RawConfigParser._read), and botocore's configloader after it.
type cliParser struct {
	path        string
	credentials bool // without settings indented below others

	section string
	option  string // the setting that indented lines continue, "" if there is none
	nested  bool   // it has nothing behind its "=": indented lines are settings below it
	indent  int
	seen    map[string]Pos // sections, and settings with their section
}

func (c *cliParser) parse(text []byte) error {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if err := c.line(string(line), Pos{c.path, number}); err != nil {
			return err
		}
	}
	return nil
}

func (c *cliParser) line(line string, at Pos) error {
	value := strings.TrimSpace(line)
	if value == "" || value[0] == '#' || value[0] == ';' {
		return nil
	}
	if c.continues(line) {
		if c.nested && !strings.Contains(value, "=") {
			return c.unreadable(msg.Errorf("%s is indented below %s, and is no setting", at, c.option).
				Hint("write NAME = VALUE, or remove the indentation"))
		}
		return nil
	}
	c.indent = indentOf(line)
	if name, ok := cliHeader(value); ok {
		c.section, c.option = name, ""
		if first, twice := c.first("["+name, at); twice && name != "DEFAULT" {
			return c.unreadable(msg.Errorf("%s begins the section [%s] a second time", at, msg.Escaped(name)).
				Hint("add its lines to the first one (%s)", first))
		}
		return nil
	}
	end := strings.IndexAny(value, "=:")
	switch {
	case c.section == "":
		return c.unreadable(msg.Errorf("%s is before the first section", at).Hint("put [default] above it"))
	case end <= 0:
		return c.unreadable(msg.Errorf("%s is neither a setting nor a section's header", at).
			Hint("write NAME = VALUE or [NAME], or make it a comment, with # at its beginning"))
	}
	c.option = strings.ToLower(strings.TrimSpace(value[:end]))
	c.nested = !c.credentials && strings.TrimSpace(value[end+1:]) == ""
	if first, twice := c.first(c.option+"["+c.section, at); twice {
		return c.unreadable(msg.Errorf("%s has %s a second time in its section", at, msg.Escaped(c.option)).
			Hint("remove this line or the first one (%s)", first))
	}
	return nil
}

// continues reports whether the line is more of the setting above, because it is indented.
func (c *cliParser) continues(line string) bool { return c.option != "" && indentOf(line) > c.indent }

func indentOf(line string) int {
	return strings.IndexFunc(line, func(r rune) bool { return !unicode.IsSpace(r) })
}

// first returns the line that had the name before, if there is one.
func (c *cliParser) first(name string, at Pos) (first Pos, twice bool) {
	if first, twice = c.seen[name]; !twice {
		c.seen[name] = at
	}
	return first, twice
}

// unreadable adds what follows from a line.
func (c *cliParser) unreadable(line *msg.Error) error {
	return msg.Errorf("%s, so that every aws command fails: Unable to parse config file", line).Wrap(line)
}

// cliHeader returns the text of a header between the first "[" and the last "]" of its line, as botocore sees it.
func cliHeader(line string) (name string, ok bool) {
	end := strings.LastIndexByte(line, ']')
	if line[0] != '[' || end < 2 {
		return "", false
	}
	return line[1:end], true
}

// UnreadByCLI returns an error for each of the profile's headers that the AWS CLI reads as that of another profile, or
// of none.
func (p Profile) UnreadByCLI() (all []*msg.Error) {
	c := p.contents()
	for _, s := range []struct {
		at          Pos
		credentials bool
	}{{c.config.pos, false}, {c.credentials.pos, true}} {
		if s.at.Line == 0 {
			continue
		}
		header, continued := lineOf(s.at, s.credentials)
		name, ok := cliName(header, s.credentials)
		ok = ok && !continued
		if header == "" || ok && name == p.Name {
			continue
		}
		err := msg.Errorf("the AWS CLI does not read %s as a header of profile %q", s.at, p.Name)
		if ok {
			err = msg.Errorf("the AWS CLI reads %s as the header of profile %q, not of %q", s.at, name, p.Name)
		}
		if s.credentials {
			all = append(all, err.Hint("write %s, with nothing else in the line", msg.Path("["+p.Name+"]")))
		} else {
			all = append(all, err.Hint("write %s, with nothing else in the line", msg.Path(quotedHeader(p.Name))))
		}
	}
	return all
}

// cliName returns the name of the profile whose header the line is for botocore (configloader.build_profile_map).
func cliName(line string, credentials bool) (name string, ok bool) {
	header, ok := cliHeader(strings.TrimSpace(line))
	switch {
	case !ok || credentials || header == "default":
		return header, ok
	case !strings.HasPrefix(header, "profile"):
		return "", false
	}
	words, ok := shellWords(header)
	if !ok || len(words) != 2 {
		return "", false
	}
	return words[1], true
}

// quotedHeader is configHeader for any name, with quotes where the AWS CLI needs them.
func quotedHeader(name string) string {
	switch {
	case !strings.ContainsAny(name, " \t\"'\\"):
		return configHeader(name)
	case strings.Contains(name, "'"):
		return `[profile "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"]`
	}
	return "[profile '" + name + "']"
}

// lineOf returns a line of a file, "" if it cannot be read any more, and whether botocore takes it for more of the
// setting above.
func lineOf(at Pos, credentials bool) (line string, continued bool) {
	text, err := bounded.ReadFile(at.File)
	if err != nil {
		return "", false
	}
	lines := strings.Split(string(bytes.TrimPrefix(lineFeeds(decoded(text)), utf8Mark)), "\n")
	if at.Line > len(lines) {
		return "", false
	}
	c := cliParser{path: at.File, credentials: credentials, seen: map[string]Pos{}}
	for i, above := range lines[:at.Line-1] {
		_ = c.line(above, Pos{at.File, i + 1}) // doctor reports what the AWS CLI cannot read
	}
	line = lines[at.Line-1]
	return line, c.continues(line)
}

// shellWords splits text into words as a POSIX shell does, without expansions (Python's shlex.split, which botocore
// uses for headers). ok is false if a quote is not closed, or nothing follows a backslash.
func shellWords(text string) (words []string, ok bool) {
	var word []byte
	var quote byte
	inWord := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote == 0,
			c == '\\' && quote == '"' && i+1 < len(text) && strings.IndexByte(`"\`, text[i+1]) >= 0:
			if i++; i == len(text) {
				return nil, false
			}
			word, inWord = append(word, text[i]), true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && strings.IndexByte(" \t\r\n", c) >= 0:
			if inWord {
				words = append(words, string(word))
			}
			word, inWord = nil, false
		default:
			word, inWord = append(word, c), true
		}
	}
	if inWord {
		words = append(words, string(word))
	}
	return words, quote == 0
}
