package profile

import (
	"slices"

	"awsmfa/internal/msg"
)

// NewSection is a section to add to the config file: a profile, or an sso-session.
type NewSection struct {
	Name       string
	SSOSession bool
	Settings   []Setting
	// Where is its place in the file that it was read from, and Device that of an mfa_serial that was left out there.
	Where, Device Pos
}

// Text returns the section as AddSections writes it.
func (s NewSection) Text() string { return string(appendSection(nil, s.header(), s.Settings)) }

func (s NewSection) header() string {
	if s.SSOSession {
		return "[sso-session " + s.Name + "]"
	}
	return configHeader(s.Name)
}

// Get returns the setting's value, or "".
func (s NewSection) Get(key string) string {
	for _, set := range s.Settings {
		if set.Key == key {
			return set.Value
		}
	}
	return ""
}

// check returns an error if some AWS client would misread the section.
func (s NewSection) check() error {
	if err := CheckName(s.Name); err != nil {
		return err
	}
	for _, set := range s.Settings {
		if err := CheckSetting(set); err != nil {
			return err
		}
	}
	return nil
}

// Find returns the position of the section that has the new one's kind and name in either file, or the zero Pos, and
// whether it has the new one's settings.
func (l *Library) Find(s NewSection) (at Pos, same bool, err error) {
	var get func(key string) (string, bool)
	if s.SSOSession {
		var have section
		if err := readNamed(l.config, &have, sso, "sso-session", s.Name); err != nil || have.pos.Line == 0 {
			return Pos{}, false, err
		}
		at, get = have.pos, func(key string) (string, bool) {
			e := have.get("", key)
			return e.valueOr(""), e != nil
		}
	} else {
		p, err := l.Load(s.Name)
		switch {
		case NotFound(err):
			return Pos{}, false, nil
		case err != nil:
			return Pos{}, false, err
		}
		at, get = p.Where(""), p.Get
	}
	differs := func(set Setting) bool {
		value, ok := get(set.Key)
		return !ok || value != set.Value
	}
	return at, !slices.ContainsFunc(s.Settings, differs), nil
}

func (e *entry) valueOr(other string) string {
	if e == nil {
		return other
	}
	return e.value
}

// AddSections appends the sections to the config file, which it creates as AddKeys does. It is an error if one of them
// exists, in either file. Every error is a *msg.Error and means that nothing was changed.
func AddSections(files Files, sections []NewSection) error {
	if files.Config == "" {
		return noPathError("AWS_CONFIG_FILE")
	}
	return rewriteFile(files.Config, func(old []byte) ([]byte, error) {
		text, _, err := withSections(files, old, sections)
		return text, err
	})
}

// WithSections returns both files as AddSections would leave them. Its errors are those of AddSections, except about
// writing.
func WithSections(files Files, sections []NewSection) (*Library, error) {
	config, err := open(files.Config)
	if err != nil {
		return nil, err
	}
	var old []byte
	if config != nil {
		old = config.text
	}
	_, l, err := withSections(files, old, sections)
	return l, err
}

func withSections(files Files, old []byte, sections []NewSection) (text []byte, l *Library, err error) {
	credentials, err := open(files.Credentials)
	if err != nil {
		return nil, nil, err
	}
	library := func(text []byte) (*Library, error) {
		config, err := newSource(files.Config, text)
		if err == nil && len(text) > len(old) {
			config.toAdd = len(linesOf(old)) + 1
		}
		return &Library{files: files, config: config, credentials: credentials}, err
	}
	if l, err = library(old); err != nil {
		return nil, nil, err
	}
	text = old
	for _, s := range sections {
		if err := s.check(); err != nil {
			return nil, nil, err
		}
		switch at, _, err := l.Find(s); {
		case err != nil:
			return nil, nil, err
		case at.Line != 0:
			return nil, nil, msg.Errorf("%s already exists (%s), and an existing section is never changed",
				msg.Path(s.header()), at).Hint("choose another name, or remove that section first")
		}
		next := appendSection(text, s.header(), s.Settings)
		after, err := library(next)
		if err != nil || !after.holds(s) || !onlyInserted(text, next, len(text), !s.SSOSession, s.Name, false) {
			return nil, nil, misreadError(files.Config, err)
		}
		text, l = next, after
	}
	return text, l, nil
}

// holds reports whether the config file has the section with these settings and no others.
func (l *Library) holds(s NewSection) bool {
	var have section
	var err error
	if s.SSOSession {
		err = readNamed(l.config, &have, sso, "sso-session", s.Name)
	} else {
		err = readProfile(l.config, s.Name, &have, nil)
	}
	return err == nil && have.extends(new(section), s.Settings)
}

// importedKeys are the settings that ReadSections takes from other people's files: they hold no secret, run no program,
// read no file and lead to no other host than AWS's.
var importedKeys = []string{
	"role_arn", "source_profile", "credential_source", "external_id", "role_session_name", "duration_seconds",
	"source_identity", "session_tags", "transitive_session_tags", "region", "output",
	"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name", "sso_registration_scopes",
	"awsmfa_ask", "awsmfa_duration",
}

// runningKeys are settings whose value is a command line.
var runningKeys = []string{"credential_process", "mfa_process", "web_identity_token_process", "cli_pager"}

// ReadSections reads the profiles and sso-sessions of a file that somebody else wrote. A key, a command line and every
// other setting that is not in importedKeys is an error with its position, and so is every other section. mfa_serial is
// left out: it names one person's device.
func ReadSections(path string) ([]NewSection, error) {
	f, err := open(path)
	switch {
	case err != nil:
		return nil, err
	case f == nil:
		return nil, msg.Errorf("%s does not exist", msg.Path(path)).Hint("name the file with the profiles")
	}
	var all []NewSection
	var found []*section
	refused := &section{lenient: true}
	err = f.scan(true, func(header []byte) (*section, bool) {
		k, name, ok := splitHeader(header, false)
		if !ok || k != named && k != plain && k != sso {
			return refused, !ok
		}
		s := NewSection{Name: string(name), SSOSession: k == sso}
		i := slices.IndexFunc(all, func(other NewSection) bool {
			return other.Name == s.Name && other.SSOSession == s.SSOSession
		})
		if i < 0 {
			i, all, found = len(all), append(all, s), append(found, new(section))
		}
		return found[i], false
	})
	switch {
	case err != nil:
		return nil, err
	case refused.pos.Line != 0:
		return nil, msg.Errorf("the section at %s is neither a profile nor an sso-session: it is not imported",
			refused.pos).Hint("remove it from the file; in a config file write [profile NAME]")
	}
	for i := range all {
		if err := all[i].take(found[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// take takes the settings of a section of somebody else's file.
func (s *NewSection) take(from *section) error {
	s.Where = from.pos
	for _, e := range from.entries {
		switch {
		case e.key == idKey, isSecret(e.key):
			return msg.Errorf("%s is at %s: no file with keys is imported", e.key, e.pos).
				Hint("remove the keys from the file, and make them invalid if others have seen them")
		case slices.Contains(runningKeys, e.key):
			return msg.Errorf("%s is at %s: no file with a command line is imported, because it would run as you",
				e.key, e.pos).Hint("remove the line, or add that profile to your config file by hand")
		case e.key == serialKey:
			s.Device = e.pos
		case e.parent != "" || !slices.Contains(importedKeys, e.key):
			return msg.Errorf("%s is at %s: only settings of roles and of IAM Identity Center are imported",
				msg.Escaped(e.key), e.pos).Hint("remove the line, or add that profile to your config file by hand")
		case e.value != "":
			s.Settings = append(s.Settings, Setting{Key: e.key, Value: e.value})
		}
	}
	return s.check()
}
