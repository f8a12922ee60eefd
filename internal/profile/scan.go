package profile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"

	"awsmfa/internal/msg"
)

// bufferSize is how much of a file is in memory at a time: large enough that the read calls do not count, small enough
// to stay in the processor's cache between the kernel's copy and our search.
const bufferSize = 64 << 10

// mapFrom is from how many bytes on a file is mapped into memory instead: copying 10,000 profiles out of the system's
// memory takes longer than looking through them, and a role's file is looked through once for each link of its chain.
const mapFrom = 256 << 10

// source is one of the two files, open. A nil *source is a file that does not exist, which reads as an empty one.
type source struct {
	path   string
	r      io.ReadSeeker
	closer io.Closer
	buf    []byte
	mapped []byte // the whole of a large file, in the system's own memory

	chunk []byte // the whole lines in buf
	at    int    // the beginning of the line in hand, in chunk
	line  int    // the number of the line that begins at mark
	mark  int
}

// open opens the file at path. A file that does not exist is nil and no error.
func open(path string) (*source, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, unreadable(path, err)
	}
	if info.IsDir() {
		f.Close()
		return nil, msg.ProfileFileDirectory(path)
	}
	s := &source{path: path, r: f, closer: f}
	if !info.Mode().IsRegular() { // a pipe, as in AWS_CONFIG_FILE=<(…), gives its bytes only once
		all, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return nil, unreadable(path, err)
		}
		s.r, s.closer = bytes.NewReader(all), nil
		s.buf = make([]byte, min(len(all)+1, bufferSize))
		return s, nil
	}
	if info.Size() >= mapFrom {
		if s.mapped = mapFile(f, info.Size()); s.mapped != nil {
			return s, nil
		}
	}
	// One byte more than the file, so that a small file is one read, and the next one finds its end.
	s.buf = make([]byte, min(max(info.Size()+1, 512), bufferSize))
	return s, nil
}

func unreadable(path string, err error) error {
	reason := err
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		reason = pe.Err
	}
	return msg.ProfileFileUnreadable(path, reason.Error(), err)
}

func (s *source) close() {
	if s == nil {
		return
	}
	if s.mapped != nil {
		s.chunk = nil
		unmapFile(s.mapped)
	}
	if s.closer != nil {
		_ = s.closer.Close()
	}
}

// picker decides on a section by its header, the line from "[" to its end. It returns the section to put the lines
// below into, or nil to skip them; and whether it is a section that is wanted but whose header is malformed.
type picker func(header []byte) (into *section, malformed bool)

// scan reads the file from its beginning and hands every header to pick. It hops from one "[" that begins a line to the
// next, and looks at what stands between only in the sections that were picked: garbage elsewhere costs nothing and is
// no error. Headers that quick refuses are not shown to pick; nothing is allocated for them. With strict, a line before the first section is an
// error, as it is for botocore (the Go SDK drops it): its writer believes that it has been read.
func (s *source) scan(strict bool, quick filter, pick picker) error {
	if s == nil {
		return nil
	}
	if _, err := s.r.Seek(0, io.SeekStart); err != nil {
		return unreadable(s.path, err)
	}
	s.chunk, s.mark, s.line = nil, 0, 1
	state := reading{quick: quick, pick: pick, preamble: strict}
	if s.mapped != nil {
		return s.scanMapped(&state)
	}
	held := 0        // bytes at the front of buf: a line whose end is not read yet
	passing := false // in a skipped line longer than buf
	for first := true; ; first = false {
		n, err := io.ReadFull(s.r, s.buf[held:])
		end := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !end {
			return unreadable(s.path, err)
		}
		n += held
		if first {
			if isUTF16(s.buf[:n]) {
				return msg.ProfileFileUTF16(s.path)
			}
			if bytes.HasPrefix(s.buf[:n], []byte("\xef\xbb\xbf")) { // the mark of UTF-8 that Notepad writes
				n = copy(s.buf, s.buf[3:n])
			}
		}
		whole := n // as much of it as is whole lines
		if !end {
			if whole = bytes.LastIndexByte(s.buf[:n], '\n') + 1; whole == 0 && state.skipping() {
				passing, held = true, 0 // a skipped line needs no keeping, and one this long is no header of ours
				continue
			} else if whole == 0 {
				s.buf, held = append(s.buf[:n], make([]byte, max(n, bufferSize))...), n
				continue
			}
		}
		s.chunk, s.mark, s.at = s.buf[:whole], 0, 0
		if passing {
			passing = false
			s.at = lineEnd(s.chunk, 0)
		}
		if err := s.lines(&state); err != nil {
			return err
		}
		if end {
			return nil
		}
		s.at = whole
		s.lineNo() // counts what is left of the chunk
		held = copy(s.buf, s.buf[whole:n])
	}
}

// scanMapped is scan for a file that is mapped. Whoever cuts the file short meanwhile takes the memory away from under us,
// which is an error like any other.
func (s *source) scanMapped(state *reading) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // as package runtime/debug has it
			err = unreadable(s.path, errCutShort)
		default:
			panic(r)
		}
	}()
	if isUTF16(s.mapped) {
		return msg.ProfileFileUTF16(s.path)
	}
	s.chunk, s.at = bytes.TrimPrefix(s.mapped, []byte("\xef\xbb\xbf")), 0
	return s.lines(state)
}

var errCutShort = errors.New("it was cut short while it was read")

// reading is where a scan stands: in which section, if any.
type reading struct {
	quick    filter
	pick     picker
	into     *section // the section being read, or nil
	preamble bool     // before the first section, and that matters
}

func (r *reading) skipping() bool { return r.into == nil && !r.preamble }

// lines reads the whole lines in s.chunk from s.at on.
func (s *source) lines(r *reading) error {
	for s.at < len(s.chunk) {
		if r.skipping() {
			hop := bytes.IndexByte(s.chunk[s.at:], '[')
			if hop < 0 {
				return nil
			}
			hop += s.at
			if rest := s.chunk[hop:]; r.quick.isAnother(rest) || !r.quick.mayBe(rest) || !beginsLine(s.chunk[:hop]) {
				s.at = hop + 1 // a "[" later on this line will not begin it
				continue
			}
			s.at = hop
		}
		next := lineEnd(s.chunk, s.at)
		text := bytes.TrimSuffix(s.chunk[s.at:next], newline)
		if err := s.oneLine(r, text); err != nil {
			return err
		}
		s.at = next
	}
	return nil
}

// oneLine takes the line that begins at s.at.
func (s *source) oneLine(r *reading, text []byte) error {
	if h := bytes.TrimLeft(text, " \t\r\v\f"); len(h) > 0 && h[0] == '[' {
		if !r.quick.mayBe(h) {
			r.into, r.preamble = nil, false
			return nil
		}
		into, malformed := r.pick(h)
		if malformed {
			return msg.ProfileBadHeader(s.path, s.lineNo())
		}
		if into != nil {
			into.last = -1
			if into.pos.Line == 0 {
				into.pos = Pos{s.path, s.lineNo()}
			}
		}
		r.into, r.preamble = into, false
		return nil
	}
	if r.into != nil {
		return r.into.read(text, Pos{s.path, s.lineNo()})
	}
	switch {
	case blankOrComment(text):
		return nil
	case bytes.IndexByte(text, 0) >= 0:
		return msg.ProfileNUL(s.path, s.lineNo())
	}
	return msg.ProfileBeforeSection(s.path, s.lineNo())
}

// lineNo is the number of the line that begins at s.at. Lines are counted only when it is asked for and at the end of
// a chunk, not one by one.
func (s *source) lineNo() int {
	s.line += bytes.Count(s.chunk[s.mark:s.at], newline)
	s.mark = s.at
	return s.line
}

// lineEnd is where the line after the one that pos is in begins.
func lineEnd(chunk []byte, pos int) int {
	if i := bytes.IndexByte(chunk[pos:], '\n'); i >= 0 {
		return pos + i + 1
	}
	return len(chunk)
}

var newline = []byte{'\n'}

// beginsLine tells whether what follows before, whose own beginning is that of a line, begins a line but for white space.
func beginsLine(before []byte) bool {
	for i := len(before) - 1; i >= 0; i-- {
		switch before[i] {
		case '\n':
			return true
		case ' ', '\t', '\r', '\v', '\f':
		default:
			return false
		}
	}
	return true
}

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
	pos     Pos // of the first header; no line when there was none
	entries []entry
	last    int // the index of the entry that indented lines belong to; -1 after a header
	indent  int // how far that entry's own line is indented
}

// entry is one setting. parent is the setting it is indented under ("s3", "sts"), or "".
type entry struct {
	parent, key, value string
	pos                Pos
}

// read takes one line below a header, not a header itself. The rules are those of the Go SDK (config/internal/ini);
// where they would drop a line without a word, it is an error here, for somebody wrote it to be read.
func (s *section) read(text []byte, at Pos) error {
	if blankOrComment(text) {
		return nil
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return msg.ProfileNUL(at.File, at.Line)
	}
	body := bytes.TrimLeft(text, " \t")
	indent := len(text) - len(body)

	if indent == 0 {
		key, value, ok := property(bytes.TrimRight(cutComment(text), " \t"))
		if !ok {
			return msg.ProfileBadLine(at.File, at.Line)
		}
		s.set(key, value, at, 0)
		return nil
	}

	key, value, ok := property(body)
	switch {
	case ok && s.last >= 0 && s.entries[s.last].value == "" && indent > s.indent:
		// A setting under a setting: "s3 =" and below it, indented, "addressing_style = path". A comment after the
		// value belongs to it, in both SDKs. Botocore counts how far a line is indented, and so do we: in a section that
		// is indented as a whole, the Go SDK takes all that follows "s3 =" for settings of s3, the region too.
		s.put(s.entries[s.last].key, key, value, at)
	case ok:
		// Indented under nothing it could belong to: the Go SDK takes it for a setting of the section (botocore for
		// more of the value above). It takes off the quotes first and then the comment, other than it does above.
		s.set(key, string(bytes.TrimSpace(cutComment([]byte(value)))), at, indent)
	case s.last >= 0 && s.entries[s.last].value != "" && indent > 0 && !badKey(body):
		// More of the value above. The Go SDK keeps white space at the end of the line, a carriage return too; botocore
		// does not, and nor do we.
		s.entries[s.last].value += "\n" + string(bytes.TrimSpace(body))
	default:
		return msg.ProfileBadLine(at.File, at.Line) // botocore's choice; the Go SDK drops the line
	}
	return nil
}

// set sets a setting of the section itself: the later wins, and what stood under the former goes with it.
func (s *section) set(key, value string, at Pos, indent int) {
	kept := s.entries[:0]
	for _, e := range s.entries {
		if e.parent != key && (e.parent != "" || e.key != key) {
			kept = append(kept, e)
		}
	}
	s.entries = append(kept, entry{key: key, value: value, pos: at})
	s.last, s.indent = len(s.entries)-1, indent
}

// put sets a setting under another one.
func (s *section) put(parent, key, value string, at Pos) {
	for i := range s.entries {
		if s.entries[i].parent == parent && s.entries[i].key == key {
			s.entries[i].value, s.entries[i].pos = value, at
			return
		}
	}
	s.entries = append(s.entries, entry{parent: parent, key: key, value: value, pos: at})
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
func property(text []byte) (key, value string, ok bool) {
	i := bytes.IndexAny(text, "=:")
	if i < 0 || badKey(text) {
		return "", "", false
	}
	v := string(bytes.TrimSpace(text[i+1:]))
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
		v = v[1 : len(v)-1]
	}
	return strings.ToLower(string(bytes.TrimSpace(text[:i]))), v, true
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
