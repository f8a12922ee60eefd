package profile

import (
	"bytes"
	"strings"
)

// kind is what a section is about.
type kind uint8

const (
	other    kind = iota // nothing of ours
	named                // [profile NAME] in a config file, [NAME] in a credentials file
	plain                // [default] in a config file
	services             // [services NAME]
	sso                  // [sso-session NAME]
)

// splitHeader splits a section's header, the line from "[" on. ok is false when it has no "]", or something other than a
// comment after it.
//
// The name ends at the first "]" with nothing but a comment behind it. The Go SDK cuts the comment first, so that it
// loses the header of a name with "#" or ";" in it, and hands its settings to the profile above.
func splitHeader(line []byte, credentials bool) (k kind, name []byte, ok bool) {
	inner, ok := headerText(line)
	if !ok {
		return other, nil, false
	}
	word, rest := firstWord(inner)
	if credentials {
		switch {
		case len(inner) == 0:
			return other, nil, true
		case len(rest) == 0:
			return named, inner, true
		case string(word) == "profile", string(word) == "services", string(word) == "sso-session":
			// Only config files have these. The Go SDK would take [sso-session X] here for a profile of that name.
			return other, inner, true
		case len(inner) == len(word)+1+len(rest) && inner[len(word)] == ' ':
			return named, inner, true
		}
		// "my   prod" is "my prod", as in the Go SDK.
		return named, append(append(bytes.Clone(word), ' '), rest...), true
	}
	if len(rest) == 0 {
		// The Go SDK lets [DEFAULT] through too, as a profile of that name; for botocore it is the defaults of all.
		if bytes.EqualFold(inner, []byte("default")) {
			return plain, inner, true
		}
		return other, inner, true
	}
	switch string(word) {
	case "profile":
		return named, unquoteName(rest), true
	case "services":
		return services, unquoteName(rest), true
	case "sso-session":
		return sso, unquoteName(rest), true
	}
	return other, inner, true
}

// headerText is what stands between the brackets.
func headerText(line []byte) ([]byte, bool) {
	for i := 1; ; i++ {
		j := bytes.IndexByte(line[i:], ']')
		if j < 0 {
			return nil, false
		}
		i += j
		rest := bytes.TrimSpace(line[i+1:])
		if len(rest) == 0 || rest[0] == '#' || rest[0] == ';' {
			return bytes.TrimSpace(line[1:i]), true
		}
	}
}

// firstWord splits text, which has no white space at its ends, at its first blanks.
func firstWord(text []byte) (word, rest []byte) {
	i := bytes.IndexAny(text, " \t")
	if i < 0 {
		return text, nil
	}
	return text[:i], bytes.TrimLeft(text[i:], " \t")
}

// unquoteName takes the quotes off a name that begins with one, by the rules of a POSIX shell, as botocore does
// (configloader._parse_section: shlex.split) and as "aws configure" writes names with blanks. The Go SDK keeps the
// quotes, so that the name to ask for would have them too. A name that is not one word then, or that does not begin
// with a quote, is taken as it is written, as the Go SDK does and botocore, which does not read such profiles at all,
// cannot: [profile my prod] is "my prod".
func unquoteName(text []byte) []byte {
	if text[0] != '"' && text[0] != '\'' {
		return text
	}
	var name []byte
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && (c == ' ' || c == '\t'):
			return text
		case c == quote:
			quote = 0
		case c == '\\' && quote == 0 && i+1 < len(text),
			c == '\\' && quote == '"' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			name = append(name, text[i])
		default:
			name = append(name, c)
		}
	}
	if quote != 0 || len(name) == 0 {
		return text
	}
	return name
}

// filter is a quick test for the headers that may be of the section called name: false for nearly all others, before
// the header's end is even looked for. With 10,000 profiles it is what a file costs beyond its bytes.
type filter struct {
	name   string
	first  string   // the name's first word; "" lets every name pass
	letter byte     // first's first; 0 with first ""
	words  []string // what may stand before the name: "profile"; "" is nothing
}

// want makes the filter for the section called name, with one of words before it.
func want(name string, words ...string) filter {
	first := name
	if i := strings.IndexAny(name, " \t"); i >= 0 {
		first = name[:i]
	}
	var letter byte
	if first != "" {
		letter = first[0]
	}
	return filter{name, first, letter, words}
}

// isAnother is the quickest test, small enough to be put where it is called: whether text, which begins with a header's
// "[", is the header of a profile in its usual form whose name begins with another letter.
func (f *filter) isAnother(text []byte) bool {
	const usual = "[profile "
	return f.letter != 0 && len(text) > len(usual) && text[len(usual)] != f.letter && string(text[:len(usual)]) == usual && goesOn(text[len(usual)])
}

// mayBe tells whether text, which begins with a header's "[" and may go on beyond its line, may be such a header.
func (f *filter) mayBe(text []byte) bool {
	for _, word := range f.words {
		if f.mayHave(word, text) {
			return true
		}
	}
	return len(f.words) == 0
}

// mayHave is mayBe for one of the words.
func (f *filter) mayHave(word string, text []byte) bool {
	text = skipBlanks(text[1:])
	if len(text) > 0 && (text[0] < ' ' || text[0] > '~') {
		return true // white space that is not ASCII, perhaps
	}
	if word != "" {
		if len(text) <= len(word) || string(text[:len(word)]) != word {
			return false
		}
		text = text[len(word):]
		if text[0] != ' ' && text[0] != '\t' {
			return false
		}
		text = skipBlanks(text)
		if len(text) > 0 && (text[0] == '"' || text[0] == '\'') {
			return true
		}
	}
	if len(text) < len(f.first) || string(text[:len(f.first)]) != f.first {
		return false
	}
	// "prod" among 10,000 that begin with "prod-": a name that goes on is another one.
	text = text[len(f.first):]
	return f.first == "" || len(text) == 0 || !goesOn(text[0])
}

// goesOn tells whether c cannot end a name, not in a header that is malformed either.
func goesOn(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '/'
}

func skipBlanks(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
		text = text[1:]
	}
	return text
}

// isBroken tells whether line, a header that is not one, was meant for such a section: it names it, and then goes
// wrong.
func (f *filter) isBroken(line []byte) bool {
	for _, word := range f.words {
		text := bytes.TrimSpace(line[1:])
		if word != "" {
			var first []byte
			if first, text = firstWord(text); string(first) != word {
				continue
			}
		}
		for _, quote := range []string{"", `"`, "'"} {
			rest, ok := bytes.CutPrefix(text, []byte(quote+f.name))
			if ok && (len(rest) == 0 || strings.IndexByte(" \t\r\"'])}>#;", rest[0]) >= 0) {
				return true
			}
		}
	}
	return false
}
