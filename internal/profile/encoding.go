package profile

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
)

// Every AWS client reads the two files as UTF-8, but for the AWS CLI and botocore on Windows: these read and write them in
// the system's ANSI code page, 932 in Japan (Python's open without an encoding, in botocore/configloader.py). So a file
// there may be either. What is written here is ASCII where the two differ, and both read it.

// utf8Page is UTF-8 as a code page.
const utf8Page = 65001

// decoded is text as UTF-8: itself where it is that, else what the ANSI code page makes of it, else itself. Its lines stay
// what they are: no character of an ANSI code page has a line end in it.
func decoded(text []byte) []byte {
	if ansiPage() == utf8Page || utf8.Valid(text) || isUTF16(text) {
		return text
	}
	if other, ok := fromANSI(text); ok {
		return other
	}
	return text
}

// inANSI tells whether s can stand in a file that some clients read in the ANSI code page and others as UTF-8.
func inANSI(s string) bool {
	return ansiPage() == utf8Page || !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// asciiName is a name for a profile that every code page has, made of what name has of it.
func asciiName(name string) string {
	name = strings.Map(func(r rune) rune {
		if '！' <= r && r <= '～' { // full width
			r -= '！' - '!'
		}
		if r > unicode.MaxASCII {
			return '-'
		}
		return r
	}, name)
	if name = strings.Trim(name, "-_. "); name == "" || strings.EqualFold(name, "default") || CheckName(name) != nil {
		return "prod"
	}
	return name
}

// CheckEncoding looks for the line that keeps the AWS CLI from reading the file at path, comments too: it reads all of a
// file or nothing. A file that cannot be read at all is none of its business.
func CheckEncoding(path string) error {
	text, err := bounded.ReadFile(path)
	if err != nil || isUTF16(text) {
		return nil // whoever loads a profile will say so
	}
	if bytes.HasPrefix(text, utf8Mark) {
		return msg.MarkForCLI(path)
	}
	page, number := ansiPage(), 0
	for line := range bytes.Lines(lineFeeds(text)) {
		number++
		switch {
		case page == utf8Page && !utf8.Valid(line):
			return msg.NotUTF8ForCLI(path, number, likelyEncoding(text))
		case page != utf8Page && !isANSI(line):
			return msg.NotANSIForCLI(path, number, page)
		}
	}
	return nil
}

// isANSI tells whether Python reads line in the ANSI code page. It knows no character where Windows makes a control
// character of a byte that its code page leaves open.
func isANSI(line []byte) bool {
	if !bytes.ContainsFunc(line, func(r rune) bool { return r > unicode.MaxASCII }) {
		return true
	}
	text, ok := fromANSI(line)
	return ok && !bytes.ContainsFunc(text, func(r rune) bool { return 0x80 < r && r < 0xa0 })
}

// notUTF8 is an error that names the first line that is not UTF-8, nil when all are.
func (s *source) notUTF8() error {
	if s == nil {
		return nil
	}
	number := 0
	for line := range bytes.Lines(s.text) {
		if number++; !utf8.Valid(line) {
			return msg.ProfileNotUTF8(s.path, number, likelyEncoding(s.text))
		}
	}
	return nil
}

// likelyEncoding says what a text that is not UTF-8 may be, by the bytes that its characters are made of.
func likelyEncoding(text []byte) string {
	pairs := func(lead, trail, alone func(b byte) bool) bool {
		for i := 0; i < len(text); i++ {
			switch b := text[i]; {
			case b < 0x80, alone(b):
			case lead(b) && i+1 < len(text) && trail(text[i+1]):
				i++
			default:
				return false
			}
		}
		return true
	}
	between := func(from, to byte) func(byte) bool { return func(b byte) bool { return from <= b && b <= to } }
	switch {
	case pairs(between(0xa1, 0xfe), between(0xa1, 0xfe), func(b byte) bool { return false }):
		return "EUC-JP"
	case pairs(
		func(b byte) bool { return 0x81 <= b && b <= 0x9f || 0xe0 <= b && b <= 0xfc },
		func(b byte) bool { return 0x40 <= b && b <= 0xfc && b != 0x7f },
		between(0xa1, 0xdf),
	):
		return "Shift_JIS (code page 932)"
	}
	return "windows-1252"
}
