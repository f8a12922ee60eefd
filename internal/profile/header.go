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
	defaults             // [DEFAULT]: what every section of its file has that does not say otherwise
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
	if string(inner) == "DEFAULT" { // as for botocore (Python's configparser); the Go SDK takes it for a profile's name
		return defaults, inner, true
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
		// [Default] is a profile of that name, as in the Go SDK.
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

// headerText is what stands between the brackets, but for white space at its ends.
func headerText(line []byte) ([]byte, bool) {
	inner, ok := spelling(line)
	return bytes.TrimSpace(inner), ok
}

// spelling is what stands between the brackets, as it is written.
func spelling(line []byte) ([]byte, bool) {
	for i := 1; ; i++ {
		j := bytes.IndexByte(line[i:], ']')
		if j < 0 {
			return nil, false
		}
		i += j
		rest := bytes.TrimSpace(line[i+1:])
		if len(rest) == 0 || rest[0] == '#' || rest[0] == ';' {
			return line[1:i], true
		}
	}
}

// firstWord splits text, which has no white space at its ends, at its first blanks.
func firstWord(text []byte) (word, rest []byte) {
	for i, c := range text {
		if c == ' ' || c == '\t' {
			return text[:i], trimBlanks(text[i:])
		}
	}
	return text, nil
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

// isBroken tells whether line, a header that is not one, was meant for the section called name, with one of words
// before it ("profile"; "" is none): it names it, and then goes wrong.
func isBroken(line []byte, name string, words ...string) bool {
	for _, word := range words {
		text := bytes.TrimSpace(line[1:])
		if word != "" {
			var first []byte
			if first, text = firstWord(text); string(first) != word {
				continue
			}
		}
		for _, quote := range []string{"", `"`, "'"} {
			rest, ok := bytes.CutPrefix(text, []byte(quote+name))
			if ok && (len(rest) == 0 || strings.IndexByte(" \t\r\"'])}>#;", rest[0]) >= 0) {
				return true
			}
		}
	}
	return false
}
