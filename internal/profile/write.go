package profile

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"awsmfa/internal/msg"
	"awsmfa/internal/rewrite"
)

// Writing only inserts lines: every byte of the old file stays, in the same order. (Only replace.go replaces values.)
// The new text is composed, read back by this package's own reader, written to a file next to the old one, and renamed,
// so that a crash leaves either the old file or the new one.

// Setting is one setting of a config file, and the settings indented below it ("s3 =").
type Setting struct {
	Key, Value string
	Below      []Setting
}

// Lines returns the setting's lines in a section. Further lines of a value are indented, so that they continue it.
func (s Setting) Lines() []string {
	s.Value = strings.ReplaceAll(s.Value, "\n", "\n    ")
	return settingLines("", []Setting{s})
}

// CheckName returns an error if some AWS client would misread name as the name of a new profile. AddKeys and AddConfig
// call it, too; it is for checking the name before anything else is asked.
//
// A name is written without quotes. Botocore needs quotes around a blank, and the Go SDK keeps them as part of the
// name, so no spelling of such a name works for both; # and ; begin a comment for the Go SDK, \ and quotes are special
// for botocore (shlex), for which [DEFAULT] is no profile. A name outside ASCII is read in the ANSI code page by
// botocore on Windows, where undefined bytes would make the whole file unreadable.
func CheckName(name string) error {
	switch {
	case name == "":
		return emptyNameError()
	case utf8.ValidString(name) && !inANSI(name):
		return msg.Errorf("a new profile cannot be named %q: on this computer the AWS CLI reads its files "+
			"in code page %d, and other AWS clients in UTF-8", name, ansiPage()).
			Hint("use only letters, digits and . _ - / + @, such as %s", msg.Word(asciiName(name)))
	case strings.ContainsAny(name, " \t#;[]\"'\\"), !printable(name),
		strings.EqualFold(name, "default") && name != "default":
		return msg.Errorf("a new profile cannot be named %q: some AWS clients would misread the name", name).
			Hint("use letters, digits and . _ - / + @, without blanks, quotes or brackets")
	}
	return nil
}

// printable reports whether s can be part of a line that botocore reads as text in the system's encoding.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) || r == utf8.RuneError
	})
}

// CheckSetting returns an error if the setting may not be written, or if the SDKs or this package would misread it. The
// error does not show the value: it may be a secret, pasted by mistake.
func CheckSetting(s Setting) error {
	isOdd := func(r rune) bool {
		return r != '_' && r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}
	if s.Key == "" || strings.EqualFold(s.Key, idKey) || isSecret(strings.ToLower(s.Key)) ||
		strings.ContainsFunc(s.Key, isOdd) {
		return msg.Errorf("the setting %q cannot be written to a config file", s.Key).
			Hint("names have letters, digits, _ and -; keys and tokens belong elsewhere")
	}
	for _, below := range s.Below {
		if err := CheckSetting(below); err != nil {
			return err
		}
		if below.Value == "" || s.Value != "" {
			return valueError(s.Key)
		}
	}
	switch {
	case s.Value != "" && !plainValue(s.Value):
		return valueError(s.Key)
	case !inANSI(s.Value):
		return msg.Errorf("the value for %q is not ASCII: on this computer the AWS CLI reads its files "+
			"in code page %d, and other AWS clients in UTF-8", s.Key, ansiPage()).Hint("use ASCII names and paths")
	}
	return nil
}

func valueError(key string) error {
	return msg.Errorf("the value for %q cannot be written so that every AWS client reads it back", key).
		Hint("use one line without blanks at its ends, without quotes around it, and without # or ; after a blank")
}

// plainValue reports whether all readers understand v without quotes. Quotes would not help: in botocore they are part
// of the value, and so is "#" after a blank. An empty value begins a group of nested settings.
func plainValue(v string) bool {
	if v == "" || strings.TrimSpace(v) != v || !printable(v) {
		return false
	}
	quoted := (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] // a single quote, too: the Go SDK panics
	line := " " + v                                                // as after "key ="
	return !quoted && len(cutComment([]byte(line))) == len(line)
}

// CheckKeyID returns an error if id cannot be a user's access key ID. It is for typed input, before a request to AWS;
// AddKeys calls it, too. Its errors do not show id: it may be the secret.
func CheckKeyID(id string) error {
	switch {
	case !plainKey(id):
		return keyError(idKey)
	case strings.HasPrefix(id, "ASIA"):
		return msg.Errorf("this is a temporary access key ID (ASIA…); sessions are never written " +
			"to a credentials file").Hint("use the user's own key (AKIA…)")
	case !IsKeyID(id): // the secret, perhaps, which would be shown and sent as an ID
		return NotKeyID()
	}
	return nil
}

// NotKeyID is the error for a text that is no access key ID.
func NotKeyID() *msg.Error {
	return msg.Errorf("this is not an access key ID").
		Hint("it is 20 capital letters and digits, such as AKIA…; did you swap the ID and the secret?")
}

// CheckSecret is CheckKeyID for the secret access key.
func CheckSecret(secret Secret) error {
	if !plainKey(secret.Reveal()) {
		return keyError(secretKey)
	}
	return nil
}

func keyError(key string) error {
	return msg.Errorf("%s is empty or has white space, a quote or an invalid character in it", key).
		Hint("copy it again, with nothing before or after it")
}

func plainKey(v string) bool {
	return plainValue(v) && !strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' })
}

func checkKeys(id string, secret Secret) error {
	if err := CheckKeyID(id); err != nil {
		return err
	}
	return CheckSecret(secret)
}

// IsKeyID reports whether id has the form of an access key ID: 16 to 128 capital letters and digits (IAM API Reference,
// "AccessKey").
func IsKeyID(id string) bool {
	isOther := func(r rune) bool { return !('A' <= r && r <= 'Z' || '0' <= r && r <= '9') }
	return 16 <= len(id) && len(id) <= 128 && !strings.ContainsFunc(id, isOther)
}

// AddKeys appends a new section with the key pair to the credentials file, as "aws configure" would write it. It
// creates the file (0600) and its directory (0700) if necessary. It is an error if the section exists, in any spelling,
// or if the config file has a source of credentials for the profile. Every error is a *msg.Error, shows neither id nor
// secret, and means that nothing was changed.
func AddKeys(files Files, name, id string, secret Secret) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if err := checkKeys(id, secret); err != nil {
		return err
	}
	if files.Credentials == "" {
		return noPathError("AWS_SHARED_CREDENTIALS_FILE")
	}
	return rewriteFile(files.Credentials, func(old []byte) ([]byte, error) {
		return withSection(files, name, id, secret, old)
	})
}

// noPathError is the error for a file without a path; variable can name one.
func noPathError(variable string) error {
	return msg.Errorf("there is no file to write to").Hint("set %s to its path", variable)
}

// KeysAddable returns the error that AddKeys would return: it does the same with a dummy pair, except for the final
// rename. It is for checking before asking for a key.
func KeysAddable(files Files, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if files.Credentials == "" {
		return noPathError("AWS_SHARED_CREDENTIALS_FILE")
	}
	id, secret := strings.Repeat("X", 20), NewSecret(strings.Repeat("x", 40))
	return dryRun(files.Credentials, func(old []byte) ([]byte, error) {
		return withSection(files, name, id, secret, old)
	})
}

// withSection returns old, the contents of the credentials file, with the new section at its end.
func withSection(files Files, name, id string, secret Secret, old []byte) ([]byte, error) {
	before, err := readWith(files, name, nil, old)
	if err != nil {
		return nil, err
	}
	if at := before.credentials.pos; at.Line != 0 {
		return nil, msg.Errorf("profile %q already exists (%s), and an existing section is never changed", name, at).
			Hint("name another profile, or remove that section first")
	}
	for _, key := range append(slices.Clone(sourceKeys), "aws_session_token") {
		if e := before.config.get("", key); e != nil {
			return nil, msg.Errorf("profile %q already has a source of credentials (%s, %s)", name, key, e.pos).
				Hint("name another profile for the new keys")
		}
	}
	keys := Keys{AccessKeyID: id, SecretAccessKey: secret}
	return edit{profile: name, set: pairSettings(keys)}.apply(files, files.Credentials, old)
}

// misreadError is the error for a new text that did not have the intended meaning when it was read back.
func misreadError(file string, err error) error {
	return msg.Errorf("the new lines for %s would be misread; nothing was changed", msg.Path(file)).
		Hint("add them by hand, and please report this").Wrap(err)
}

// AddConfig adds those of the settings that the profile has in neither file: directly below its header in the config
// file, or in a new section at the end of the file. It creates the file and its directory as AddKeys does. If the
// profile has all settings already, nothing is written; if it has one with another value, that is an error with the
// position and both values. Every error is a *msg.Error and means that nothing was changed.
func AddConfig(files Files, name string, settings []Setting) error {
	if name == "" {
		return emptyNameError()
	}
	for _, s := range settings {
		if err := CheckSetting(s); err != nil {
			return err
		}
	}
	if files.Config == "" {
		return noPathError("AWS_CONFIG_FILE")
	}
	return rewriteFile(files.Config, func(old []byte) ([]byte, error) {
		before, err := readWith(files, name, old, nil)
		if err != nil {
			return nil, err
		}
		add, err := before.missing(name, settings)
		if err != nil || len(add) == 0 {
			return nil, err
		}
		text, at, err := addSettings(name, false, before.config.pos, add, old)
		if err != nil {
			return nil, err
		}
		after, err := readWith(files, name, text, nil)
		if err != nil || !after.config.extends(&before.config, add) ||
			!onlyInserted(old, text, at, before.config.pos.Line == 0, name, false) {
			return nil, misreadError(files.Config, err)
		}
		return text, nil
	})
}

// addSettings returns old with the settings directly below the header of a profile's section, or in a new section if
// header is the zero Pos, and where they are.
func addSettings(
	profile string, credentials bool, header Pos, add []Setting, old []byte,
) (text []byte, at int, err error) {
	if header.Line == 0 {
		name := configHeader(profile)
		if credentials {
			name = "[" + profile + "]"
		}
		return appendSection(old, name, add), len(old), CheckName(profile)
	}
	indent, err := indentation(profile, header, old)
	if err != nil {
		return nil, 0, err
	}
	// In a section that is indented as a whole, the Go SDK would take all later lines as settings nested in this one.
	if i := slices.IndexFunc(add, func(s Setting) bool { return s.Value == "" }); i >= 0 && indent != "" {
		return nil, 0, valueError(add[i].Key)
	}
	at = len(bytes.Join(linesOf(old)[:header.Line], nil))
	return insert(old, at, settingLines(indent, add)), at, nil
}

// ConfigSection returns a profile's section as AddConfig would write it. Its errors are those of AddConfig.
func ConfigSection(name string, settings []Setting) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	for _, s := range settings {
		if err := CheckSetting(s); err != nil {
			return "", err
		}
	}
	return string(appendSection(nil, configHeader(name), settings)), nil
}

func configHeader(name string) string {
	if name == "default" {
		return "[default]"
	}
	return "[profile " + name + "]"
}

// missing returns the settings that the profile does not have, each once.
func (c *contents) missing(name string, settings []Setting) (add []Setting, err error) {
	for _, s := range settings {
		var have string
		var at Pos
		if e := c.find(s.Key); e != nil {
			have, at = e.value, e.pos
		} else if i := slices.IndexFunc(add, func(a Setting) bool { return strings.EqualFold(a.Key, s.Key) }); i >= 0 {
			have = add[i].Value
		} else {
			add = append(add, s)
			continue
		}
		conflict := func(have, want string) error {
			return msg.Errorf("profile %q has %s = %q (%s), not %q", name, strings.ToLower(s.Key), have, at, want).
				Hint("existing settings are never changed: edit that line, or keep it")
		}
		if have != s.Value {
			return nil, conflict(have, s.Value)
		}
		for _, b := range s.Below {
			e := c.config.get(strings.ToLower(s.Key), strings.ToLower(b.Key))
			if e == nil || e.value != b.Value {
				return nil, conflict("", b.Key+" = "+b.Value)
			}
		}
	}
	return add, nil
}

// extends reports whether s is old with the settings in add and no others, apart from those of [DEFAULT].
func (s *section) extends(old *section, add []Setting) bool {
	inherited := func(e entry) bool { return e.inherited }
	added := 0
	for _, a := range add {
		if e := s.get("", strings.ToLower(a.Key)); e == nil || e.value != a.Value {
			return false
		}
		for _, b := range a.Below {
			if e := s.get(strings.ToLower(a.Key), strings.ToLower(b.Key)); e == nil || e.value != b.Value {
				return false
			}
		}
		added += 1 + len(a.Below)
	}
	for _, o := range old.entries {
		if e := s.get(o.parent, o.key); e == nil || e.value != o.value {
			return false
		}
	}
	own := slices.DeleteFunc(slices.Clone(s.entries), inherited)
	before := slices.DeleteFunc(slices.Clone(old.entries), inherited)
	return len(own) == len(before)+added
}

// onlyInserted reports whether text is old with whole lines inserted at the offset, and has the same profiles, plus
// name if added is true.
func onlyInserted(old, text []byte, at int, added bool, name string, credentials bool) bool {
	grown := len(text) - len(old)
	if grown <= 0 || !bytes.Equal(text[:at], old[:at]) || !bytes.Equal(text[at+grown:], old[at:]) ||
		text[at+grown-1] != '\n' ||
		at > 0 && old[at-1] != '\n' && text[at] != '\n' && !bytes.HasPrefix(text[at:], crlf) {
		return false
	}
	change := 0
	if added {
		change = 1
	}
	return sameNames(old, text, change, name, credentials)
}

// sameNames reports whether two texts of a file have the same profiles: the second also name, if change is 1, or no
// longer name, if it is -1.
func sameNames(old, text []byte, change int, name string, credentials bool) bool {
	list := func(data []byte) ([]string, error) {
		f, err := newSource("", data)
		if credentials {
			return names(nil, f), err
		}
		return names(f, nil), err
	}
	before, err := list(old)
	if err != nil {
		return false
	}
	switch change {
	case 1:
		before = append(before, name)
	case -1:
		before = slices.DeleteFunc(before, func(other string) bool { return other == name })
	}
	after, err := list(text)
	return err == nil && slices.Equal(before, after)
}

// readWith reads the profile from the two files, using a text that is not nil instead of the contents of that file.
func readWith(files Files, name string, config, credentials []byte) (*contents, error) {
	get := func(path string, text []byte) (*source, error) {
		if text != nil {
			return newSource(path, text)
		}
		return open(path)
	}
	c := &contents{}
	f, err := get(files.Config, config)
	if err != nil {
		return nil, err
	}
	if err := c.readConfig(f, name); err != nil {
		return nil, err
	}
	g, err := get(files.Credentials, credentials)
	if err != nil {
		return nil, err
	}
	return c, c.readCredentials(g, name)
}

var crlf = []byte("\r\n")

// lineEndOf returns the line end that most lines of text have.
func lineEndOf(text []byte) string {
	if dos := bytes.Count(text, crlf); dos > bytes.Count(text, newline)-dos {
		return "\r\n"
	}
	return "\n"
}

// appendSection returns old with a section at its end, below an empty line. The header is not indented, so that it
// cannot continue a value, and never in the first line of a file with a UTF-8 mark, where the Go SDK would not find it.
func appendSection(old []byte, header string, settings []Setting) []byte {
	lines := append([]string{header}, settingLines("", settings)...)
	if text := bytes.TrimSpace(bytes.TrimPrefix(old, utf8Mark)); len(text) > 0 && !endsEmpty(old) {
		lines = append([]string{""}, lines...)
	}
	return insert(old, len(old), lines)
}

// endsEmpty reports whether the last line of text is empty.
func endsEmpty(text []byte) bool {
	text = lineFeeds(text)
	return bytes.Count(text[len(bytes.TrimRight(text, " \t\r\n")):], newline) > 1
}

// insert returns old with lines inserted at an offset that begins a line or ends the file.
func insert(old []byte, at int, lines []string) []byte {
	end := lineEndOf(old)
	text := bytes.Clone(old[:at])
	if at > 0 && old[at-1] != '\n' {
		text = append(text, end...)
	}
	for _, line := range lines {
		text = append(append(text, line...), end...)
	}
	return append(text, old[at:]...)
}

// settingLines returns the lines of the settings, indented.
func settingLines(indent string, settings []Setting) []string {
	var lines []string
	for _, s := range settings {
		lines = append(lines, strings.TrimRight(indent+s.Key+" = "+s.Value, " "))
		lines = append(lines, settingLines(indent+"  ", s.Below)...)
	}
	return lines
}

// indentation returns the indentation of new lines directly below a header: that of the line below it, which would
// otherwise continue the new lines' value, or would become nested in them. It is an error if the next header is
// indented further than a setting: for botocore it continues that setting's value, so the section goes on below it.
func indentation(name string, header Pos, text []byte) (indent string, err error) {
	first, least := true, 0
	for i, line := range linesOf(text)[header.Line:] {
		if blankOrComment(line) {
			continue
		}
		body := trimBlanks(line)
		width := len(line) - len(body)
		if first {
			indent = string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
			least = len(indent)
		}
		if (first || body[0] == '[') && width > least {
			return "", msg.Errorf("nothing can be added to profile %q: the line at %s is indented further than the "+
				"profile's settings", name, Pos{header.File, header.Line + i + 1}).
				Hint("remove the blanks at the beginning of that line")
		}
		if body[0] == '[' {
			return indent, nil
		}
		first, least = false, min(least, width)
	}
	return indent, nil
}

// rewriteFile is rewrite.File for an AWS file.
func rewriteFile(path string, compose func(old []byte) ([]byte, error)) error {
	return rewrite.File(path, onText(path, compose))
}

// dryRun is rewrite.DryRun for an AWS file.
func dryRun(path string, compose func(old []byte) ([]byte, error)) error {
	return rewrite.DryRun(path, onText(path, compose))
}

// onText is compose, with an error for old contents that are no text in an encoding that AWS clients read.
func onText(path string, compose func(old []byte) ([]byte, error)) func(old []byte) ([]byte, error) {
	return func(old []byte) ([]byte, error) {
		if isUTF16(old) {
			return nil, utf16Error(path)
		}
		if i := bytes.IndexByte(old, 0); i >= 0 {
			return nil, nulError(Pos{path, 1 + bytes.Count(old[:i], newline)})
		}
		return compose(old)
	}
}
