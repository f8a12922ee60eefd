package profile

import (
	"bytes"
	"strings"
)

// kind is the kind of a section.
type kind uint8

const (
	other    kind = iota // not used by awsmfa
	named                // [profile NAME] in a config file, [NAME] in a credentials file
	plain                // [default] in a config file
	services             // [services NAME]
	sso                  // [sso-session NAME]
	defaults             // [DEFAULT]: defaults for every section of its file
)

// splitHeader parses a section's header, the line from "[" on. ok is false if it has no "]", or something other than a
// comment after it.
//
// The name ends at the first "]" that is followed by nothing or by a comment. The Go SDK removes the comment first, so
// it misses a header with "#" or ";" in its name, and adds the settings below it to the profile above.
func splitHeader(line []byte, credentials bool) (k kind, name []byte, ok bool) {
	inner, ok := headerText(line)
	if !ok {
		return other, nil, false
	}
	if string(inner) == "DEFAULT" { // as in botocore (Python's configparser); for the Go SDK it is a profile's name
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
			// Only config files have these. For the Go SDK [sso-session X] would be a profile of that name here.
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

// isOther reports, without parsing the header of a config file, that it is neither of the profile called name nor of
// [default]. Most headers are: a name without quotes begins as it is spelled.
func isOther(header []byte, name string) bool {
	const usual = "[profile "
	if len(header) <= len(usual) || string(header[:len(usual)]) != usual {
		return false
	}
	rest := header[len(usual):]
	begins := func(with string) bool { return len(rest) >= len(with) && string(rest[:len(with)]) == with }
	return !isBlank(rest[0]) && rest[0] != '"' && rest[0] != '\'' && !begins(name) && !begins("default")
}

// headerText returns the text between the brackets without white space around it.
func headerText(line []byte) ([]byte, bool) {
	inner, ok := spelling(line)
	return bytes.TrimSpace(inner), ok
}

// spelling returns the text between the brackets.
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

// firstWord splits text, which has no white space at its ends, at its first white space.
func firstWord(text []byte) (word, rest []byte) {
	for i, c := range text {
		if c == ' ' || c == '\t' {
			return text[:i], trimBlanks(text[i:])
		}
	}
	return text, nil
}

// unquoteName removes the quotes from a name that begins with one, by the rules of a POSIX shell, as botocore does
// (configloader._parse_section: shlex.split): "aws configure" quotes names with blanks. The Go SDK keeps the quotes as
// part of the name. A name that does not begin with a quote, or that is several words without its quotes, is returned
// unchanged, as in the Go SDK: [profile my prod] is "my prod". Botocore ignores such profiles.
func unquoteName(text []byte) []byte {
	if text[0] != '"' && text[0] != '\'' {
		return text
	}
	words, ok := shellWords(string(text))
	if !ok || len(words) != 1 || words[0] == "" {
		return text
	}
	return []byte(words[0])
}

// isMalformed reports whether line, an invalid header, was meant for the section called name, preceded by one of words
// ("profile"; "" for none): it contains the name, and is malformed after it.
func isMalformed(line []byte, name string, words ...string) bool {
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
