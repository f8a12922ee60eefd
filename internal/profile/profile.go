// Package profile reads what the AWS config files say of one profile: its long-term keys, its MFA device, its region, its
// endpoints, what kind of profile it is, and the chain of roles from it to where its credentials come from. It also adds
// a section or a line to those files, and puts one key pair in another's place (write.go, replace.go, share.go). It knows those
// files and nothing else: never the environment, never the network; it prints nothing.
//
// The rules are those of the AWS SDK for Go v2 (config/shared_config.go, config/internal/ini), and of botocore where
// that serves the user better; a comment says so each time. Two rules are our own. What is read is what matters: a
// mistake in a section that was not asked for is no error. And a line that somebody wrote in a section that is asked
// for is never dropped without a word.
//
// Each file is read whole, and its lines are walked once; only the sections that were asked for are taken apart, so that
// 10,000 profiles beside them cost about a millisecond. There is no index to go stale.
package profile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"awsmfa/internal/msg"
)

// Pos is a place in a file, for messages. Line counts from 1; a zero Pos is nowhere.
type Pos struct {
	File string
	Line int
}

// String returns file:line, as compilers write it, or the file alone where there is no line.
func (p Pos) String() string {
	if p.Line == 0 {
		return msg.Path(p.File).String()
	}
	return msg.Path(p.File).String() + ":" + strconv.Itoa(p.Line)
}

// Profile is what the two files say of one profile. It can be printed: it shows no secret, with any verb.
type Profile struct {
	Name       string
	Region     string // region; "" when not set
	MFASerial  string // mfa_serial: the device's ARN or serial number
	MFAProcess string // mfa_process: a command line whose first output line is a code (aws-vault's setting)

	// A pointer to a pointer, because fmt prints the unexported fields of a struct, and with a verb that does not fit also
	// what a pointer points to; of this it can show no more than an address.
	in **contents
}

// contents are the profile's sections as read.
type contents struct {
	config, credentials section
	unnamed             [2]section // [default] of the credentials and the config file, for clients told no profile
	included            []section  // of include_profile, the nearest first
	services, sso       section
	servicesErr         error // why there is no services section
	files               Files
	library             *Library // that the profile is from
}

// Load reads the profile called name. A file that does not exist is an empty one. Every error is a *msg.Error: the
// profile is in neither file, a file cannot be read, or what had to be read is malformed. That a profile has no usable
// keys is not an error here; see LongTermKeys.
func Load(files Files, name string) (Profile, error) {
	if name == "" {
		return Profile{}, msg.ProfileNameEmpty()
	}
	l, err := read(files)
	if err != nil {
		return Profile{}, err
	}
	return l.Load(name)
}

// Load is as the function; so are the profiles that a chain leads to, from the same reading of the files.
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
		return Profile{}, notFound(l.files, config, credentials, name)
	}
	if err := c.readIncluded(config, name); err != nil {
		return Profile{}, err
	}
	if err := c.settleSource(config, credentials); err != nil {
		return Profile{}, err
	}
	c.readServices(config)
	if err := c.readSSO(config); err != nil {
		return Profile{}, err
	}
	p := Profile{Name: name, in: &c}
	p.Region, _ = p.Get("region")
	p.MFASerial, _ = p.Get("mfa_serial")
	p.MFAProcess, _ = p.Get("mfa_process")
	return p, nil
}

// readConfig reads the profile's sections of the config file.
func (c *contents) readConfig(f *source, profile string) (err error) {
	c.unnamed[1].lenient = true
	c.config, err = readProfile(f, profile, &c.unnamed[1])
	return err
}

// readIncluded reads the sections that include_profile names, one after the other: aws-vault's setting, by which a
// profile has all settings of another one that it does not have itself (aws-vault, vault/config.go,
// populateFromConfigFile). Keys are not among them, which aws-vault does not keep in these files; nor do the settings of
// [default] come in for all, as they do there: no other AWS client has that.
func (c *contents) readIncluded(f *source, profile string) error {
	way := []string{profile}
	for e := c.config.get("", "include_profile"); e != nil && e.value != ""; {
		if err := e.settle(func(name string) bool { return f.has(named, name, false) }); err != nil {
			return err
		}
		if slices.Contains(way, e.value) {
			return msg.ProfileIncludesItself(append(way, e.value), e.pos.File, e.pos.Line)
		}
		s, err := readProfile(f, e.value, nil)
		if err != nil {
			return err
		}
		if s.pos.Line == 0 {
			return msg.ProfileIncludeMissing(way[len(way)-1], e.value, e.pos.File, e.pos.Line)
		}
		way, c.included = append(way, e.value), append(c.included, s)
		e = s.get("", "include_profile")
	}
	return nil
}

// readProfile reads the sections that a config file has for a profile.
func readProfile(f *source, profile string, unnamed *section) (section, error) {
	// [profile default] and [default] are two for every client: botocore takes the later, the Go SDK [profile default].
	var own, bare, shared section
	words := []string{"profile"}
	if strings.EqualFold(profile, "default") {
		words = append(words, "")
	}
	err := f.about(profile).scan(true, func(line []byte) (*section, bool) {
		k, name, ok := splitHeader(line, false)
		switch {
		case !ok:
			return nil, isBroken(line, profile, words...)
		case k == defaults:
			return &shared, false
		case string(name) != profile && string(name) == "default" && (k == plain || k == named) && unnamed != nil:
			return unnamed, false
		case string(name) != profile:
			return nil, false
		case k == named:
			return &own, false
		case k == plain:
			return &bare, false
		}
		return nil, false
	})
	switch {
	case err != nil:
		return section{}, err
	case own.pos.Line == 0:
		own = bare
	case bare.pos.Line != 0:
		return section{}, twice(&own, &bare)
	}
	own.inherit(&shared)
	return own, nil
}

// readCredentials reads the profile's sections of the credentials file.
func (c *contents) readCredentials(f *source, profile string) error {
	var shared section
	c.unnamed[0].lenient = true
	err := f.about(profile).scan(true, func(line []byte) (*section, bool) {
		k, name, ok := splitHeader(line, true)
		switch {
		case !ok:
			return nil, isBroken(line, profile, "")
		case k == defaults:
			return &shared, false
		case k == named && string(name) == profile:
			return &c.credentials, false
		case k == named && string(name) == "default":
			return &c.unnamed[0], false
		}
		return nil, false
	})
	c.credentials.inherit(&shared)
	return err
}

// readServices reads the [services X] section that the profile names. That there is none matters to whoever asks for an
// endpoint.
func (c *contents) readServices(f *source) {
	if e := c.find("services"); e != nil && e.value != "" {
		if c.servicesErr = e.settle(func(name string) bool { return f.has(services, name, false) }); c.servicesErr == nil {
			c.servicesErr = readNamed(f, &c.services, services, "services", e.value)
		}
	}
}

// readSSO reads the [sso-session X] section that the profile names. That there is none matters to whoever signs in.
func (c *contents) readSSO(f *source) error {
	e := c.find("sso_session")
	if e == nil || e.value == "" {
		return nil
	}
	if err := e.settle(func(name string) bool { return f.has(sso, name, false) }); err != nil {
		return err
	}
	return readNamed(f, &c.sso, sso, "sso-session", e.value)
}

// settleSource decides which profile source_profile means.
func (c *contents) settleSource(config, credentials *source) error {
	e := c.find("source_profile")
	if e == nil {
		return nil
	}
	return e.settle(func(name string) bool { return config.has(named, name, false) || credentials.has(named, name, true) })
}

// readNamed reads the sections [word name].
func readNamed(f *source, into *section, what kind, word, name string) error {
	var shared section
	err := f.about(name).scan(false, func(line []byte) (*section, bool) {
		k, found, ok := splitHeader(line, false)
		switch {
		case !ok:
			return nil, isBroken(line, name, word)
		case k == defaults:
			return &shared, false
		case k == what && string(found) == name:
			return into, false
		}
		return nil, false
	})
	into.inherit(&shared)
	return err
}

// settle decides which section the setting names, where there is something about its value that may be a comment or
// quotes: botocore takes the whole for the name, the Go SDK what is left without them. The one that there is counts;
// where there are both, nobody can tell.
func (e *entry) settle(has func(name string) bool) error {
	switch {
	case e.raw == "" || e.raw == e.value || !has(e.raw):
		return nil
	case has(e.value):
		return msg.ProfileNameAmbiguous(e.key, e.raw, e.value, e.pos.File, e.pos.Line)
	}
	e.value = e.raw
	return nil
}

// find finds a setting: the credentials file's wins over the config file's, as in botocore for every setting and in the
// Go SDK for those on its list, which leaves out endpoint_url and services. A setting that is there but empty wins too.
// Then come the profiles that are included.
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

// contents returns what was read; of the zero Profile, nothing.
func (p Profile) contents() *contents {
	if p.in == nil {
		return &contents{}
	}
	return *p.in
}

// Get returns the setting called key, in any case, and whether it is there. It does not give secrets: for those it
// returns "" and false, so that no table of settings can show them; keys come from LongTermKeys.
func (p Profile) Get(key string) (value string, ok bool) {
	if e := p.contents().find(key); e != nil && !isSecret(e.key) {
		return e.value, true
	}
	return "", false
}

// Setting is Get with the settings that stand indented below it. It is for what is written into another section.
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

// Below is Get, also for a setting that stands indented below another: "s3.addressing_style". "" where there is none.
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

// Unnamed is what [default] says of a setting, for a profile that is another one: clients that are told no profile heed
// it. It takes a key as Below does.
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

// Services are the settings of the [services] section that the profile names, service by service, and its name.
func (p Profile) Services() (name string, services []Setting) {
	name, _ = p.Get("services")
	s := p.contents().services
	for _, e := range s.entries {
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

// Keys are the settings that the profile has, in the order of the files, but for secrets.
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

// sections are the profile's own and those it includes, in the order in which a setting is looked for.
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

// Where returns where the setting called key stands, secrets too; the zero Pos when it is not there. The empty key is
// the profile's own header, in the config file if it is in both.
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

// ServiceEndpoint returns the URL that the files give for service ("sts", "iam"; the names of [services] sections, lower
// case with underscores): the endpoint_url under it in the profile's [services X], else the profile's own endpoint_url,
// else "". What comes before all of these, ignore_configured_endpoint_urls and the variables, is the caller's. A services section that is not there, or that cannot be read, is a *msg.Error, as in
// botocore: its endpoints would silently be those of AWS itself (in the Go SDK they are).
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (p Profile) ServiceEndpoint(service string) (string, error) {
	c := p.contents()
	switch e := c.find("services"); {
	case c.servicesErr != nil:
		return "", c.servicesErr
	case e != nil && e.value != "" && c.services.pos.Line == 0:
		return "", msg.ProfileServicesMissing(p.Name, e.value, e.pos.File, e.pos.Line, c.files.Config)
	}
	if e := c.services.get(strings.ToLower(service), "endpoint_url"); e != nil && e.value != "" {
		return e.value, nil
	}
	url, _ := p.Get("endpoint_url")
	return url, nil
}

// String names the profile, and shows nothing that is in it.
func (p Profile) String() string { return "profile " + p.Name }
