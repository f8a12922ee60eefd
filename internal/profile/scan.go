package profile

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
	"awsmfa/internal/rewrite"
)

// source is the text of one of the two files. A nil *source is a file that does not exist; it reads as empty.
type source struct {
	path  string
	text  []byte // without a UTF-8 mark; its lines end with "\n" or "\r\n"
	toAdd int    // the number of the first line that is only to be added, 0 if there is none

	byName map[string][]part // nil if the source is not indexed

	restricted  bool   // to these parts, instead of text
	shared, own []part // see only
}

// open reads the file at path. A file that does not exist is nil and no error.
func open(path string) (*source, error) {
	if path == "" {
		return nil, nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, rewrite.DirectoryError(path)
	}
	text, err := bounded.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, rewrite.CheckLinks(path)
	case err != nil:
		return nil, readError(path, err)
	}
	return newSource(path, text)
}

// newSource returns text as the contents of the file at path.
func newSource(path string, text []byte) (*source, error) {
	if isUTF16(text) {
		return nil, utf16Error(path)
	}
	return &source{path: path, text: lineFeeds(bytes.TrimPrefix(decoded(text), utf8Mark))}, nil
}

// lineFeeds replaces each carriage return that no line feed follows with a line feed: it ends a line for botocore
// (Python's universal newlines), so a setting after it must not be lost. No offset changes.
func lineFeeds(text []byte) []byte {
	own := false
	for at := 0; ; at++ {
		hop := bytes.IndexByte(text[at:], '\r')
		if hop < 0 {
			return text
		}
		if at += hop; at+1 < len(text) && text[at+1] == '\n' {
			continue
		}
		if !own {
			text, own = bytes.Clone(text), true
		}
		text[at] = '\n'
	}
}

var utf8Mark = []byte("\xef\xbb\xbf") // which Notepad writes

func readError(path string, err error) error {
	switch {
	case errors.Is(err, bounded.ErrTooLong):
		return msg.Errorf("reading %s: it is longer than %d MiB", msg.Path(path), bounded.MaxPipe>>20).
			Hint("name a regular file").Wrap(err)
	case errors.Is(err, bounded.ErrTooSlow):
		return msg.Errorf("reading %s: it did not end within %s", msg.Path(path), bounded.PipeTime).
			Hint("name a regular file, or a pipe that its writer closes").Wrap(err)
	}
	return rewrite.ReadError(path, err)
}

func utf16Error(path string) error {
	return msg.Errorf("%s is UTF-16; save it as UTF-8", msg.Path(path)).
		Hint("Windows PowerShell writes UTF-16 with >; use an editor, or Set-Content -Encoding ascii")
}

func nulError(at Pos) error {
	return msg.Errorf("there is a NUL byte at %s", at).Hint("the file is damaged or not text; save it as UTF-8")
}

// picker decides by a section's header, the line from "[" on, whether to read the section. It returns the section to
// add the lines below to, or nil to skip them; malformed reports a requested section whose header is malformed.
type picker func(header []byte) (into *section, malformed bool)

// scan calls pick with every header, and parses only the sections that it picks: garbage elsewhere is no error. With
// strict, a line before the first section is an error, as in botocore; the Go SDK would ignore a setting there
// silently.
func (s *source) scan(strict bool, pick picker) error {
	if s == nil {
		return nil
	}
	if !s.restricted {
		return s.scanPart(part{s.text, 1}, strict, pick)
	}
	rest := *s
	for p, ok := rest.next(); ok; p, ok = rest.next() {
		if err := s.scanPart(p, strict && p.line == 1, pick); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) scanPart(p part, strict bool, pick picker) error {
	var into *section
	preamble, text := strict, p.text
	counted, number := 0, p.line
	here := func() Pos { // counts lines only where their number matters
		at := len(p.text) - len(text)
		number += bytes.Count(p.text[counted:at], newline)
		counted = at
		if s.toAdd > 0 && number >= s.toAdd {
			return Pos{s.path, notYet + number}
		}
		return Pos{s.path, number}
	}
	for len(text) > 0 {
		if into == nil && !preamble {
			text = text[nextHeader(text):]
		}
		line, rest := cutLine(text)
		header := trimBlanks(line)
		switch {
		case bytes.HasPrefix(header, bracket):
			var malformed bool
			if into, malformed = pick(header); malformed {
				return msg.Errorf("the section header at %s does not end with ]", here()).
					Hint("write [profile NAME] in a config file, [NAME] in a credentials file")
			}
			if preamble = false; into != nil {
				if err := into.addHeader(header, here()); err != nil && !into.lenient {
					return err
				}
			}
		case into != nil:
			if err := into.read(line, here()); err != nil && !into.lenient {
				return err
			}
		case blankOrComment(line): // of the preamble
		case bytes.IndexByte(line, 0) >= 0:
			return nulError(here())
		default:
			return msg.Errorf("the line at %s is before the first section", here()).
				Hint("put [default] above it")
		}
		text = rest
	}
	return nil
}

// nextHeader returns the offset of the next line that is a header, or the length of text. Looking for brackets is four
// times as fast as looking at each line.
func nextHeader(text []byte) int {
	for at := 0; ; {
		hop := bytes.IndexByte(text[at:], '[')
		if hop < 0 {
			return len(text)
		}
		at += hop
		start := 1 + bytes.LastIndexByte(text[:at], '\n')
		if len(trimBlanks(text[start:at])) == 0 {
			return start
		}
		line, _ := cutLine(text[at:])
		at += len(line)
	}
}

// cutLine returns the first line of text without its line feed, and the lines after it.
func cutLine(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		return text, nil
	}
	return text[:end], text[end+1:]
}

// isBlank reports whether c may precede a header in its line.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' }

func trimBlanks(text []byte) []byte {
	for len(text) > 0 && isBlank(text[0]) {
		text = text[1:]
	}
	return text
}

var newline, bracket = []byte{'\n'}, []byte{'['}

// isUTF16 detects UTF-16 by a byte order mark, or by a first character that is ASCII.
func isUTF16(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	return b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff || (b[0] == 0) != (b[1] == 0)
}

// blankOrComment is the Go SDK's rule for lines without meaning.
func blankOrComment(text []byte) bool {
	t := bytes.TrimLeft(text, " \t")
	return len(t) == 0 || t[0] == '#' || t[0] == ';' || len(bytes.TrimSpace(t)) == 0
}

// section is a section of one file; a repeated header continues it.
type section struct {
	pos      Pos    // of the first header; zero if there is no section
	spelling string // of that header, between its brackets
	entries  []entry
	last     int  // the index of the entry that indented lines belong to; -1 after a header
	indent   int  // the indentation of that entry's own line
	lenient  bool // ignore mistakes: the section was not requested
}

// addHeader begins or continues the section. A header with another spelling is an error: [profile dev] and
// [profile "dev"] are two sections for both SDKs; botocore uses the later one as the profile, the Go SDK the first.
func (s *section) addHeader(header []byte, at Pos) error {
	text, _ := spelling(header)
	s.last = -1
	switch {
	case s.pos.Line == 0:
		s.pos, s.spelling = at, string(text)
	case s.spelling != string(text):
		return duplicateError(s, &section{pos: at, spelling: string(text)})
	}
	return nil
}

// duplicate is the error for two sections of the same name.
func duplicateError(a, b *section) error {
	if a.pos.Line > b.pos.Line {
		a, b = b, a
	}
	return msg.Errorf("%s at %s and %s at %s have the same name; AWS clients disagree on which one counts",
		msg.Path("["+a.spelling+"]"), a.pos, msg.Path("["+b.spelling+"]"), b.pos).
		Hint("move all settings to one of the two, and delete the other")
}

// inherit adds the settings of the file's [DEFAULT], nil if there is none, that the section does not have.
func (s *section) inherit(shared *section) {
	if s.pos.Line == 0 || shared == nil {
		return
	}
	own := len(s.entries)
	for _, e := range shared.entries {
		name := cmp.Or(e.parent, e.key)
		if !slices.ContainsFunc(s.entries[:own], func(o entry) bool { return o.parent == "" && o.key == name }) {
			e.inherited = true
			s.entries = append(s.entries, e)
		}
	}
}

// entry is one setting. parent is the setting it is indented under ("s3", "sts"), or "".
type entry struct {
	parent, key, value string
	raw                string // the value in botocore, which keeps quotes and comments
	pos                Pos
	inherited          bool // from [DEFAULT]
}

// isCommand reports whether the setting is a command line, which keeps its quotes and "#".
func isCommand(key string) bool { return key == "credential_process" || key == "mfa_process" }

// read parses one line below a header. The rules are those of the Go SDK (config/internal/ini), but a line that it
// would ignore silently is an error here.
func (s *section) read(text []byte, at Pos) error {
	if blankOrComment(text) {
		return nil
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nulError(at)
	}
	if !utf8.Valid(text) {
		return utf8Error(at, text)
	}
	body := bytes.TrimLeft(text, " \t")
	indent := len(text) - len(body)

	if indent == 0 {
		e, ok := property(bytes.TrimRight(cutComment(text), " \t"))
		if !ok {
			return lineError(at)
		}
		s.set(e, text, at, 0)
		return nil
	}

	e, ok := property(body)
	switch {
	case ok && s.last >= 0 && s.entries[s.last].value == "" && indent > s.indent:
		// A nested setting: "s3 =" and below it, indented, "addressing_style = path". In both SDKs a comment after the
		// value is part of it. The indentation matters as in botocore: in a section that is indented as a whole, the Go
		// SDK would take all lines after "s3 =" as settings of s3, even the region.
		e.parent = s.entries[s.last].key
		s.setNested(e, at)
	case ok && !s.isArgument(e.key):
		// Not below a setting without a value: a setting of the section, as in the Go SDK (in botocore it continues the
		// value above). Here the Go SDK removes first the quotes and then the comment, unlike above.
		e.value = string(bytes.TrimSpace(cutComment([]byte(e.value))))
		s.set(e, body, at, indent)
	case s.last >= 0 && s.entries[s.last].value != "" && indent > 0 && !badKey(body):
		// It continues the value above. As in botocore, and unlike in the Go SDK, white space and a carriage return at
		// the end of the line are not part of it.
		s.entries[s.last].addLine(string(bytes.TrimSpace(body)))
	default:
		return lineError(at) // as in botocore; the Go SDK ignores the line
	}
	return nil
}

// lineError does not show the line: it may be a secret without its key.
func lineError(at Pos) error {
	return msg.Errorf("the line at %s is neither key = value nor a comment", at).
		Hint("fix the line, or put a # before it")
}

// isArgument reports whether an indented "--key=value" is an argument of the command line above, not a setting.
func (s *section) isArgument(key string) bool {
	return s.last >= 0 && isCommand(s.entries[s.last].key) && strings.HasPrefix(key, "-")
}

// addLine continues the value. The lines of a command line are joined with blanks: a shell would run each as a command.
func (e *entry) addLine(line string) {
	end := "\n"
	if isCommand(e.key) {
		end = " "
	}
	e.value, e.raw = e.value+end+line, e.raw+end+line
}

// usualEntries is the number of settings of most sections, at most.
const usualEntries = 4

// set sets a setting of the section itself. It replaces an earlier one of that name and the settings nested in it.
func (s *section) set(e entry, line []byte, at Pos, indent int) {
	if s.entries == nil {
		s.entries = make([]entry, 0, usualEntries)
	}
	others := s.entries[:0]
	for _, old := range s.entries {
		if old.parent != e.key && (old.parent != "" || old.key != e.key) {
			others = append(others, old)
		}
	}
	e.pos, e.raw = at, e.value
	if raw := bytes.TrimSpace(line[bytes.IndexAny(line, "=:")+1:]); string(raw) != e.value {
		e.raw = string(raw)
	}
	if isCommand(e.key) {
		e.value = e.raw
	}
	s.entries = append(others, e)
	s.last, s.indent = len(s.entries)-1, indent
}

// setNested sets a setting nested in another.
func (s *section) setNested(e entry, at Pos) {
	e.pos = at
	for i, old := range s.entries {
		if old.parent == e.parent && old.key == e.key {
			s.entries[i] = e
			return
		}
	}
	s.entries = append(s.entries, e)
}

// all returns the settings of a section, which may be nil.
func (s *section) all() []entry {
	if s == nil {
		return nil
	}
	return s.entries
}

// get returns a setting, or nil if there is none.
func (s *section) get(parent, key string) *entry {
	entries := s.all()
	for i := range entries {
		if e := &entries[i]; e.parent == parent && e.key == key {
			return e
		}
	}
	return nil
}

// property splits "key = value" or "key: value", which the SDKs accept too, at the first of the two signs. It returns
// the key in lower case, and removes quotes around the whole value, like the Go SDK and unlike botocore.
func property(text []byte) (entry, bool) {
	i := bytes.IndexAny(text, "=:")
	if i < 0 || badKey(text) {
		return entry{}, false
	}
	v := string(bytes.TrimSpace(text[i+1:]))
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
		v = v[1 : len(v)-1]
	}
	return entry{key: strings.ToLower(string(bytes.TrimSpace(text[:i]))), value: v}, true
}

// badKey reports whether the key is empty, as in the "=======" of a git conflict.
func badKey(text []byte) bool {
	i := bytes.IndexAny(text, "=:")
	return i >= 0 && len(bytes.TrimSpace(text[:i])) == 0
}

// cutComment cuts text at white space followed by "#" or ";". In botocore a comment cannot follow a value.
func cutComment(text []byte) []byte {
	for i := 1; i < len(text); i++ {
		if (text[i] == '#' || text[i] == ';') && (text[i-1] == ' ' || text[i-1] == '\t') {
			return text[:i-1]
		}
	}
	return text
}
