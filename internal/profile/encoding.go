package profile

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"awsmfa/internal/msg"
)

// Every AWS client reads the two files as UTF-8, except the AWS CLI and botocore on Windows: these read and write them
// in the system's ANSI code page, 932 in Japan (Python's open without an encoding, in botocore/configloader.py). So a
// file there may be in either. If the two differ, this package writes only ASCII, which is the same in both.

// utf8Page is the code page of UTF-8.
const utf8Page = 65001

// decoded returns text as UTF-8: text that is not valid UTF-8 is decoded from the ANSI code page if that is possible.
// The lines stay the same: no character of an ANSI code page contains a line end.
func decoded(text []byte) []byte {
	if ansiPage() == utf8Page || utf8.Valid(text) || isUTF16(text) {
		return text
	}
	if other, ok := fromANSI(text); ok {
		return other
	}
	return text
}

// inANSI reports whether s is the same in the ANSI code page and in UTF-8.
func inANSI(s string) bool {
	return ansiPage() == utf8Page || !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// asciiName makes an ASCII name for a profile from name.
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

// checkEncoding returns an error for the first line that the AWS CLI cannot decode in the file at path. Comments count:
// the CLI decodes the whole file.
func checkEncoding(path string, text []byte) error {
	if bytes.HasPrefix(text, utf8Mark) { // in botocore a line before the first section
		return msg.Errorf("%s begins with a byte order mark, so that every aws command fails: "+
			"Unable to parse config file", Pos{path, 1}).Hint("save the file as UTF-8 without a byte order mark")
	}
	page, number := ansiPage(), 0
	for line := range bytes.Lines(lineFeeds(text)) {
		number++
		switch {
		case page == utf8Page && !utf8.Valid(line):
			return msg.Errorf("%s is not UTF-8, so that every aws command fails: "+
				"Unable to parse config file; it may be %s",
				Pos{path, number}, likelyEncoding(text)).Hint("save the file as UTF-8")
		case page != utf8Page && !isANSI(line):
			return msg.Errorf("%s cannot be read in code page %d, as the AWS CLI reads it on Windows, "+
				"so that every aws command fails: Unable to parse config file", Pos{path, number}, page).
				Hint("write that line in ASCII, even if it is a comment")
		}
	}
	return nil
}

// isANSI reports whether Python can decode line in the ANSI code page. It rejects undefined bytes, which Windows
// decodes to control characters.
func isANSI(line []byte) bool {
	if !bytes.ContainsFunc(line, func(r rune) bool { return r > unicode.MaxASCII }) {
		return true
	}
	text, ok := fromANSI(line)
	return ok && !bytes.ContainsFunc(text, func(r rune) bool { return 0x80 < r && r < 0xa0 })
}

// checkUTF8 returns an error for the first line that is not UTF-8.
func (s *source) checkUTF8() error {
	if s == nil {
		return nil
	}
	number := 0
	for line := range bytes.Lines(s.text) {
		if number++; !utf8.Valid(line) {
			return utf8Error(Pos{s.path, number}, s.text)
		}
	}
	return nil
}

func utf8Error(at Pos, text []byte) error {
	return msg.Errorf("%s is not UTF-8; it may be %s", at, likelyEncoding(text)).Hint("save the file as UTF-8")
}

// likelyEncoding guesses the encoding of a text that is not UTF-8 from the byte ranges of its characters.
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
