package profile

import (
	"bytes"
	"slices"
	"strings"

	"awsmfa/internal/msg"
)

// A profile may leave its secret access key to awsmfa. The setting awsmfa_key of the config file then says where it is
// and names the pair, as in keyring:AKIAIOSFODNN7EXAMPLE, and credential_process runs awsmfa for every other client.
// The ID is not in aws_access_key_id, because the Go SDK refuses a profile with half a pair.

// The stores of awsmfa_key.
const (
	InKeyring = "keyring" // the system's
	InFile    = "file"    // a private file of awsmfa's own
)

// storedKeys returns the pair that awsmfa_key names, without its secret.
func (p Profile) storedKeys() (Keys, error) {
	text, _ := p.Get(storedKey)
	at := p.Where(storedKey)
	store, id, ok := parseStored(text)
	if !ok {
		return Keys{}, msg.Errorf("profile %q: awsmfa_key is neither keyring:ID nor file:ID (%s)", p.Name, at).
			Hint("%s writes that line", msg.Command("keys", "store", p.Name))
	}
	return Keys{AccessKeyID: id, Where: at, Store: store}, nil
}

// parseStored splits the value of awsmfa_key.
func parseStored(text string) (store, id string, ok bool) {
	store, id, _ = strings.Cut(text, ":")
	return store, id, (store == InKeyring || store == InFile) && IsKeyID(id)
}

// StoredKeys returns the pair that awsmfa_key names, without its secret, also if a pair in the files takes precedence.
func (p Profile) StoredKeys() (keys Keys, ok bool) {
	if !p.has(storedKey) {
		return Keys{}, false
	}
	keys, err := p.storedKeys()
	return keys, err == nil
}

// PlainKeys returns the long-term pair in the files, also if awsmfa_key takes precedence over it. Its errors are those
// of LongTermKeys.
func (p Profile) PlainKeys() (Keys, error) {
	if p.own().Key == storedKey {
		return p.longTerm(p.plainPair())
	}
	return p.LongTermKeys()
}

// ReturnedPair returns the position of a pair, or half of one, in the files of a profile whose keys are in a store of
// awsmfa's: "aws configure" may have written it. AWS clients use it, without MFA.
func (p Profile) ReturnedPair() (Pos, bool) {
	if !p.has(storedKey) {
		return Pos{}, false
	}
	for _, s := range p.sources() {
		if s.Kind == KindKeys && s.Key != storedKey {
			return s.Pos, true
		}
	}
	return Pos{}, false
}

// Change changes sections of one file in one step. Every error is a *msg.Error, shows no secret, and means that nothing
// was changed.
type Change struct {
	files Files
	path  string
	edits []edit
}

// Apply makes the change. It writes nothing if there is nothing to do.
func (c Change) Apply() error {
	if len(c.edits) == 0 {
		return nil
	}
	return rewriteFile(c.path, c.text)
}

// Check returns the error that Apply would return: it does the same except for the final rename.
func (c Change) Check() error {
	if len(c.edits) == 0 {
		return nil
	}
	return dryRun(c.path, c.text)
}

func (c Change) text(old []byte) (text []byte, err error) {
	text = old
	for _, e := range c.edits {
		if text, err = e.apply(c.files, c.path, text); err != nil {
			return nil, err
		}
	}
	if bytes.Equal(text, old) {
		return nil, nil
	}
	return text, nil
}

// PointToStore gives each of the profiles awsmfa_key, with the store and the ID of keys, and its credential_process,
// which runs awsmfa. A profile with another program for credential_process is an error.
func PointToStore(files Files, keys Keys, profiles, processes []string) Change {
	c := Change{files: files, path: files.Config}
	for i, name := range profiles {
		c.edits = append(c.edits, edit{profile: name, process: true, set: []Setting{
			{Key: storedKey, Value: keys.Store + ":" + keys.AccessKeyID},
			{Key: "credential_process", Value: processes[i]},
		}})
	}
	return c
}

// ForgetStore removes the lines of PointToStore for the pair in keys.
func ForgetStore(files Files, keys Keys, profiles []string) Change {
	c := Change{files: files, path: files.Config}
	for _, name := range profiles {
		c.edits = append(c.edits, edit{
			profile: name, process: true,
			have:   []Setting{{Key: storedKey, Value: keys.Store + ":" + keys.AccessKeyID}},
			remove: []string{storedKey, "credential_process"},
		})
	}
	return c
}

// AddPair adds the pair to sections of the credentials file, which may be new. A section that has the pair already
// stays as it is, and one with another is an error.
func AddPair(files Files, keys Keys, profiles []string) Change {
	c := Change{files: files, path: files.Credentials}
	for _, name := range profiles {
		c.edits = append(c.edits, edit{profile: name, set: pairSettings(keys), keep: true})
	}
	return c
}

// RemovePair removes the pair from those of the sections that are in the file at path. From the credentials file a
// section goes as a whole if it has nothing else: AddPair makes it again.
func RemovePair(files Files, path string, keys Keys, all []Holder) Change {
	c := Change{files: files, path: path}
	for _, h := range all {
		if h.File == path && h.Store == "" {
			c.edits = append(c.edits, edit{
				profile: h.Name, have: pairSettings(keys), remove: []string{idKey, secretKey},
				prune: path == files.Credentials && CheckName(h.Name) == nil, // else AddPair could not make it again
			})
		}
	}
	return c
}

func pairSettings(keys Keys) []Setting {
	return []Setting{
		{Key: idKey, Value: keys.AccessKeyID}, {Key: secretKey, Value: keys.SecretAccessKey.Reveal()},
	}
}

// MoveSerial moves mfa_serial from the role's section of the config file to that of its source. A source with another
// serial number is an error.
func MoveSerial(files Files, role Profile, source string) Change {
	own := []Setting{{Key: serialKey, Value: role.MFASerial}}
	return Change{files: files, path: files.Config, edits: []edit{
		{profile: source, set: own, keep: true},
		{profile: role.Name, have: own, remove: []string{serialKey}},
	}}
}

// storedAs replaces the pair was by now in the profile's awsmfa_key, if it still has was.
func storedAs(name, store, was, now string) edit {
	return edit{
		profile: name,
		have:    []Setting{{Key: storedKey, Value: store + ":" + was}},
		set:     []Setting{{Key: storedKey, Value: store + ":" + now}},
	}
}

// edit changes settings in one section of a file. The other lines stay, byte for byte.
type edit struct {
	profile   string    // "" for [DEFAULT]
	have      []Setting // what the section has; otherwise another program has changed it
	set       []Setting // to add below the header, or to replace
	inherited bool      // replace a value where [DEFAULT] has it
	keep      bool      // another value of a setting in set is an error
	process   bool      // leave another program's credential_process alone: to set it is an error
	remove    []string
	prune     bool // remove the section, too, if nothing is left in it
}

// isOwn reports whether a credential_process runs awsmfa.
func isOwn(process string) bool { return strings.Contains(process, " credential-process ") }

func (e edit) apply(files Files, path string, text []byte) ([]byte, error) {
	before, err := readSection(files, e.profile, path, text)
	if err != nil {
		return nil, err
	}
	for _, s := range e.have {
		if old := before.get("", s.Key); old == nil || old.value != s.Value {
			return nil, keysChangedError(e.profile, path)
		}
	}
	remove := slices.Clone(e.remove)
	if old := before.get("", "credential_process"); e.process && old != nil && !isOwn(old.value) {
		if len(e.set) > 0 {
			return nil, msg.Errorf("profile %q already has a credential_process (%s)", e.profile, old.pos).
				Hint("remove that line first")
		}
		remove = slices.DeleteFunc(remove, func(key string) bool { return key == "credential_process" })
	}
	changed := text
	if changed, err = e.withSettings(files, path, before, changed); err != nil {
		return nil, err
	}
	for _, key := range remove {
		if changed, err = withoutSetting(files, e.profile, path, key, changed); err != nil {
			return nil, err
		}
	}
	pruned := changed
	if e.prune {
		if pruned, err = withoutEmptySection(files, e.profile, path, changed); err != nil {
			return nil, err
		}
	}
	if err := e.verify(files, path, before, text, pruned, remove, len(pruned) < len(changed)); err != nil {
		return nil, err
	}
	return pruned, nil
}

// withoutEmptySection returns text without the profile's section if it is empty: its header has no comment, and nothing
// but empty lines follows. Those go with it. A section that inherits settings stays.
func withoutEmptySection(files Files, name, path string, text []byte) ([]byte, error) {
	s, err := readSection(files, name, path, text)
	if err != nil || s.pos.Line == 0 || len(s.entries) > 0 {
		return text, err
	}
	lines := linesOf(text)
	header := bytes.TrimSpace(lines[s.pos.Line-1])
	if header[0] != '[' || header[len(header)-1] != ']' || bytes.ContainsAny(header, "#;") {
		return text, nil
	}
	end := s.pos.Line
	for end < len(lines) && len(bytes.TrimSpace(lines[end])) == 0 {
		end++
	}
	if end < len(lines) && lines[end][0] != '[' {
		return text, nil
	}
	pruned := bytes.Join(slices.Delete(lines, s.pos.Line-1, end), nil)
	if again, err := readSection(files, name, path, pruned); err != nil || again.pos.Line != 0 { // a second header
		return text, err
	}
	return pruned, nil
}

// withSettings returns text with e.set.
func (e edit) withSettings(files Files, path string, before *section, text []byte) ([]byte, error) {
	var add []Setting
	lines := linesOf(text)
	for _, s := range e.set {
		old := before.get("", s.Key)
		switch {
		case old == nil || old.inherited && !e.inherited:
			add = append(add, s)
		case old.value == s.Value:
		case e.keep && s.Key == serialKey:
			return nil, msg.Errorf("profile %q has another mfa_serial (%s)", e.profile, old.pos)
		case e.keep:
			return nil, msg.Errorf("profile %q has another access key (%s)", e.profile, old.pos).
				Hint("%s takes it in; or remove its lines", msg.Command("keys", "store", e.profile))
		default:
			line, ok := withValue(lines[old.pos.Line-1], old.value, s.Value)
			if !ok {
				return nil, notReplaceableError(s.Key, old.pos)
			}
			lines[old.pos.Line-1] = line
		}
	}
	text = bytes.Join(lines, nil)
	if len(add) == 0 {
		return text, nil
	}
	text, _, err := addSettings(e.profile, path == files.Credentials, before.pos, add, text)
	return text, err
}

// verify reads the changed text back: the section has what it should, and everything else is as it was.
func (e edit) verify(
	files Files, path string, before *section, text, changed []byte, removed []string, pruned bool,
) error {
	after, err := readSection(files, e.profile, path, changed)
	if err != nil {
		return misreadError(path, err)
	}
	touched := slices.Clone(removed)
	for _, s := range e.set {
		touched = append(touched, s.Key)
		if now := after.get("", s.Key); now == nil || now.value != s.Value {
			return misreadError(path, nil)
		}
	}
	for _, key := range removed {
		if after.get("", key) != nil {
			return misreadError(path, nil)
		}
	}
	if !slices.Equal(settingsExcept(before, touched), settingsExcept(after, touched)) {
		return misreadError(path, nil)
	}
	change := 0
	switch {
	case before.pos.Line == 0 && len(e.set) > 0:
		change = 1
	case pruned:
		change = -1
	}
	if !sameNames(text, changed, change, e.profile, path == files.Credentials) {
		return misreadError(path, nil)
	}
	return nil
}
