package profile

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
)

// A key pair is the one thing that is ever replaced: its two values, where they stand, and the line of the token where
// it is a session. Every other byte stays, and the file is the old one or the new one, whole, as after every other
// writing here.

// ReplaceKeys puts the pair of now in place of was, which is what LongTermKeys or Pasted said of the profile, in its own
// section of the one file that was.Where names. A pair that was changed in the meantime is an error. Every error is a
// *msg.Error, shows no secret, and means that nothing was changed.
func ReplaceKeys(files Files, name string, was, now Keys) error {
	if err := checkKeys(now.AccessKeyID, now.SecretAccessKey); err != nil {
		return err
	}
	return rewrite(was.Where.File, func(old []byte) ([]byte, error) { return withKeys(files, name, was, now, old) })
}

// Replaceable tells whether ReplaceKeys could do its work now: it does all of it, with a pair that is none, but for the
// last step, the renaming. A new key that has no place to go is one that must be deleted again.
func Replaceable(files Files, name string, was Keys) error {
	none := Keys{
		AccessKeyID:     strings.Repeat("X", len(was.AccessKeyID)),
		SecretAccessKey: NewSecret(strings.Repeat("x", len(was.SecretAccessKey.Reveal()))),
	}
	return dryRun(was.Where.File, func(old []byte) ([]byte, error) { return withKeys(files, name, was, none, old) })
}

// withKeys is text, which stands in was.Where.File, with now in place of was.
func withKeys(files Files, name string, was, now Keys, text []byte) ([]byte, error) {
	file := was.Where.File
	p, from, err := readPair(files, name, file, text)
	if err != nil {
		return nil, err
	}
	pasted := was.isSession()
	keys, _ := p.PastedSession()
	if !pasted {
		if keys, err = p.LongTermKeys(); err != nil {
			return nil, err
		}
	}
	if !same(keys, was) || keys.Where.File != file {
		return nil, msg.KeysChanged(name, file)
	}
	lines := linesOf(text)
	for _, v := range []struct{ key, was, now string }{
		{idKey, was.AccessKeyID, now.AccessKeyID},
		{secretKey, was.SecretAccessKey.Reveal(), now.SecretAccessKey.Reveal()},
	} {
		e := from.get("", v.key)
		line, ok := withValue(lines[e.pos.Line-1], v.was, v.now)
		if !ok || pasted && e.inherited { // other profiles have that session too
			return nil, msg.KeyLineOdd(v.key, file, e.pos.Line)
		}
		lines[e.pos.Line-1] = line
	}
	text = bytes.Join(lines, nil)
	if pasted {
		if text, err = withoutToken(files, name, file, text); err != nil {
			return nil, err
		}
	}
	p, after, err := readPair(files, name, file, text)
	if err == nil {
		keys, err = p.LongTermKeys()
	}
	if err != nil || !same(keys, now) || keys.Where.File != file || !slices.Equal(others(after), others(from)) {
		return nil, msg.WriteMisread(file, err)
	}
	return text, nil
}

// readPair reads the profile with text in the place of the file's, and tells which section the pair is in.
func readPair(files Files, name, file string, text []byte) (Profile, *section, error) {
	config, credentials := text, []byte(nil)
	if file == files.Credentials {
		config, credentials = nil, text
	}
	c, err := readWith(files, name, config, credentials)
	if err != nil {
		return Profile{}, nil, err
	}
	from := &c.config
	if file == files.Credentials {
		from = &c.credentials
	}
	return Profile{Name: name, in: &c}, from, nil
}

// same says of two pairs whose places do not matter that they are one.
func same(a, b Keys) bool {
	return a.AccessKeyID == b.AccessKeyID && a.SecretAccessKey.Reveal() == b.SecretAccessKey.Reveal() &&
		a.SessionToken.Reveal() == b.SessionToken.Reveal()
}

// others are the section's settings but for the pair and its token.
func others(s *section) (all []string) {
	for _, e := range s.entries {
		if e.key != idKey && !isSecret(e.key) {
			all = append(all, e.parent+"\n"+e.key+"\n"+e.raw+"\n"+e.value)
		}
	}
	return all
}

// withoutToken is text without the lines of the section's session token, of which there may be several.
func withoutToken(files Files, name, file string, text []byte) ([]byte, error) {
	for {
		_, from, err := readPair(files, name, file, text)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(from.entries, func(e entry) bool { return e.parent == "" && slices.Contains(tokenKeys, e.key) })
		if i < 0 {
			return text, nil
		}
		token := from.entries[i]
		more := func(e entry) bool { return e.parent == token.key }
		if token.inherited || strings.Contains(token.value, "\n") || slices.ContainsFunc(from.entries, more) {
			return nil, msg.KeyLineOdd(token.key, file, token.pos.Line)
		}
		text = bytes.Join(slices.Delete(linesOf(text), token.pos.Line-1, token.pos.Line), nil)
	}
}

// linesOf is text in lines as the reader counts them, each with the bytes that it has.
func linesOf(text []byte) [][]byte {
	var lines [][]byte
	for line := range bytes.Lines(lineFeeds(text)) {
		lines = append(lines, text[:len(line)])
		text = text[len(line):]
	}
	return lines
}

// withValue is the line of a setting with another value: the quotes about it and a comment behind it stay.
func withValue(line []byte, was, now string) (changed []byte, ok bool) {
	i := bytes.IndexAny(line, "=:") + 1
	value := bytes.TrimLeftFunc(line[i:], func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\'' })
	rest, ok := bytes.CutPrefix(value, []byte(was))
	before := line[:len(line)-len(value)]
	return slices.Concat(before, []byte(now), rest), ok
}

// Holder is a section that has an access key ID. Name is its profile's; "" is [DEFAULT], which is of all profiles.
type Holder struct {
	Name string
	Pos
}

// FindKey lists the profiles' sections of both files that have the access key id, in the order of the files, the config
// file first; one whose ID stands in it twice is listed twice. Lines that say nothing are passed over, whatever is wrong
// with them: these are not the sections that were asked for. A file that cannot be read is an error.
func FindKey(files Files, id string) ([]Holder, error) {
	var all []Holder
	for _, path := range []string{files.Config, files.Credentials} {
		text, err := bounded.ReadFile(path)
		if err != nil && path != "" && !errors.Is(err, fs.ErrNotExist) {
			return nil, unreadable(path, err)
		}
		in, ours, number := "", false, 0
		for line := range bytes.Lines(lineFeeds(bytes.TrimPrefix(decoded(text), utf8Mark))) {
			number++
			line = bytes.TrimSpace(line)
			if len(line) > 0 && line[0] == '[' {
				k, name, ok := splitHeader(line, path == files.Credentials)
				in, ours = string(name), ok && (k == named || k == plain || k == defaults)
				if k == defaults {
					in = ""
				}
				continue
			}
			if e, ok := property(bytes.TrimSpace(cutComment(line))); ok && ours && e.key == idKey && e.value == id {
				all = append(all, Holder{in, Pos{path, number}})
			}
		}
	}
	return all, nil
}
