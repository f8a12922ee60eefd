package profile

import (
	"cmp"
	"slices"

	"awsmfa/internal/msg"
)

// The same key pair may be in several sections, of one file or of both. All of those in one file change in one step.

// Changeable splits holders into those whose pair can be replaced and those with half a pair, with a session token, or
// with an unusual spelling.
func Changeable(files Files, all []Holder) (yes, no []Holder) {
	dummy := Keys{AccessKeyID: "X", SecretAccessKey: NewSecret("x")}
	for _, h := range all {
		err := dryRun(h.File, func(text []byte) ([]byte, error) {
			if h.Store != "" {
				return withPair(files, h, h.ID, dummy, text)
			}
			keys, _, err := pairOf(files, h, text)
			if err == nil && keys.Where != h.Pos {
				err = keysChangedError(h.Name, h.File)
			}
			if err != nil {
				return nil, err
			}
			return withPair(files, h, keys.AccessKeyID, dummy, text)
		})
		if err == nil {
			yes = append(yes, h)
		} else {
			no = append(no, h)
		}
	}
	return yes, no
}

// ReplaceShared is like ReplaceKeys, and also changes the other holders of the same pair. The profile's own file
// changes first. If the other file then fails, the profile's is changed back; if that fails as well, it keeps the new
// pair.
func ReplaceShared(files Files, name string, others []Holder, was, now Keys) error {
	if err := checkKeys(now.AccessKeyID, now.SecretAccessKey); err != nil {
		return err
	}
	file := was.Where.File
	own := func(was, now Keys) error {
		return rewriteFile(file, func(text []byte) ([]byte, error) {
			text, err := withKeys(files, name, was, now, text)
			if err != nil {
				return nil, err
			}
			return withPairs(files, inFile(file, others), was.AccessKeyID, now, text)
		})
	}
	if err := own(was, now); err != nil {
		return err
	}
	elsewhere := slices.DeleteFunc(slices.Clone(others), func(h Holder) bool { return h.File == file })
	err := ReplaceHolders(files, elsewhere, was.AccessKeyID, now)
	if err != nil {
		if back := own(now, was); back != nil {
			return msg.Errorf("%s; and restoring the old key failed: %s", err, back).Wrap(err)
		}
	}
	return err
}

// ReplaceHolders replaces the pair with the ID was by now in the sections, one file after the other. A section that has
// another pair by then is left alone.
func ReplaceHolders(files Files, all []Holder, was string, now Keys) error {
	for _, file := range []string{files.Config, files.Credentials} {
		holders := inFile(file, all)
		if len(holders) == 0 {
			continue
		}
		err := rewriteFile(file, func(text []byte) ([]byte, error) { return withPairs(files, holders, was, now, text) })
		if err != nil {
			return err
		}
	}
	return nil
}

func inFile(file string, all []Holder) []Holder {
	return slices.DeleteFunc(slices.Clone(all), func(h Holder) bool { return h.File != file })
}

// withPairs returns text, the contents of the holders' file, with now in place of the pair with the ID was.
func withPairs(files Files, all []Holder, was string, now Keys, text []byte) (_ []byte, err error) {
	for _, h := range all {
		if text, err = withPair(files, h, was, now, text); err != nil {
			return nil, err
		}
	}
	return text, nil
}

func withPair(files Files, h Holder, was string, now Keys, text []byte) ([]byte, error) {
	if h.Store != "" {
		return storedAs(h.Name, h.Store, was, now.AccessKeyID).apply(files, h.File, text)
	}
	_, from, err := pairOf(files, h, text)
	if from != nil {
		if e := from.get("", idKey); e == nil || e.value != was {
			return text, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return edit{profile: h.Name, set: pairSettings(now), inherited: true}.apply(files, h.File, text)
}

// pairOf returns the section's own key pair, even if the profile's other file takes precedence. Half a pair and a
// session are errors; the section is nil if the file cannot be read.
func pairOf(files Files, h Holder, text []byte) (Keys, *section, error) {
	from, err := readSection(files, h.Name, h.File, text)
	if err != nil {
		return Keys{}, nil, err
	}
	c := &contents{files: files, config: *from}
	if h.File == files.Credentials {
		c = &contents{files: files, credentials: *from}
	}
	p := Profile{Name: cmp.Or(h.Name, "DEFAULT"), in: &c}
	keys, err := p.longTerm(p.plainPair())
	return keys, from, err
}
