package profile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"awsmfa/internal/msg"
)

// What is written here is only ever put in between: every byte that was in a file is in it afterwards, in its order.
// The new text is composed, read back by this package's own reader, written beside the file, and renamed into its
// place, so that a crash leaves the old file or the new one, whole.

// Setting is one line for a config file, and the settings that stand indented below it ("s3 =").
type Setting struct {
	Key, Value string
	Below      []Setting
}

// Lines are the setting as it stands in a section. More of a value stands on lines that are indented further, or it would
// be a line of its own that nobody can read.
func (s Setting) Lines() []string {
	s.Value = strings.ReplaceAll(s.Value, "\n", "\n    ")
	return spot{equals: " = "}.lines([]Setting{s})
}

// CheckName tells whether a new profile may be called name: an error when some AWS client would not read that name back.
// It is for asking before anything else is asked; AddKeys and AddConfig ask it too.
//
// A name is not quoted. The Go SDK leaves the quotes that botocore needs about a blank, so no spelling of such a name
// serves both; # and ; begin a comment for the Go SDK, \ and quotes mean something to botocore (shlex), and [DEFAULT]
// is no profile for it. Outside ASCII a name is whatever the code page makes of it for botocore on Windows, where bytes
// that it has no characters for would make the whole file unreadable.
func CheckName(name string) error {
	switch {
	case name == "":
		return msg.ProfileNameEmpty()
	case utf8.ValidString(name) && !inANSI(name):
		return msg.WriteNameCodePage(name, asciiName(name), ansiPage())
	case strings.ContainsAny(name, " \t#;[]\"'\\"), !printable(name), strings.EqualFold(name, "default") && name != "default":
		return msg.WriteNameRefused(name)
	}
	return nil
}

// printable tells whether s can stand in a line that botocore reads too, as text in the system's encoding.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) || r == utf8.RuneError
	})
}

// CheckSetting tells whether a setting reads back as it is, in both SDKs and here.
func CheckSetting(s Setting) error {
	if s.Key == "" || strings.EqualFold(s.Key, idKey) || isSecret(strings.ToLower(s.Key)) || strings.ContainsFunc(s.Key, func(r rune) bool {
		return r != '_' && r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) {
		return msg.WriteSettingRefused(s.Key)
	}
	for _, below := range s.Below {
		if err := CheckSetting(below); err != nil {
			return err
		}
		if below.Value == "" || s.Value != "" {
			return msg.WriteValueRefused(s.Key)
		}
	}
	switch {
	case s.Value != "" && !plainValue(s.Value):
		return msg.WriteValueRefused(s.Key)
	case !inANSI(s.Value):
		return msg.WriteValueCodePage(s.Key, ansiPage())
	}
	return nil
}

// plainValue tells whether v needs no spelling that the readers disagree on. There is none that all of them take for
// the same: quotes are a part of the value for botocore, and "#" behind a blank is, too. A value that is empty opens a
// group of settings below it.
func plainValue(v string) bool {
	if v == "" || strings.TrimSpace(v) != v || !printable(v) {
		return false
	}
	quoted := (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] // a lone quote too: the Go SDK panics
	line := " " + v                                                // as behind "key ="
	return !quoted && len(cutComment([]byte(line))) == len(line)
}

// CheckKeyID tells whether an access key ID can be written and be a user's: it is for what was just typed, before AWS is
// asked whose it is; AddKeys asks it too. Its errors do not show it: it may be the secret.
func CheckKeyID(id string) error {
	switch {
	case !plainKey(id):
		return msg.WriteKeyGarbled(idKey)
	case strings.HasPrefix(id, "ASIA"):
		return msg.WriteTemporaryID()
	case !IsKeyID(id): // the two in each other's place, and the secret would be shown and sent
		return msg.WriteNoKeyID()
	}
	return nil
}

// CheckSecret is CheckKeyID for the secret access key.
func CheckSecret(secret Secret) error {
	if !plainKey(secret.Reveal()) {
		return msg.WriteKeyGarbled(secretKey)
	}
	return nil
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

// IsKeyID says whether AWS would take id for an access key ID: 16 to 128 capital letters and digits (IAM API Reference,
// "AccessKey").
func IsKeyID(id string) bool {
	return 16 <= len(id) && len(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool { return !('A' <= r && r <= 'Z' || '0' <= r && r <= '9') })
}

// AddKeys adds a new section with the key pair at the end of the credentials file, in the words of "aws configure", and
// makes the file (0600) and its directory (0700) when they are not there. A section of that name, in any spelling that
// is read, is never touched; it is an error, as is a profile that says in the config file where its credentials come
// from. Every error is a *msg.Error, shows neither id nor secret, and means that nothing was changed.
func AddKeys(files Files, name, id string, secret Secret) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if err := checkKeys(id, secret); err != nil {
		return err
	}
	if files.Credentials == "" {
		return msg.WriteNoPath("AWS_SHARED_CREDENTIALS_FILE")
	}
	return rewrite(files.Credentials, func(old []byte) ([]byte, error) { return withSection(files, name, id, secret, old) })
}

// KeysAddable tells whether AddKeys could do its work now: it does all of it, with a pair that is none, but for the last
// step, the renaming. It is for asking before anybody is asked for a key.
func KeysAddable(files Files, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if files.Credentials == "" {
		return msg.WriteNoPath("AWS_SHARED_CREDENTIALS_FILE")
	}
	id, secret := strings.Repeat("X", 20), NewSecret(strings.Repeat("x", 40))
	return dryRun(files.Credentials, func(old []byte) ([]byte, error) { return withSection(files, name, id, secret, old) })
}

// withSection is old, the credentials file's text, with the new section at its end.
func withSection(files Files, name, id string, secret Secret, old []byte) ([]byte, error) {
	before, err := readWith(files, name, nil, old)
	if err != nil {
		return nil, err
	}
	if at := before.credentials.pos; at.Line != 0 {
		return nil, msg.WriteSectionThere(name, at.File, at.Line)
	}
	for _, key := range sourceKeys {
		if e := before.config.get("", key); e != nil {
			return nil, msg.WriteSourceThere(name, key, e.pos.File, e.pos.Line)
		}
	}
	text := appendSection(old, "["+name+"]", []Setting{{Key: idKey, Value: id}, {Key: secretKey, Value: secret.Reveal()}})
	after, err := readWith(files, name, nil, text)
	if err != nil {
		return nil, msg.WriteMisread(files.Credentials, err)
	}
	keys, err := Profile{Name: name, in: &after}.LongTermKeys()
	if err != nil || keys.AccessKeyID != id || keys.SecretAccessKey.Reveal() != secret.Reveal() || keys.Where.File != files.Credentials ||
		!onlyInserted(old, text, len(old), true, name, true) {
		return nil, msg.WriteMisread(files.Credentials, err)
	}
	return text, nil
}

// sourceKeys are the settings that say where a profile's credentials come from (see Kind).
var sourceKeys = []string{
	"web_identity_token_file", "role_arn", idKey, secretKey, "aws_session_token", "source_profile", "credential_source",
	"sso_session", "sso_start_url", "sso_account_id", "credential_process", "login_session",
}

// AddConfig sees to it that the profile has the settings. Those that neither file has are added to its section of the
// config file, below that section's own lines, or in a new section at the end of the file, which is made with its
// directory as in AddKeys. A setting that is there with the same value is left, and when all are, nothing is written;
// one that is there with another value is an error that names the place and both values, and then none is added. Every
// error is a *msg.Error and means that nothing was changed.
func AddConfig(files Files, name string, settings []Setting) error {
	if name == "" {
		return msg.ProfileNameEmpty()
	}
	for _, s := range settings {
		if err := CheckSetting(s); err != nil {
			return err
		}
	}
	if files.Config == "" {
		return msg.WriteNoPath("AWS_CONFIG_FILE")
	}
	return rewrite(files.Config, func(old []byte) ([]byte, error) {
		before, err := readWith(files, name, old, nil)
		if err != nil {
			return nil, err
		}
		add, err := before.missing(name, settings)
		if err != nil || len(add) == 0 {
			return nil, err
		}
		var text []byte
		at, appended := len(old), before.config.pos.Line == 0
		if appended {
			if err := CheckName(name); err != nil {
				return nil, err
			}
			text = appendSection(old, configHeader(name), add)
		} else {
			place, err := findSpot(files.Config, old, name)
			if err != nil {
				return nil, err
			}
			// In a section that is indented as a whole the Go SDK would take what follows for settings below this one.
			if i := slices.IndexFunc(add, func(s Setting) bool { return s.Value == "" }); i >= 0 && place.indent != "" {
				return nil, msg.WriteValueRefused(add[i].Key)
			}
			at = place.at
			text = insert(old, at, place.lines(add))
		}
		after, err := readWith(files, name, text, nil)
		if err != nil || !after.config.is(&before.config, add) || !onlyInserted(old, text, at, appended, name, false) {
			return nil, msg.WriteMisread(files.Config, err)
		}
		return text, nil
	})
}

// ConfigSection is the text of a profile for the config file, as AddConfig would add it. Its errors are as of AddConfig.
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

// missing returns the settings that the profile has not got, each once.
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
		if have != s.Value {
			return nil, msg.WriteConflict(name, strings.ToLower(s.Key), have, s.Value, at.File, at.Line)
		}
		for _, b := range s.Below {
			e := c.config.get(strings.ToLower(s.Key), strings.ToLower(b.Key))
			if e == nil || e.value != b.Value {
				return nil, msg.WriteConflict(name, strings.ToLower(s.Key), "", b.Key+" = "+b.Value, at.File, at.Line)
			}
		}
	}
	return add, nil
}

// is tells whether s is old with the settings in add, and nothing else, but for what the file's [DEFAULT] adds.
func (s *section) is(old *section, add []Setting) bool {
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

// onlyInserted tells whether text is old with whole lines put in at the offset, and has the same profiles, and name besides
// if it was added.
func onlyInserted(old, text []byte, at int, added bool, name string, credentials bool) bool {
	grown := len(text) - len(old)
	if grown <= 0 || !bytes.Equal(text[:at], old[:at]) || !bytes.Equal(text[at+grown:], old[at:]) || text[at+grown-1] != '\n' ||
		at > 0 && old[at-1] != '\n' && text[at] != '\n' && !bytes.HasPrefix(text[at:], crlf) {
		return false
	}
	list := func(data []byte) ([]string, error) {
		f, err := newSource("", data)
		switch {
		case err != nil:
			return nil, err
		case credentials:
			return names(nil, f)
		}
		return names(f, nil)
	}
	before, err := list(old)
	if err != nil {
		return false
	}
	if added {
		before = append(before, name)
	}
	after, err := list(text)
	return err == nil && slices.Equal(before, after)
}

// readWith reads the profile from the two files, taking a text that is not nil for what stands in that file.
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

// lineEndOf is how most of the file's lines end.
func lineEndOf(text []byte) string {
	if dos := bytes.Count(text, crlf); dos > bytes.Count(text, newline)-dos {
		return "\r\n"
	}
	return "\n"
}

// appendSection is old with a section at its end, below an empty line. The header is at the beginning of its line, so
// that it cannot continue anything, and never in the first line of a file with a UTF-8 mark, where the Go SDK would not
// see it.
func appendSection(old []byte, header string, settings []Setting) []byte {
	lines := append([]string{header}, spot{equals: " = "}.lines(settings)...)
	if text := bytes.TrimSpace(bytes.TrimPrefix(old, utf8Mark)); len(text) > 0 && !endsEmpty(old) {
		lines = append([]string{""}, lines...)
	}
	return insert(old, len(old), lines)
}

// endsEmpty tells whether the last line of text is an empty one.
func endsEmpty(text []byte) bool {
	text = lineFeeds(text)
	return bytes.Count(text[len(bytes.TrimRight(text, " \t\r\n")):], newline) > 1
}

// insert is old with lines put in at an offset that begins a line or ends the file.
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

// spot is where new lines go in a section, and what its own lines look like.
type spot struct {
	at     int    // the offset in the file
	indent string // before the key
	equals string // between key and value
}

// lines spells the settings as the section does.
func (s spot) lines(settings []Setting) []string {
	var lines []string
	for _, set := range settings {
		lines = append(lines, strings.TrimRight(s.indent+set.Key+s.equals+set.Value, " \t"))
		lines = append(lines, spot{indent: s.indent + "  ", equals: s.equals}.lines(set.Below)...)
	}
	return lines
}

// findSpot finds where lines go that are added to the profile's section, which is there and can be read; to the last
// one, if its header repeats: below its last setting, and below the comments that follow that without a blank line,
// unless they run up to the next header, about which they are then.
func findSpot(file string, text []byte, name string) (spot, error) {
	lines := slices.Collect(bytes.Lines(lineFeeds(decoded(text))))
	first, next := sectionLines(lines, name)
	if first < 0 {
		return spot{}, msg.WriteMisread(file, nil)
	}

	found := spot{equals: " = "}
	s := section{last: -1}
	own := first       // the section's last line that says something
	uniform := true    // all its settings are indented alike
	settings := 0      // how many there are
	groupOpen := false // the Go SDK takes an indented line here for a part of "s3 ="
	prefix, equals := "", ""
	for i := first + 1; i < next; i++ {
		line := bytes.TrimSuffix(lines[i], newline)
		if blankOrComment(line) {
			continue
		}
		own = i
		if err := s.read(line, Pos{file, i + 1}); err != nil {
			return spot{}, err
		}
		if s.last < 0 || s.entries[s.last].pos.Line != i+1 {
			continue // more of a value, or a setting of a setting
		}
		body := bytes.TrimLeft(line, " \t")
		indent := string(line[:len(line)-len(body)])
		if indent == "" || !groupOpen {
			groupOpen = s.entries[s.last].value == ""
		}
		uniform = uniform && (settings == 0 || indent == prefix)
		prefix = indent
		settings++
		if e, ok := equalsOf(body); ok {
			equals = e
		}
	}
	if equals != "" {
		found.equals = equals
	}

	below := "" // how far the next header is indented
	if next < len(lines) {
		below = string(lines[next][:len(lines[next])-len(bytes.TrimLeft(lines[next], " \t\r\v\f"))])
	}
	// A line that is not indented is a setting for everybody. One that is must stand exactly below the others, or
	// botocore takes it for more of a value, and not in a group, or the Go SDK takes it for a part of that.
	switch {
	case settings == 0:
		found.indent = below
	case uniform && !groupOpen:
		found.indent = prefix
	}
	// And a header that is indented further than the line above is more of its value for botocore.
	if len(below) > len(found.indent) || strings.Trim(found.indent, " \t") != "" {
		return spot{}, msg.WriteIndented(name, file, next+1)
	}

	at := own + 1
	for i := at; i < next; i++ {
		if len(bytes.TrimSpace(lines[i])) == 0 {
			at = i
			break
		}
		if i == len(lines)-1 {
			at = len(lines)
		}
	}
	for line := range bytes.Lines(lineFeeds(text)) { // whose bytes stay, in whatever encoding
		if at--; at < 0 {
			break
		}
		found.at += len(line)
	}
	return found, nil
}

// sectionLines finds the section that a profile is read from: the number of its header and of the next one, or of the
// end, counted from 0; -1 when there is none. It decides as readConfig does.
func sectionLines(lines [][]byte, name string) (first, next int) {
	first, next = -1, len(lines)
	var best kind
	open := false
	for i, line := range lines {
		if i == 0 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		line = bytes.TrimLeft(bytes.TrimSuffix(line, newline), " \t\r\v\f")
		if len(line) == 0 || line[0] != '[' {
			continue
		}
		if open {
			next, open = i, false
		}
		k, text, ok := splitHeader(line, false)
		if ok && string(text) == name && (k == named || k == plain && best != named) {
			first, next, best, open = i, len(lines), k, true
		}
	}
	return first, next
}

// equalsOf is the sign of a setting with a blank on each side that has any; ok is false for a colon, and when there is
// nothing behind the sign to tell by.
func equalsOf(line []byte) (equals string, ok bool) {
	i := bytes.IndexAny(line, "=:")
	if i <= 0 || line[i] != '=' || len(bytes.TrimSpace(line[i+1:])) == 0 {
		return "", false
	}
	equals = "="
	if c := line[i-1]; c == ' ' || c == '\t' {
		equals = " ="
	}
	if c := line[i+1]; c == ' ' || c == '\t' {
		equals += " "
	}
	return equals, true
}

const (
	tries    = 5               // how often a file that changes under our hands is read again
	lockWait = 5 * time.Second // for another awsmfa, which needs milliseconds
	staleAge = time.Hour       // for what a killed one left: no writing takes as long

	temporary = ".awsmfa-*.new"
)

// rewrite replaces the file at path by what compose makes of its text; compose returns nil when there is nothing to do,
// and is called again when the file has changed in the meantime. It gets nil for a file that is not there.
//
// Two awsmfa wait for each other (a lock that the kernel drops with the process, and that leaves nothing behind). Other
// programs know no lock: what they write until just before the rename is noticed, and taken into account; in the
// microseconds between that look and the rename the last one wins, as it does among themselves.
func rewrite(path string, compose func(old []byte) ([]byte, error)) error {
	file, err := follow(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if text, err := compose(nil); err != nil || text == nil {
			return err // no directory for what is not written
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return refused(dir, path, err)
		}
	}
	unlock, err := lock(dir, lockWait)
	if err != nil {
		return msg.WriteBusy(path)
	}
	defer unlock()
	for range tries {
		w, err := prepare(path, compose)
		if err != nil || w == nil {
			return err
		}
		if done, err := w.commit(); err != nil || done {
			return err
		}
	}
	return msg.WriteBusy(path)
}

// dryRun does all that rewrite does, but for the renaming; and where the file's directory is to be made, it looks only
// whether one can be.
func dryRun(path string, compose func(old []byte) ([]byte, error)) error {
	file, err := follow(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := compose(nil); err != nil {
			return err
		}
		return canCreate(dir, path)
	}
	unlock, err := lock(dir, lockWait)
	if err != nil {
		return msg.WriteBusy(path)
	}
	defer unlock()
	w, err := prepare(path, compose)
	if err != nil || w == nil {
		return err
	}
	return os.Remove(w.tmp)
}

// canCreate tells whether dir, which is not there, could be made for the file at path.
func canCreate(dir, path string) error {
	above := filepath.Dir(dir)
	if _, err := os.Stat(above); errors.Is(err, fs.ErrNotExist) && above != dir {
		return canCreate(above, path)
	}
	made, err := os.MkdirTemp(above, temporary)
	if err != nil {
		return refused(above, path, err)
	}
	return os.Remove(made)
}

// writing is a new file that is written beside the old one and not yet in its place.
type writing struct {
	path, real string // as it was named, and with all links followed
	tmp        string
	info       fs.FileInfo // of the old file; nil when there is none
	old        []byte
}

// prepare reads the file and writes the new one beside it; nil when there is nothing to do.
func prepare(path string, compose func(old []byte) ([]byte, error)) (*writing, error) {
	w := &writing{path: path}
	var err error
	if err = w.look(); err != nil {
		return nil, err
	}
	if isUTF16(w.old) {
		return nil, msg.ProfileFileUTF16(path)
	}
	if i := bytes.IndexByte(w.old, 0); i >= 0 {
		return nil, msg.ProfileNUL(path, 1+bytes.Count(w.old[:i], newline))
	}
	text, err := compose(w.old)
	if err != nil || text == nil {
		return nil, err
	}
	if err := w.mayWrite(); err != nil {
		return nil, err
	}
	dir := filepath.Dir(w.real)
	sweep(dir)
	tmp, err := os.CreateTemp(dir, temporary) // 0600 from the first byte
	if err != nil {
		return nil, refused(dir, path, err)
	}
	w.tmp = tmp.Name()
	if w.info != nil {
		if err := inherit(tmp, w.real, w.info); err != nil {
			tmp.Close()
			os.Remove(w.tmp)
			return nil, msg.WriteOwner(path, err)
		}
	}
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(w.tmp)
		return nil, failed(path, err)
	}
	return w, nil
}

// look reads what stands at the path now.
func (w *writing) look() error {
	var err error
	if w.real, err = follow(w.path); err != nil {
		return err
	}
	w.info, w.old = nil, []byte{}
	info, err := os.Lstat(w.real)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unreadable(w.path, err)
	case info.IsDir():
		return msg.ProfileFileDirectory(w.path)
	case !info.Mode().IsRegular():
		return msg.WriteNotAFile(w.path)
	}
	if w.old, err = os.ReadFile(w.real); err != nil {
		return unreadable(w.path, err)
	}
	w.info = info
	return nil
}

// mayWrite asks for the old file's own leave, which a rename does not need.
func (w *writing) mayWrite() error {
	if w.info == nil {
		return nil
	}
	if w.info.Mode().Perm()&0o200 == 0 {
		return msg.WriteReadOnlyFile(w.real, nil)
	}
	f, err := os.OpenFile(w.real, os.O_WRONLY, 0)
	switch {
	case err == nil:
		f.Close()
		return nil
	case errors.Is(err, fs.ErrNotExist): // gone since; commit will see
		return nil
	case denied(err):
		return msg.WriteReadOnlyFile(w.real, err)
	}
	return failed(w.path, err)
}

// commit puts the new file in place of the old one, if that is still what was read; else it reports false. The new file
// is gone after an error, and when it is not used. A hard link to the old file goes on naming the old one: the new one
// cannot be both whole at every moment and the same file.
func (w *writing) commit() (done bool, err error) {
	defer func() {
		if !done {
			os.Remove(w.tmp)
		}
	}()
	now := writing{path: w.path}
	if err := now.look(); err != nil {
		return false, err
	}
	same := now.real == w.real && (now.info == nil) == (w.info == nil) && bytes.Equal(now.old, w.old)
	if same && w.info != nil {
		same = os.SameFile(now.info, w.info) && now.info.Mode() == w.info.Mode() && now.info.ModTime().Equal(w.info.ModTime())
	}
	if !same {
		return false, nil
	}
	if err := replace(w.tmp, w.real); err != nil {
		return false, refused(filepath.Dir(w.real), w.path, err)
	}
	syncDir(filepath.Dir(w.real))
	return true, nil
}

// follow is the file that name leads to, through all symbolic links; the last one may lead to a file, or a directory
// above it, that is not there yet.
func follow(name string) (string, error) {
	path := name
	for range 40 { // the kernel's own limit on Linux
		dir, base := filepath.Split(path)
		if dir == "" {
			dir = "."
		}
		if base == "" || base == "." || base == ".." {
			return "", msg.ProfileFileDirectory(name)
		}
		parent, err := filepath.EvalSymlinks(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return filepath.Join(dir, base), nil
		}
		if err != nil {
			return "", unreadable(name, err)
		}
		path = filepath.Join(parent, base)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", unreadable(name, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", unreadable(name, err)
		}
		if !filepath.IsAbs(link) { // not joined: ".." behind another link is not what it looks like
			link = parent + string(filepath.Separator) + link
		}
		path = link
	}
	return "", msg.WriteTooManyLinks(name)
}

// sweep removes the new files of writers that were killed: they may hold a key. Nothing depends on it, so its errors
// are dropped.
func sweep(dir string) {
	old := time.Now().Add(-staleAge)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if ours, _ := filepath.Match(temporary, e.Name()); !ours {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.ModTime().Before(old) {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// denied tells whether the system would not let us, as opposed to could not.
func denied(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// refused is the error for something that could not be made in dir for the file at path.
func refused(dir, path string, err error) error {
	if denied(err) {
		return msg.WriteReadOnlyDirectory(dir, path, err)
	}
	return failed(path, err)
}

func failed(path string, err error) error {
	reason := err
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		reason = pe.Err
	} else if le := (*os.LinkError)(nil); errors.As(err, &le) {
		reason = le.Err
	}
	return msg.WriteFailed(path, reason.Error(), err)
}
