package profile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
)

// A key pair is the one thing that is ever replaced: its two values, where they stand. Every other byte stays, and the
// file is the old one or the new one, whole, as after every other writing here.

// ReplaceKeys puts the pair of now in place of was, which is what LongTermKeys said of the profile, in its own section
// of the one file that was.Where names. A pair that was changed in the meantime is an error. Every error is a
// *msg.Error, shows no secret, and means that nothing was changed.
func ReplaceKeys(files Files, name string, was, now Keys) error {
	if err := CheckKeys(now.AccessKeyID, now.SecretAccessKey); err != nil {
		return err
	}
	return rewrite(was.Where.File, func(old []byte) ([]byte, error) { return withKeys(files, name, was, now, old) })
}

// Replaceable tells whether ReplaceKeys could do its work now: it does all of it, with a pair that is none, but for the
// last step, the renaming. A new key that has no place to go is one that must be deleted again.
func Replaceable(files Files, name string, was Keys) error {
	path := was.Where.File
	file, err := follow(path)
	if err != nil {
		return err
	}
	unlock, err := lock(filepath.Dir(file), lockWait)
	if err != nil {
		return msg.WriteBusy(path)
	}
	defer unlock()
	none := Keys{
		AccessKeyID:     strings.Repeat("X", len(was.AccessKeyID)),
		SecretAccessKey: NewSecret(strings.Repeat("x", len(was.SecretAccessKey.Reveal()))),
	}
	w, err := prepare(path, func(old []byte) ([]byte, error) { return withKeys(files, name, was, none, old) })
	if err == nil {
		err = os.Remove(w.tmp)
	}
	return err
}

// withKeys is text, which stands in was.Where.File, with now in place of was.
func withKeys(files Files, name string, was, now Keys, text []byte) ([]byte, error) {
	file := was.Where.File
	read := func(text []byte) (Keys, *section, error) {
		config, credentials := text, []byte(nil)
		if file == files.Credentials {
			config, credentials = nil, text
		}
		c, err := readWith(files, name, config, credentials)
		if err != nil {
			return Keys{}, nil, err
		}
		keys, err := Profile{Name: name, in: &c}.LongTermKeys()
		if file == files.Credentials {
			return keys, &c.credentials, err
		}
		return keys, &c.config, err
	}
	same := func(a, b Keys) bool {
		return a.AccessKeyID == b.AccessKeyID && a.SecretAccessKey.Reveal() == b.SecretAccessKey.Reveal() && a.Where.File == file
	}
	keys, from, err := read(text)
	if err != nil {
		return nil, err
	}
	if !same(keys, was) {
		return nil, msg.KeysChanged(name, file)
	}
	lines := linesOf(text)
	for _, v := range []struct{ key, was, now string }{
		{idKey, was.AccessKeyID, now.AccessKeyID},
		{secretKey, was.SecretAccessKey.Reveal(), now.SecretAccessKey.Reveal()},
	} {
		at := from.get("", v.key).pos.Line
		line, ok := withValue(lines[at-1], v.was, v.now)
		if !ok {
			return nil, msg.KeyLineOdd(v.key, file, at)
		}
		lines[at-1] = line
	}
	text = bytes.Join(lines, nil)
	if keys, _, err = read(text); err != nil || !same(keys, now) {
		return nil, msg.WriteMisread(file, err)
	}
	return text, nil
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

// Holder is a section that has an access key ID. Name is its profile's.
type Holder struct {
	Name string
	Pos
}

// Holders lists the profiles' sections of both files that have the access key id, in the order of the files, the config
// file first; one whose ID stands in it twice is listed twice. Lines that say nothing are passed over, whatever is wrong
// with them: these are not the sections that were asked for. A file that cannot be read is an error.
func Holders(files Files, id string) ([]Holder, error) {
	var all []Holder
	for _, path := range []string{files.Config, files.Credentials} {
		text, err := bounded.ReadFile(path)
		if err != nil && path != "" && !errors.Is(err, fs.ErrNotExist) {
			return nil, unreadable(path, err)
		}
		in, number := "", 0
		for line := range bytes.Lines(lineFeeds(bytes.TrimPrefix(decoded(text), utf8Mark))) {
			number++
			line = bytes.TrimSpace(line)
			if len(line) > 0 && line[0] == '[' {
				in = ""
				if k, name, ok := splitHeader(line, path == files.Credentials); ok && (k == named || k == plain || k == defaults) {
					in = string(name)
				}
				continue
			}
			if e, ok := property(bytes.TrimSpace(cutComment(line))); ok && in != "" && e.key == idKey && e.value == id {
				all = append(all, Holder{in, Pos{path, number}})
			}
		}
	}
	return all, nil
}
