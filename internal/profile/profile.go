// Package profile reads one profile from the AWS config and credentials files: its long-term keys, MFA device, region,
// endpoints, kind, and the chain of roles down to the source of its credentials. It also adds sections and settings to
// those files, and replaces key pairs (write.go, replace.go, share.go). It never reads the environment, never uses the
// network, and prints nothing.
//
// The rules are those of the AWS SDK for Go v2 (config/shared_config.go, config/internal/ini), and of botocore where
// that serves the user better; a comment says so each time. Two rules are our own: a mistake in a section that was not
// requested is no error, and a line of a requested section is never ignored silently.
//
// Each file is read whole, and its lines are walked once; only the requested sections are parsed, so that 10,000 other
// profiles cost about a millisecond. There is no index to go stale.
package profile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"awsmfa/internal/msg"
)

// Pos is a position in a file, for messages. Line counts from 1; the zero Pos means that there is no position.
type Pos struct {
	File string
	Line int
}

// notYet is added to the number of a line that is only to be added to its file.
const notYet = 1 << 30

// String returns file:line, as compilers write it, or the file alone if there is no such line.
func (p Pos) String() string {
	if p.Line == 0 || p.Line > notYet {
		return msg.Path(p.File).String()
	}
	return msg.Path(p.File).String() + ":" + strconv.Itoa(p.Line)
}

// Profile is one profile as the two files describe it. It is safe to print: no formatting verb shows a secret.
type Profile struct {
	Name      string
	Region    string // region; "" when not set
	MFASerial string // mfa_serial: the device's ARN or serial number

	// A pointer to a pointer: fmt prints unexported fields, and with a mismatched verb also what a pointer points to.
	// Of this it can show only an address.
	in **contents
}

// contents holds the sections that make up a profile.
type contents struct {
	config, credentials section
	unnamed             [2]*section // [default] of the credentials and the config file; see Unnamed
	included            []section   // by include_profile, the nearest first
	services, sso       *section    // nil if no setting names one
	servicesErr         error       // why the services section could not be read
	files               Files
	library             *Library // the source of the profile
}

// Load reads the profile called name. A missing file counts as empty. Every error is a *msg.Error: the profile is in
// neither file, a file cannot be read, or a section of the profile is malformed. A profile without usable keys is not
// an error here; see LongTermKeys.
func Load(files Files, name string) (Profile, error) {
	if name == "" {
		return Profile{}, emptyNameError()
	}
	l, err := read(files)
	if err != nil {
		return Profile{}, err
	}
	return l.Load(name)
}

func emptyNameError() *msg.Error {
	return msg.Errorf("the profile name is empty").
		Hint("name a profile, for example: %s", msg.Command("env", "default"))
}

// Load is like the function Load, but uses the files as they were when l was read; so does Profile.Chain.
func (l *Library) Load(name string) (Profile, error) {
	config, credentials := l.config, l.credentials
	c := &contents{files: l.files, library: l}
	if err := c.readConfig(config, name); err != nil {
		return Profile{}, err
	}
	if err := c.readCredentials(credentials, name); err != nil {
		return Profile{}, err
	}
	if c.config.pos.Line == 0 && c.credentials.pos.Line == 0 {
		return Profile{}, notFoundError(l.files, config, credentials, name)
	}
	if err := c.readIncluded(config, name); err != nil {
		return Profile{}, err
	}
	if err := c.resolveSource(config, credentials); err != nil {
		return Profile{}, err
	}
	c.readServices(config)
	if err := c.readSSO(config); err != nil {
		return Profile{}, err
	}
	p := Profile{Name: name, in: &c}
	p.Region, _ = p.Get("region")
	p.MFASerial, _ = p.Get(serialKey)
	return p, nil
}

// readConfig reads the profile's sections of the config file.
func (c *contents) readConfig(f *source, profile string) error {
	return readProfile(f, profile, &c.config, &c.unnamed[1])
}

// readIncluded follows include_profile, aws-vault's setting by which a profile inherits the settings of another that it
// does not have itself (aws-vault, vault/config.go, populateFromConfigFile). Keys are not inherited: aws-vault does not
// store them in these files. Unlike in aws-vault, [default] is not included in every profile: no other AWS client does
// that.
func (c *contents) readIncluded(f *source, profile string) error {
	visited := cycle{profile}
	for e := c.config.get("", "include_profile"); e != nil && e.value != ""; {
		if err := e.resolve(func(name string) bool { return f.has(named, name, false) }); err != nil {
			return err
		}
		if slices.Contains(visited, e.value) {
			return msg.Errorf("include_profile forms a cycle: %s (%s)", append(visited, e.value), e.pos).
				Hint("remove one of the include_profile lines")
		}
		var s section
		if err := readProfile(f, e.value, &s, nil); err != nil {
			return err
		}
		if s.pos.Line == 0 {
			return msg.Errorf("profile %q includes profile %q (%s), which is not in the config file",
				visited[len(visited)-1], e.value, e.pos).Hint("fix the name, or remove the include_profile line")
		}
		visited, c.included = append(visited, e.value), append(c.included, s)
		e = s.get("", "include_profile")
	}
	return nil
}

// cycle is a list of profiles that ends with one that was in it before, an argument of messages.
type cycle []string

func (c cycle) String() string {
	quoted := make([]string, len(c))
	for i, name := range c {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, " → ")
}

// readProfile reads a profile's section of a config file into own, and [default] into unnamed unless that is nil.
func readProfile(f *source, profile string, own *section, unnamed **section) error {
	// [profile default] and [default] are different sections: botocore uses the later one, the Go SDK [profile
	// default].
	var bare, shared *section
	words := []string{"profile"}
	if strings.EqualFold(profile, "default") {
		words = append(words, "")
	}
	err := f.only(profile).scan(true, func(line []byte) (*section, bool) {
		if isOther(line, profile) {
			return nil, false
		}
		k, name, ok := splitHeader(line, false)
		switch {
		case !ok:
			return nil, isMalformed(line, profile, words...)
		case k == defaults:
			return made(&shared), false
		case string(name) != profile && string(name) == "default" && (k == plain || k == named) && unnamed != nil:
			return lenient(unnamed), false
		case string(name) != profile:
			return nil, false
		case k == named:
			return own, false
		case k == plain:
			return made(&bare), false
		}
		return nil, false
	})
	switch {
	case err != nil:
		return err
	case bare == nil:
	case own.pos.Line == 0:
		*own = *bare
	default:
		return duplicateError(own, bare)
	}
	own.inherit(shared)
	return nil
}

// made returns the section that s points to, which it makes if there is none: most profiles do without.
func made(s **section) *section {
	if *s == nil {
		*s = new(section)
	}
	return *s
}

// lenient is made, for a section whose mistakes are ignored.
func lenient(s **section) *section {
	made(s).lenient = true
	return *s
}

// readCredentials reads the profile's sections of the credentials file.
func (c *contents) readCredentials(f *source, profile string) error {
	var shared *section
	err := f.only(profile).scan(true, func(line []byte) (*section, bool) {
		k, name, ok := splitHeader(line, true)
		switch {
		case !ok:
			return nil, isMalformed(line, profile, "")
		case k == defaults:
			return made(&shared), false
		case k == named && string(name) == profile:
			return &c.credentials, false
		case k == named && string(name) == "default":
			return lenient(&c.unnamed[0]), false
		}
		return nil, false
	})
	c.credentials.inherit(shared)
	return err
}

// readServices reads the [services X] section that the profile names. Its error is reported by ServiceEndpoint.
func (c *contents) readServices(f *source) {
	if e := c.find("services"); e != nil && e.value != "" {
		c.servicesErr = e.resolve(func(name string) bool { return f.has(services, name, false) })
		if c.servicesErr == nil {
			c.servicesErr = readNamed(f, made(&c.services), services, "services", e.value)
		}
	}
}

// readSSO reads the [sso-session X] section that the profile names. A missing one is reported by SSO.
func (c *contents) readSSO(f *source) error {
	e := c.find("sso_session")
	if e == nil || e.value == "" {
		return nil
	}
	if err := e.resolve(func(name string) bool { return f.has(sso, name, false) }); err != nil {
		return err
	}
	return readNamed(f, made(&c.sso), sso, "sso-session", e.value)
}

// resolveSource decides which profile source_profile means.
func (c *contents) resolveSource(config, credentials *source) error {
	e := c.find("source_profile")
	if e == nil {
		return nil
	}
	return e.resolve(func(name string) bool {
		return config.has(named, name, false) || credentials.has(named, name, true)
	})
}

// readNamed reads the sections [word name].
func readNamed(f *source, into *section, what kind, word, name string) error {
	var shared *section
	err := f.only(name).scan(false, func(line []byte) (*section, bool) {
		k, found, ok := splitHeader(line, false)
		switch {
		case !ok:
			return nil, isMalformed(line, name, word)
		case k == defaults:
			return made(&shared), false
		case k == what && string(found) == name:
			return into, false
		}
		return nil, false
	})
	into.inherit(shared)
	return err
}

// resolve decides which section the setting names if its value has quotes or may end with a comment: botocore takes all
// of it as the name, the Go SDK only the part without them. The section that exists counts; if both do, it is an error.
func (e *entry) resolve(has func(name string) bool) error {
	switch {
	case e.raw == "" || e.raw == e.value || !has(e.raw):
		return nil
	case has(e.value):
		return msg.Errorf("%s at %s may mean %q, or %q followed by a comment; both exist", e.key, e.pos,
			e.raw, e.value).Hint("rename one of the two sections, or remove the comment from the line")
	}
	e.value = e.raw
	return nil
}

// find finds a setting. The credentials file takes precedence over the config file, as in botocore for every setting
// and in the Go SDK for all but endpoint_url and services. An empty setting takes precedence, too. Included profiles
// come last.
func (c *contents) find(key string) *entry {
	key = strings.ToLower(key)
	if e := c.credentials.get("", key); e != nil {
		return e
	}
	if e := c.config.get("", key); e != nil || key == idKey || isSecret(key) {
		return e
	}
	for i := range c.included {
		if e := c.included[i].get("", key); e != nil {
			return e
		}
	}
	return nil
}

// contents returns the profile's sections; for the zero Profile, empty ones.
func (p Profile) contents() *contents {
	if p.in == nil {
		return &contents{}
	}
	return *p.in
}

// Get returns the setting called key, in any case, and whether it exists. For secrets it returns "" and false, so that
// no listing of settings can show them; keys come from LongTermKeys.
func (p Profile) Get(key string) (value string, ok bool) {
	if e := p.contents().find(key); e != nil && !isSecret(e.key) {
		return e.value, true
	}
	return "", false
}

// Setting is like Get, and includes the settings indented below this one. It is for copying to another section.
func (p Profile) Setting(key string) (set Setting, ok bool) {
	if set.Value, ok = p.Get(key); !ok {
		return Setting{}, false
	}
	set.Key = strings.ToLower(key)
	for _, s := range p.contents().sections() {
		if s.get("", set.Key) == nil {
			continue
		}
		for _, e := range s.entries {
			if e.parent == set.Key {
				set.Below = append(set.Below, Setting{Key: e.key, Value: e.value})
			}
		}
		break
	}
	return set, true
}

// Below is like Get, also for a setting indented below another, such as "s3.addressing_style". It returns "" if there
// is none.
func (p Profile) Below(key string) string {
	parent, child, nested := strings.Cut(key, ".")
	if !nested {
		value, _ := p.Get(key)
		return value
	}
	group, _ := p.Setting(parent)
	for _, below := range group.Below {
		if below.Key == child {
			return below.Value
		}
	}
	return ""
}

// Unnamed returns a setting of [default], which clients use when no profile is named. It is for profiles other than
// default. The key is as in Below.
func (p Profile) Unnamed(key string) string {
	parent, child, nested := strings.Cut(key, ".")
	if !nested {
		parent, child = "", key
	}
	for _, s := range p.contents().unnamed {
		if s.get("", cmp.Or(parent, child)) == nil {
			continue
		}
		if e := s.get(parent, child); e != nil && !isSecret(e.key) {
			return e.value
		}
		return ""
	}
	return ""
}

// Services returns the name of the [services] section that the profile uses, and its settings, grouped by service.
func (p Profile) Services() (name string, services []Setting) {
	name, _ = p.Get("services")
	s := p.contents().services
	for _, e := range s.all() {
		if e.parent != "" {
			continue
		}
		set := Setting{Key: e.key, Value: e.value}
		for _, below := range s.entries {
			if below.parent == e.key {
				set.Below = append(set.Below, Setting{Key: below.key, Value: below.value})
			}
		}
		services = append(services, set)
	}
	return name, services
}

// Keys returns the names of the profile's settings in the order of the files, without secrets.
func (p Profile) Keys() (keys []string) {
	for _, s := range p.contents().sections() {
		for _, e := range s.entries {
			if e.parent == "" && !isSecret(e.key) && !slices.Contains(keys, e.key) {
				keys = append(keys, e.key)
			}
		}
	}
	return keys
}

// sections returns the profile's own sections and the included ones, in order of precedence.
func (c *contents) sections() []*section {
	all := []*section{&c.credentials, &c.config}
	for i := range c.included {
		all = append(all, &c.included[i])
	}
	return all
}

func isSecret(key string) bool {
	return key == secretKey || slices.Contains(tokenKeys, key)
}

// Where returns the position of the setting called key, which may be a secret, or the zero Pos if there is none. The
// empty key means the profile's header, in the config file if both files have one.
func (p Profile) Where(key string) Pos {
	c := p.contents()
	if key == "" {
		if c.config.pos.Line != 0 {
			return c.config.pos
		}
		return c.credentials.pos
	}
	if e := c.find(key); e != nil {
		return e.pos
	}
	return Pos{}
}

// ServiceEndpoint returns the URL that the files configure for service ("sts", "iam"; named as in [services] sections,
// in lower case with underscores): the endpoint_url under it in the profile's [services X], else the profile's own
// endpoint_url, else "", and where it is. The caller handles ignore_configured_endpoint_urls and the environment. A
// services section that is missing or unreadable is a *msg.Error, as in botocore; the Go SDK would silently use AWS's
// own endpoints.
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (p Profile) ServiceEndpoint(service string) (url string, where Pos, err error) {
	c := p.contents()
	switch e := c.find("services"); {
	case c.servicesErr != nil:
		return "", where, c.servicesErr
	case e != nil && e.value != "" && c.services.pos.Line == 0:
		return "", where, msg.Errorf("profile %q refers to [services %s] (%s), which is not in %s", p.Name,
			msg.Escaped(e.value), e.pos, msg.Path(c.files.Config)).Hint("add the section, or remove the services line")
	}
	if e := c.services.get(strings.ToLower(service), "endpoint_url"); e != nil && e.value != "" {
		return e.value, e.pos, nil
	}
	if e := c.find("endpoint_url"); e != nil {
		return e.value, e.pos, nil
	}
	return "", where, nil
}

// String returns the profile's name, and nothing of its contents.
func (p Profile) String() string { return "profile " + p.Name }
