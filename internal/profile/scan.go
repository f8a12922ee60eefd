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
)

// source is the text of one of the two files. A nil *source is a file that does not exist, which reads as an empty one.
type source struct {
	path string
	text []byte // without a UTF-8 mark; its lines end with "\n" or "\r\n"

	byName map[string][]part // nil in a source that is not indexed
	parts  []part            // what is looked at instead of text, where there are any
}

// open reads the file at path. A file that does not exist is nil and no error.
func open(path string) (*source, error) {
	if path == "" {
		return nil, nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, msg.ProfileFileDirectory(path)
	}
	text, err := bounded.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, unreadable(path, err)
	}
	return newSource(path, text)
}

// newSource is what the file at path holds, or would hold.
func newSource(path string, text []byte) (*source, error) {
	if isUTF16(text) {
		return nil, msg.ProfileFileUTF16(path)
	}
	return &source{path: path, text: lineFeeds(bytes.TrimPrefix(decoded(text), utf8Mark))}, nil
}

// lineFeeds is text with a line feed for each carriage return that has none behind it: such a one ends a line for
// botocore (Python's universal newlines), and nothing that is written in a line may be lost. No offset changes.
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

func unreadable(path string, err error) error {
	reason := err
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		reason = pe.Err
	}
	return msg.ProfileFileUnreadable(path, reason.Error(), err)
}

// picker decides on a section by its header, the line from "[" to its end. It returns the section to put the lines
// below into, or nil to skip them; and whether it is a section that is wanted but whose header is malformed.
type picker func(header []byte) (into *section, malformed bool)

// scan hands every header to pick, and looks at what stands between only in the sections that were picked: garbage
// elsewhere is no error. With strict, a line before the first section is an error, as it is for botocore (the Go SDK
// drops it): its writer believes that it has been read.
func (s *source) scan(strict bool, pick picker) error {
	if s == nil {
		return nil
	}
	if s.parts == nil {
		return s.scanPart(part{s.text, 1}, strict, pick)
	}
	for _, p := range s.parts {
		if err := s.scanPart(p, strict && p.line == 1, pick); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) scanPart(p part, strict bool, pick picker) error {
	var into *section
	preamble, number := strict, p.line
	for rest := p.text; len(rest) > 0; number++ {
		if into == nil && !preamble {
			skipped := nextHeader(rest)
			number += bytes.Count(rest[:skipped], newline)
			if rest = rest[skipped:]; len(rest) == 0 {
				return nil
			}
		}
		line := rest[:lineEnd(rest)]
		rest = rest[len(line):]
		header := trimBlanks(line)
		switch {
		case len(header) > 0 && header[0] == '[':
			var malformed bool
			if into, malformed = pick(bytes.TrimSuffix(header, newline)); malformed {
				return msg.ProfileBadHeader(s.path, number)
			}
			if preamble = false; into != nil {
				if err := into.begin(header, Pos{s.path, number}); err != nil && !into.lenient {
					return err
				}
			}
		case into != nil:
			if err := into.read(bytes.TrimSuffix(line, newline), Pos{s.path, number}); err != nil && !into.lenient {
				return err
			}
		case blankOrComment(line):
		case bytes.IndexByte(line, 0) >= 0:
			return msg.ProfileNUL(s.path, number)
		default:
			return msg.ProfileBeforeSection(s.path, number)
		}
	}
	return nil
}

// isBlank says what may stand before a header.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' }

func trimBlanks(text []byte) []byte {
	for len(text) > 0 && isBlank(text[0]) {
		text = text[1:]
	}
	return text
}

// nextHeader is where the line of the first header in text begins, or text's end. Going from "[" to "[" makes a section
// that is skipped cost next to nothing.
func nextHeader(text []byte) int {
	for at := 0; ; at++ {
		hop := bytes.IndexByte(text[at:], '[')
		if hop < 0 {
			return len(text)
		}
		at += hop
		begin := at
		for begin > 0 && isBlank(text[begin-1]) {
			begin--
		}
		if begin == 0 || text[begin-1] == '\n' {
			return begin
		}
	}
}

// lineEnd is the length of the line that text begins with, its end included.
func lineEnd(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}

var newline = []byte{'\n'}

// isUTF16 tells from a file's first bytes whether it is UTF-16, with or without its mark: a config file's first
// character is ASCII in all but name.
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

// section is what one file says under one header; headers that repeat go on where the first left off.
type section struct {
	pos      Pos    // of the first header; no line when there was none
	spelling string // of that header, between its brackets
	entries  []entry
	last     int  // the index of the entry that indented lines belong to; -1 after a header
	indent   int  // how far that entry's own line is indented
	lenient  bool // nobody asked for it: what is wrong in it is no error
}

// begin goes on below a header. One that is spelled otherwise is an error: [profile dev] and [profile "dev"] are two
// sections for botocore, of which the later is the profile, and the first one is for the Go SDK.
func (s *section) begin(header []byte, at Pos) error {
	text, _ := spelling(header)
	s.last = -1
	switch {
	case s.pos.Line == 0:
		s.pos, s.spelling = at, string(text)
	case s.spelling != string(text):
		return twice(s, &section{pos: at, spelling: string(text)})
	}
	return nil
}

// twice is the error for two sections that are one profile, or one of whatever they are.
func twice(a, b *section) error {
	if a.pos.Line > b.pos.Line {
		a, b = b, a
	}
	return msg.ProfileSectionTwice(a.pos.File, a.pos.Line, a.spelling, b.pos.Line, b.spelling)
}

// inherit adds what the file's [DEFAULT] says and the section does not.
func (s *section) inherit(shared *section) {
	if s.pos.Line == 0 {
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
	raw                string // the value as botocore has it: with its quotes, and with what may be a comment
	pos                Pos
	inherited          bool // from [DEFAULT]
}

// isCommand tells whether the setting is a command line, whose quotes and "#" are for whoever runs it.
func isCommand(key string) bool { return key == "credential_process" || key == "mfa_process" }

// read takes one line below a header, not a header itself. The rules are those of the Go SDK (config/internal/ini);
// where they would drop a line without a word, it is an error here, for somebody wrote it to be read.
func (s *section) read(text []byte, at Pos) error {
	if blankOrComment(text) {
		return nil
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return msg.ProfileNUL(at.File, at.Line)
	}
	if !utf8.Valid(text) {
		return msg.ProfileNotUTF8(at.File, at.Line, likelyEncoding(text))
	}
	body := bytes.TrimLeft(text, " \t")
	indent := len(text) - len(body)

	if indent == 0 {
		e, ok := property(bytes.TrimRight(cutComment(text), " \t"))
		if !ok {
			return msg.ProfileBadLine(at.File, at.Line)
		}
		s.set(e, text, at, 0)
		return nil
	}

	e, ok := property(body)
	switch {
	case ok && s.last >= 0 && s.entries[s.last].value == "" && indent > s.indent:
		// A setting under a setting: "s3 =" and below it, indented, "addressing_style = path". A comment after the
		// value belongs to it, in both SDKs. Botocore counts how far a line is indented, and so do we: in a section that
		// is indented as a whole, the Go SDK takes all that follows "s3 =" for settings of s3, the region too.
		e.parent = s.entries[s.last].key
		s.put(e, at)
	case ok && !s.isArgument(e.key):
		// Indented under nothing it could belong to: the Go SDK takes it for a setting of the section (botocore for
		// more of the value above). It takes off the quotes first and then the comment, other than it does above.
		e.value = string(bytes.TrimSpace(cutComment([]byte(e.value))))
		s.set(e, body, at, indent)
	case s.last >= 0 && s.entries[s.last].value != "" && indent > 0 && !badKey(body):
		// More of the value above. The Go SDK keeps white space at the end of the line, a carriage return too; botocore
		// does not, and nor do we.
		s.entries[s.last].more(string(bytes.TrimSpace(body)))
	default:
		return msg.ProfileBadLine(at.File, at.Line) // botocore's choice; the Go SDK drops the line
	}
	return nil
}

// isArgument tells whether an indented "--key=value" is an argument of the command line above, and no setting.
func (s *section) isArgument(key string) bool {
	return s.last >= 0 && isCommand(s.entries[s.last].key) && strings.HasPrefix(key, "-")
}

// more adds a line to the value. The lines of a command line are one command, as for botocore; a shell would run each.
func (e *entry) more(line string) {
	end := "\n"
	if isCommand(e.key) {
		end = " "
	}
	e.value, e.raw = e.value+end+line, e.raw+end+line
}

// set sets a setting of the section itself, which line says: the later wins, and what stood under the former goes with it.
func (s *section) set(e entry, line []byte, at Pos, indent int) {
	kept := s.entries[:0]
	for _, old := range s.entries {
		if old.parent != e.key && (old.parent != "" || old.key != e.key) {
			kept = append(kept, old)
		}
	}
	e.pos, e.raw = at, string(bytes.TrimSpace(line[bytes.IndexAny(line, "=:")+1:]))
	if isCommand(e.key) {
		e.value = e.raw
	}
	s.entries = append(kept, e)
	s.last, s.indent = len(s.entries)-1, indent
}

// put sets a setting under another one.
func (s *section) put(e entry, at Pos) {
	e.pos = at
	for i, old := range s.entries {
		if old.parent == e.parent && old.key == e.key {
			s.entries[i] = e
			return
		}
	}
	s.entries = append(s.entries, e)
}

// get finds a setting; nil when it is not there.
func (s *section) get(parent, key string) *entry {
	for i := range s.entries {
		if e := &s.entries[i]; e.parent == parent && e.key == key {
			return e
		}
	}
	return nil
}

// property splits "key = value", or "key: value", which the SDKs read too, at the sign that comes first.
// The key is in lower case; quotes about the whole value are taken off, as the Go SDK does and botocore does not.
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

// badKey tells whether nothing stands before the sign, as in the "=======" that git leaves.
func badKey(text []byte) bool {
	i := bytes.IndexAny(text, "=:")
	return i >= 0 && len(bytes.TrimSpace(text[:i])) == 0
}

// cutComment cuts text where white space is followed by "#" or ";". Botocore knows no comment behind a value.
func cutComment(text []byte) []byte {
	for i := 1; i < len(text); i++ {
		if (text[i] == '#' || text[i] == ';') && (text[i-1] == ' ' || text[i-1] == '\t') {
			return text[:i-1]
		}
	}
	return text
}
