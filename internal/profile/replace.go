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

// Only key pairs are ever replaced: the two values in their lines, and the line of the token if the old pair is a
// session. Every other byte stays, and a crash leaves either the old file or the new one, as with all writes of this
// package.

// ReplaceKeys replaces the key pair was, a result of LongTermKeys or PastedSession, with now, in the profile's own
// section of the file that was.Where names. It is an error if the pair has changed in the meantime. Every error is a
// *msg.Error, shows no secret, and means that nothing was changed.
func ReplaceKeys(files Files, name string, was, now Keys) error {
	if err := checkKeys(now.AccessKeyID, now.SecretAccessKey); err != nil {
		return err
	}
	return rewriteFile(was.Where.File, func(old []byte) ([]byte, error) { return withKeys(files, name, was, now, old) })
}

// Replaceable returns the error that ReplaceKeys would return: it does the same with a dummy pair, except for the final
// rename. A new key that cannot be written would have to be deleted again.
func Replaceable(files Files, name string, was Keys) error {
	dummy := Keys{
		AccessKeyID:     strings.Repeat("X", len(was.AccessKeyID)),
		SecretAccessKey: NewSecret(strings.Repeat("x", len(was.SecretAccessKey.Reveal()))),
	}
	return dryRun(was.Where.File, func(old []byte) ([]byte, error) { return withKeys(files, name, was, dummy, old) })
}

// withKeys returns text, the contents of was.Where.File, with now in place of was.
func withKeys(files Files, name string, was, now Keys, text []byte) ([]byte, error) {
	file := was.Where.File
	if was.Store != "" {
		return storedAs(name, was.Store, was.AccessKeyID, now.AccessKeyID).apply(files, file, text)
	}
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
	if !equalKeys(keys, was) || keys.Where.File != file {
		return nil, keysChangedError(name, file)
	}
	change := edit{profile: name, set: pairSettings(now), inherited: !pasted}
	if pasted {
		change.remove = tokenKeys
		for _, key := range []string{idKey, secretKey} {
			if e := from.get("", key); e.inherited { // other profiles use that session, too
				return nil, notReplaceableError(key, e.pos)
			}
		}
	}
	if text, err = change.apply(files, file, text); err != nil {
		return nil, err
	}
	if p, _, err = readPair(files, name, file, text); err == nil {
		keys, err = p.LongTermKeys()
	}
	if err != nil || !equalKeys(keys, now) || keys.Where.File != file {
		return nil, misreadError(file, err)
	}
	return text, nil
}

func keysChangedError(profile, file string) *msg.Error {
	return msg.Errorf("another program has changed the keys of profile %q in %s; nothing was changed", profile,
		msg.Path(file)).Hint("look at the file, and run this again")
}

func notReplaceableError(key string, at Pos) *msg.Error {
	return msg.Errorf("the value of %s (%s) is written in an unusual way, and cannot be replaced; nothing was changed",
		key, at).Hint("write it as  %s = VALUE", key)
}

// readPair reads the profile, with text as the contents of file, and returns the section that the pair is in.
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

// readSection reads a section of a file with this text: the profile's own, or [DEFAULT] if name is "".
func readSection(files Files, name, file string, text []byte) (*section, error) {
	f, err := newSource(file, text)
	if err != nil {
		return nil, err
	}
	c, credentials := &contents{}, file == files.Credentials
	switch {
	case name == "":
		err = f.scan(true, func(line []byte) (*section, bool) {
			if k, _, ok := splitHeader(line, credentials); ok && k == defaults {
				return &c.config, false
			}
			return nil, false
		})
	case credentials:
		return &c.credentials, c.readCredentials(f, name)
	default:
		err = c.readConfig(f, name)
	}
	return &c.config, err
}

// equalKeys compares two pairs without their positions.
func equalKeys(a, b Keys) bool {
	return a.AccessKeyID == b.AccessKeyID && a.SecretAccessKey.Reveal() == b.SecretAccessKey.Reveal() &&
		a.SessionToken.Reveal() == b.SessionToken.Reveal()
}

// settingsExcept returns the section's other settings, in a form to compare.
func settingsExcept(s *section, keys []string) (all []string) {
	for _, e := range s.entries {
		if !slices.Contains(keys, e.key) {
			all = append(all, e.parent+"\n"+e.key+"\n"+e.raw+"\n"+e.value)
		}
	}
	return all
}

// withoutSetting returns text without the lines of a setting of the section; there may be several.
func withoutSetting(files Files, name, file, key string, text []byte) ([]byte, error) {
	for {
		from, err := readSection(files, name, file, text)
		if err != nil {
			return nil, err
		}
		e := from.get("", key)
		if e == nil {
			return text, nil
		}
		nested := func(other entry) bool { return other.parent == key }
		if e.inherited || strings.Contains(e.value, "\n") || slices.ContainsFunc(from.entries, nested) {
			return nil, notReplaceableError(key, e.pos)
		}
		text = bytes.Join(slices.Delete(linesOf(text), e.pos.Line-1, e.pos.Line), nil)
	}
}

// linesOf splits text into lines as scan counts them, with their original line ends.
func linesOf(text []byte) [][]byte {
	var lines [][]byte
	for line := range bytes.Lines(lineFeeds(text)) {
		lines = append(lines, text[:len(line)])
		text = text[len(line):]
	}
	return lines
}

// withValue returns the line of a setting with the value was replaced by now. Quotes and a comment stay.
func withValue(line []byte, was, now string) (changed []byte, ok bool) {
	i := bytes.IndexAny(line, "=:") + 1
	value := bytes.TrimLeftFunc(line[i:], func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\'' })
	rest, ok := bytes.CutPrefix(value, []byte(was))
	before := line[:len(line)-len(value)]
	return slices.Concat(before, []byte(now), rest), ok
}

// Holder is a section with an access key ID. Name is the profile, or "" for [DEFAULT], which belongs to all profiles.
type Holder struct {
	Name  string
	ID    string
	Store string // where awsmfa keeps the secret, "" if it is in the section
	Pos
}

// FindKey lists the profiles' sections of both files that have the access key id, in the order of the files, the config
// file first; a section with two lines for it is listed twice. Malformed lines are ignored: these sections were not
// requested. An unreadable file is an error.
func FindKey(files Files, id string) ([]Holder, error) {
	all, err := Holders(files)
	return slices.DeleteFunc(all, func(h Holder) bool { return h.ID != id }), err
}

// Holders is FindKey for all access keys.
func Holders(files Files) ([]Holder, error) {
	var all []Holder
	for _, path := range []string{files.Config, files.Credentials} {
		text, err := bounded.ReadFile(path)
		if err != nil && path != "" && !errors.Is(err, fs.ErrNotExist) {
			return nil, readError(path, err)
		}
		in, isProfile, number := "", false, 0
		for line := range bytes.Lines(lineFeeds(bytes.TrimPrefix(decoded(text), utf8Mark))) {
			number++
			line = bytes.TrimSpace(line)
			if len(line) > 0 && line[0] == '[' {
				k, name, ok := splitHeader(line, path == files.Credentials)
				in, isProfile = string(name), ok && (k == named || k == plain || k == defaults)
				if k == defaults {
					in = ""
				}
				continue
			}
			e, ok := property(bytes.TrimSpace(cutComment(line)))
			h := Holder{Name: in, ID: e.value, Pos: Pos{path, number}}
			switch {
			case !ok || !isProfile:
				continue
			case e.key == storedKey:
				if h.Store, h.ID, ok = parseStored(e.value); !ok {
					continue
				}
			case e.key != idKey:
				continue
			}
			all = append(all, h)
		}
	}
	return all, nil
}
