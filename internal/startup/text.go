package startup

import (
	"bytes"
	"encoding/binary"
	"strings"

	"awsmfa/internal/msg"
)

// text is a file in its encoding: UTF-16 with a byte order mark, as Windows PowerShell writes it, or bytes that are
// ASCII where they are below 0x80: UTF-8 with or without a mark, code page 932. (The second byte of a character of that
// code page may be in ASCII's range, but is no line end.) Only ASCII is ever written, but for UTF-8 to UTF-8.
type text struct {
	bytes []byte
	chars string // a byte for each of the file's units, after the mark; not ASCII for one that is not
	start int    // bytes of the mark
	width int    // bytes of a unit
	order binary.ByteOrder
}

func newText(path string, old []byte) (text, error) {
	t := text{bytes: old, width: 1}
	switch {
	case bytes.HasPrefix(old, []byte{0xff, 0xfe}):
		t.start, t.width, t.order = 2, 2, binary.LittleEndian
	case bytes.HasPrefix(old, []byte{0xfe, 0xff}):
		t.start, t.width, t.order = 2, 2, binary.BigEndian
	case bytes.HasPrefix(old, []byte("\xef\xbb\xbf")):
		t.start = 3
	}
	rest := old[t.start:]
	if t.width == 1 {
		t.chars = string(rest)
	} else {
		chars := make([]byte, len(rest)/2)
		for i := range chars {
			chars[i] = 0xff
			if unit := t.order.Uint16(rest[2*i:]); unit < 0x80 {
				chars[i] = byte(unit)
			}
		}
		t.chars = string(chars)
	}
	if len(rest)%t.width != 0 || strings.Contains(t.chars, "\x00") {
		return text{}, msg.Errorf("%s is not text, or in an encoding that awsmfa does not know; nothing was changed",
			msg.Path(path)).Hint("save the file as UTF-8")
	}
	return t, nil
}

// span is a line of a text: its characters are from up to to; the next line begins at next.
type span struct{ from, to, next int }

// lines returns the lines of the text. A line end at the end begins no line.
func (t text) lines() (lines []span) {
	for at := 0; at < len(t.chars); {
		line, _, ended := strings.Cut(t.chars[at:], "\n")
		l := span{from: at, to: at + len(strings.TrimSuffix(line, "\r")), next: at + len(line)}
		if ended {
			l.next++
		}
		lines = append(lines, l)
		at = l.next
	}
	return lines
}

// lineEnd returns the last line end of the text; without any, a line feed, which every shell knows.
func (t text) lineEnd() string {
	if i := strings.LastIndex(t.chars, "\n"); i > 0 && t.chars[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// replace returns the file with line in place of its characters from up to to.
func (t text) replace(from, to int, line string) []byte {
	all := bytes.Clone(t.bytes[:t.start+from*t.width])
	for _, c := range []byte(line) {
		unit := []byte{c}
		if t.order != nil {
			unit = []byte{0, 0}
			t.order.PutUint16(unit, uint16(c))
		}
		all = append(all, unit...)
	}
	return append(all, t.bytes[t.start+to*t.width:]...)
}
