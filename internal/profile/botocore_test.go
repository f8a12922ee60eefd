package profile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/shelltest"
)

const testRoleAsked = "RoleArn:arn:aws:iam::123456789012:role/r"

// asked is a question to both awsmfa and botocore: profile Name in these two files.
type asked struct{ Config, Credentials, Name string }

func (q asked) lines() []string {
	return strings.FieldsFunc(q.Config+"\n"+q.Credentials, func(r rune) bool { return r == '\n' || r == '\r' })
}

// answer is the answer of one of them. If both have an Error, nothing else is compared.
type answer struct {
	Error  string
	Region string
	Device string              // with which MFA would be done
	Base   []string            // where the credentials come from, and what they are
	Roles  []map[string]string // with AssumeRole's names of the parameters, in the order in which they are assumed

	InConfig, InCredentials []string // the names of the profiles that botocore finds in each file
}

// fromBotocore are the rows of the table in docs/config.md: intended differences from botocore, and surprising
// similarities (own is "" then).
var fromBotocore = []struct {
	row         string // its first cell
	example     asked
	theirs, own string
	explains    func(q asked, theirs, own answer) bool
}{
	{
		row:     "quotes about a value: `mfa_serial = \"…\"`",
		example: asked{"[profile p]\nregion = \"a\"\n" + testKeys, "", "p"},
		theirs:  has(`"a"`, ""), own: has("a", ""),
		explains: anyValue(func(_, key, value string) bool {
			return !isCommand(key) && len(value) > 1 && strings.ContainsAny(value[:1], `"'`) &&
				value[0] == value[len(value)-1]
		}),
	},
	{
		row:     "a comment behind a value: `7200 ; two hours`",
		example: asked{"[profile p]\nregion = a ; c\n" + testKeys, "", "p"},
		theirs:  has("a ; c", ""), own: has("a", ""),
		explains: anyValue(func(_, key, value string) bool {
			return !isCommand(key) && len(cutComment([]byte(" "+value))) <= len(value)
		}),
	},
	{
		row:     "either of them in a command line (`credential_process`, `mfa_process`)",
		example: asked{"[profile p]\ncredential_process = \"a b\" # c\n  \"d\"\n", "", "p"},
		theirs:  "process \"a b\" # c \"d\"; region \"\", device \"\"",
	},
	{
		row: "either of them in the name of a section (`source_profile = team #2`)",
		example: asked{
			"[profile p]\n" + testRole + "r\nsource_profile = t #2\n[profile \"t #2\"]\n" + testKeys, "",
			"p",
		},
		theirs: has("", "", testRoleAsked),
	},
	{
		row:     "an indented setting or header",
		example: asked{"[profile p]\n" + testKeys + "output = json\n  region = a\n  [profile q]\n", "", "p"},
		theirs:  has("", ""), own: has("a", ""),
		explains: anyValue(func(indent, _, _ string) bool { return indent != "" }),
	},
	{
		row: "a setting with nothing behind it: `external_id =`",
		example: asked{
			"[profile p]\n" + testRole + "r\nexternal_id =\nsource_profile = k\n[profile k]\n" + testKeys,
			"", "p",
		},
		theirs:   has("", "", "ExternalId:(empty) "+testRoleAsked),
		own:      has("", "", testRoleAsked),
		explains: anyValue(func(_, _, value string) bool { return value == "" }),
	},
	{
		row:     "`[DEFAULT]` in capitals",
		example: asked{"[DEFAULT]\nregion = a\n[profile p]\n" + testKeys, "", "p"},
		theirs:  has("a", ""),
	},
	{
		row:     "`[profile dev]` and `[profile \"dev\"]`, `[default]` and `[profile default]` in one file",
		example: asked{"[profile p]\nregion = a\n[profile \"p\"]\n" + testKeys, "", "p"},
		theirs:  has("", ""), own: "refuses",
		explains: func(q asked, _, own answer) bool { return strings.Contains(own.Error, "have the same name") },
	},
	{
		row:     "a carriage return inside a line",
		example: asked{"[profile p]\nregion = a\rmfa_serial = b\n" + testKeys, "", "p"},
		theirs:  has("a", "b"),
	},
	{
		row: "`~` before a file's path, in a setting or a variable", // no file is opened here
	},
	{
		row: "a mistake in another section; a section or a setting that stands twice",
		example: asked{
			"[profile p]\nregion = a\nregion = b\n" + testKeys + "[profile q]\nnonsense\n[profile p]\nmfa_serial = c\n",
			"", "p",
		},
		theirs: "refuses", own: has("b", "c"),
		explains: func(_ asked, theirs, _ answer) bool { return strings.HasPrefix(theirs.Error, "ConfigParseError") },
	},
	{
		row:     "blanks in a section's name: `[ profile dev ]`, `[profile my prod]`",
		example: asked{"[profile my prod]\nregion = a\n", "[my prod]\n" + testKeys, "my prod"},
		theirs:  has("", ""), own: has("a", ""),
		explains: func(q asked, _, _ answer) bool { return slices.ContainsFunc(q.lines(), hasBlankName) },
	},
	{
		row:     "`[profile CORP\\al]`; `[profile dev] # see [prod]`",
		example: asked{"[profile CORP\\al]\nregion = a\n", "[CORP\\al]\n" + testKeys, "CORP\\al"},
		theirs:  has("", ""), own: has("a", ""),
		explains: func(q asked, _, _ answer) bool {
			return slices.ContainsFunc(q.lines(), func(line string) bool {
				return strings.HasPrefix(line, "[") && (strings.Contains(line, `\`) || strings.Count(line, "]") > 1)
			})
		},
	},
	{
		row: "a role with neither `source_profile` nor `credential_source`, or that is its own source and has no " +
			"key pair",
		example: asked{"[profile p]\n" + testRole + "r\ncredential_process = c\nsource_profile = p\n", "", "p"},
		theirs:  "refuses", own: "process c → map[RoleArn:arn:aws:iam::123456789012:role/r]; region \"\", device \"\"",
		explains: func(_ asked, theirs, own answer) bool {
			_, rest, _ := strings.Cut(theirs.Error, "Attempting to load from profile ")
			again, _, _ := strings.Cut(rest, " which")
			itself := strings.HasPrefix(theirs.Error, "InfiniteLoop") && strings.HasSuffix(theirs.Error, "'"+again+"']")
			return len(own.Roles) > 0 && (itself || strings.HasSuffix(theirs.Error,
				"missing: source_profile or credential_source"))
		},
	},
	{
		row: "`mfa_serial` not on the role's profile, but on one that its `source_profile` leads to",
		example: asked{
			"[profile p]\n" + testRole + "r\nsource_profile = k\n[profile k]\nmfa_serial = m\n" + testKeys,
			"", "p",
		},
		theirs: has("", "", testRoleAsked),
		own:    has("", "m", testRoleAsked),
		explains: func(_ asked, theirs, own answer) bool {
			found := own.Device != "" && theirs.Device == "" && len(own.Roles) > 0
			own.Device = ""
			return found && theirs.agrees(own)
		},
	},
	{
		row:     "half a key pair",
		example: asked{"[profile p]\n" + testKeys, "[p]\naws_secret_access_key = s\n", "p"},
		theirs:  has("", ""), own: "refuses",
		explains: func(_ asked, _, own answer) bool {
			return strings.Contains(own.Error, " but no aws_") || strings.Contains(own.Error,
				"both must be in the same file")
		},
	},
	{
		row: "a value that cannot be understood: `duration_seconds = 1h`",
		example: asked{"[profile p]\n" + testRole + "r\nduration_seconds = 1h\nsource_profile = k\n[profile k]\n" +
			testKeys, "", "p"},
		theirs: has("", "", testRoleAsked),
		own:    "refuses",
		explains: func(_ asked, _, own answer) bool {
			return slices.ContainsFunc(notUnderstood, func(text string) bool {
				return strings.Contains(own.Error,
					text)
			})
		},
	},
	{
		row:     "a line `include_profile = base`",
		example: asked{"[profile p]\ninclude_profile = q\n" + testKeys + "[profile q]\nregion = a\n", "", "p"},
		theirs:  has("", ""), own: has("a", ""),
		explains: anyValue(func(_, key, _ string) bool { return key == "include_profile" }),
	},
}

// hasBlankName reports whether a header's name has blanks that matter to botocore.
func hasBlankName(line string) bool {
	text, isHeader := headerOf(line)
	written, _ := spelling([]byte(strings.TrimSpace(line)))
	word, rest := firstWord(text)
	return isHeader && (len(written) != len(text) || bytes.Contains(text, []byte("  ")) ||
		string(word) == "profile" && bytes.ContainsAny(rest, " \t") && !bytes.ContainsAny(rest, `"'`))
}

// notUnderstood are parts of errors about values that AWS would refuse, or that botocore ignores.
var notUnderstood = []string{
	": duration_seconds is not between ", ": role_arn is not the ARN ", ": AWS does not accept this ",
	" an invalid character in aws_",
}

// has is the answer for testKeys with these roles.
func has(region, device string, roles ...string) string {
	text := "keys " + testID + " " + testSecret
	for _, role := range roles {
		text += " → map[" + role + "]"
	}
	return fmt.Sprintf("%s; region %q, device %q", text, region, device)
}

// anyValue explains differences in files that have such a setting.
func anyValue(is func(indent, key, value string) bool) func(q asked, theirs, own answer) bool {
	return func(q asked, _, _ answer) bool {
		return slices.ContainsFunc(q.lines(), func(line string) bool {
			body := strings.TrimLeft(line, " \t")
			e, ok := property([]byte(body))
			return ok && !blankOrComment([]byte(line)) &&
				is(line[:len(line)-len(body)], e.key, strings.TrimSpace(body[strings.IndexAny(body, "=:")+1:]))
		})
	}
}

// ours returns awsmfa's answer.
func ours(files Files, name string) answer {
	p, err := Load(files, name)
	if err != nil {
		return answer{Error: err.Error()}
	}
	c, err := p.Chain()
	if err != nil {
		return answer{Error: err.Error()}
	}
	base, err := c.base()
	if err != nil {
		return answer{Error: err.Error()}
	}
	a := answer{Region: p.Region, Device: c.Get("mfa_serial"), Base: base, Roles: []map[string]string{}}
	for _, role := range c.Roles {
		a.Roles = append(a.Roles, c.asks(role))
	}
	return a
}

// base returns the chain's base and its credentials.
func (c Chain) base() ([]string, error) {
	get := func(key string) string {
		value, _ := c.Base.Get(key)
		return value
	}
	switch c.Kind {
	case KindKeys:
		keys, err := c.Base.KeyPair()
		return []string{"keys", keys.AccessKeyID, keys.SecretAccessKey.Reveal(), keys.SessionToken.Reveal()}, err
	case KindSSO:
		s, err := c.Base.SSO()
		return []string{"sso", s.Session, s.StartURL, s.Region, s.Account, s.Role}, err
	case KindWebIdentity:
		if get("role_arn") == "" { // whoever assumes it refuses this
			return nil, c.Base.roleWithoutSourceError()
		}
		return []string{"web identity", get("web_identity_token_file"), get("role_arn"), get("role_session_name")}, nil
	case KindProcess:
		return []string{"process", get("credential_process")}, nil
	case KindLogin:
		return []string{"login", get("login_session")}, nil
	default:
		return []string{"source", get("credential_source")}, nil
	}
}

// asks returns the parameters for AssumeRole from the role's own profile.
func (c Chain) asks(role Role) map[string]string {
	a := map[string]string{"RoleArn": role.ARN}
	for _, p := range c.links {
		if p.Name == role.Profile {
			a["SerialNumber"] = p.MFASerial
		}
	}
	a["ExternalId"], a["RoleSessionName"] = role.ExternalID, role.SessionName
	if role.Duration != 0 {
		a["DurationSeconds"] = strconv.Itoa(int(role.Duration / time.Second))
	}
	for key, value := range a {
		if value == "" {
			delete(a, key)
		}
	}
	return a
}

// asker is a process of botocore that answers questions.
type asker struct {
	ask     func(question any) []byte
	files   Files
	Version string
	Login   bool // it knows login_session
}

func startBotocore(t *testing.T) *asker {
	t.Helper()
	dir := t.TempDir()
	a := &asker{files: Files{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}}
	var first []byte
	first, a.ask = shelltest.Talk(t, "botocore.session", filepath.Join("testdata", "ask_botocore.py"), dir)
	if err := json.Unmarshal(first, a); err != nil {
		t.Fatal(err)
	}
	return a
}

// both returns the answers of both.
func (a *asker) both(t *testing.T, q asked) (theirs, own answer) {
	t.Helper()
	for path, text := range map[string]string{a.files.Config: q.Config, a.files.Credentials: q.Credentials} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	question := map[string]string{"config": a.files.Config, "credentials": a.files.Credentials, "profile": q.Name}
	if err := json.Unmarshal(a.ask(question), &theirs); err != nil {
		t.Fatal(err)
	}
	a.checkReading(t, q, theirs)
	return theirs, ours(a.files, q.Name)
}

// checkReading checks what doctor says of files that botocore cannot read, and of headers that it reads in another way.
func (a *asker) checkReading(t *testing.T, q asked, theirs answer) {
	t.Helper()
	read := CheckCLI(a.files.Config, false) == nil && CheckCLI(a.files.Credentials, true) == nil
	if read == strings.HasPrefix(theirs.Error, "ConfigParseError") {
		t.Errorf("botocore: %s; doctor: %v, %v\n%+v", theirs.Error, CheckCLI(a.files.Config, false),
			CheckCLI(a.files.Credentials, true), q)
	}
	p, err := Load(a.files, q.Name)
	if err != nil || theirs.InConfig == nil { // botocore refuses the profile
		return
	}
	c, unread := p.contents(), 0
	for _, file := range []struct {
		at    Pos
		names []string
	}{{c.config.pos, theirs.InConfig}, {c.credentials.pos, theirs.InCredentials}} {
		if file.at.Line != 0 && !slices.Contains(file.names, q.Name) {
			unread++
		}
	}
	if all := p.UnreadByCLI(); len(all) != unread {
		t.Errorf("%d headers of %q are unread, and doctor says %v\n%+v", unread, q.Name, all, q)
	}
}

// String does not show the profile's name: the values identify it.
func (a answer) String() string {
	if a.Error != "" {
		return "refuses"
	}
	text := strings.TrimRight(strings.Join(a.Base, " "), " ")
	for _, role := range a.Roles {
		text += fmt.Sprint(" → ", role)
	}
	return fmt.Sprintf("%s; region %q, device %q", text, a.Region, a.Device)
}

// agrees reports whether both answers are the same, or both are errors.
func (a answer) agrees(b answer) bool {
	if a.Error != "" || b.Error != "" {
		return a.Error != "" && b.Error != ""
	}
	a.InConfig, a.InCredentials, b.InConfig, b.InCredentials = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

// writer writes random files.
type writer struct {
	*rand.Rand
	login bool
	odd   bool // some lines have an unusual spelling
}

var profileNames = []string{"p", "q", "r", "default", "my prod", "本番", `CORP\al`}

func (w *writer) one(of ...string) string { return of[w.IntN(len(of))] }

// often returns true in that percentage of calls.
func (w *writer) often(percent int) bool { return w.IntN(100) < percent }

// question writes two files with the same profiles.
func (w *writer) question() asked {
	var q asked
	w.odd = w.often(50)
	written := []string{"p"}
	for _, at := range w.Perm(len(profileNames)) {
		name := profileNames[at]
		if w.often(20) {
			continue
		}
		written = append(written, name)
		inConfig, inCredentials := w.settings(name), ""
		for _, line := range w.pair(name) {
			if w.often(60) {
				inCredentials += line
			} else {
				inConfig += line
			}
		}
		if w.often(5) {
			inCredentials += w.settings(name)
		}
		if w.often(90) {
			q.Config += w.header(name, "profile ") + inConfig
		}
		if inCredentials != "" || w.often(10) {
			q.Credentials += w.header(name, "") + inCredentials
		}
	}
	q.Config += "[sso-session s]\nsso_start_url = https://s\n" + w.line("sso_region", w.one("us-east-1", "eu-west-1"))
	if w.rarely() {
		q.Config = "[DEFAULT]\n" + w.line("region", "xx-default-1") + q.Config
	}
	if w.rarely() {
		q.Config += "[profile other]\n" + w.one("nonsense\n", "region = a\nregion = b\n", "[profile other]\n",
			"[broken\n")
	}
	q.Name = w.one(written...)
	return q
}

func (w *writer) rarely() bool { return w.odd && w.IntN(40) == 0 }

func (w *writer) header(name, word string) string {
	if name == "default" && w.often(80) {
		word = ""
	}
	if w.rarely() {
		return "[" + w.one(word+name+" ", " "+word+name, word+" "+name, word+"'"+name+"'") + "]\n"
	}
	if word != "" && strings.Contains(name, " ") {
		name = strconv.Quote(name)
	}
	if w.rarely() {
		return "[" + word + name + "] # see [prod]\n"
	}
	return "[" + word + name + "]" + w.one("", "", "", " # c", "  ") + w.one("\n", "\n", "\n", "\r\n")
}

// line returns a setting, sometimes in an unusual spelling.
func (w *writer) line(key, value string) string {
	if w.rarely() {
		switch w.IntN(7) {
		case 0:
			value = strconv.Quote(value)
		case 1:
			value += w.one(" # c", "\t; c")
		case 2:
			value = ""
		case 3:
			return "  " + key + " = " + value + "\n"
		case 4:
			return key + " = " + value + "\r"
		case 5:
			return key + " = " + value + "\n" + key + " = again\n"
		default:
			return key + " = " + value + "\n\tmore\n"
		}
	}
	if w.often(5) {
		key = strings.ToUpper(key)
	}
	above := w.one("", "", "", "", "", "# c\n", "\n", ";c\n")
	return above + key + w.one(" = ", "=", ":", "\t=\t") + value + w.one("", "", "", " ", "\t") + "\n"
}

// pair returns the lines of a key pair, of half of one, or none.
func (w *writer) pair(name string) (lines []string) {
	if w.often(30) {
		return nil
	}
	id := w.line(idKey, "AKIA"+strconv.Itoa(w.IntN(99)))
	secret := w.line(secretKey, "secret-of-"+strconv.Itoa(slices.Index(profileNames, name)))
	token := ""
	if w.often(20) {
		for _, key := range [][]string{tokenKeys, tokenKeys[:1], tokenKeys[1:]}[w.IntN(3)] {
			token += w.line(key, "token"+strconv.Itoa(w.IntN(99)))
		}
	}
	if w.often(10) {
		return []string{id, secret, token}
	}
	return []string{id + secret + token}
}

// settings returns a profile's other settings.
func (w *writer) settings(name string) (text string) {
	add := func(percent int, key string, values ...string) {
		if w.often(percent) {
			text += w.line(key, w.one(values...))
		}
	}
	add(50, "region", "us-east-1", "eu-west-1", "ap-northeast-1")
	add(40, "mfa_serial", "arn:aws:iam::123456789012:mfa/"+strconv.Itoa(w.IntN(99)), "GAHT12345678")
	add(20, "output", "json")
	switch w.IntN(8) {
	case 0, 1, 2:
		add(95, "role_arn", "arn:aws:iam::123456789012:role/"+strconv.Itoa(w.IntN(99)))
		add(80, "source_profile", append([]string{name, "missing"}, profileNames...)...)
		add(10, "credential_source", FromEnvironment, FromInstance, FromContainer, "environment")
		add(20, "external_id", "id-"+strconv.Itoa(w.IntN(99)))
		add(20, "role_session_name", "me", "somebody@else")
		add(20, "duration_seconds", "900", "7200", "43200", "1h", "0900")
		add(5, "web_identity_token_file", "/token")
	case 3:
		add(90, "role_arn", "arn:aws:iam::123456789012:role/"+strconv.Itoa(w.IntN(99)))
		add(90, "credential_source", FromEnvironment, FromInstance, FromContainer)
	case 4:
		add(40, "sso_session", "s", "s", "s", "missing")
		add(70, "sso_start_url", "https://s", "https://s", "https://t")
		add(70, "sso_region", "us-east-1")
		add(90, "sso_account_id", "123456789012")
		add(90, "sso_role_name", "admin")
	case 5:
		add(90, "web_identity_token_file", "/token")
		add(90, "role_arn", "arn:aws:iam::123456789012:role/"+strconv.Itoa(w.IntN(99)))
		add(50, "role_session_name", "me")
	case 6:
		add(30, "source_profile", profileNames...)
		if w.login {
			add(20, "login_session", "arn:aws:iam::123456789012:user/me")
		}
	}
	add(10, "credential_process", "echo credentials", `echo "a # b"  c`)
	add(3, "include_profile", profileNames...)
	return text
}

// The table is that of docs/config.md: both have the same rows, and each row's example is true for this botocore.
func TestBotocoreDifferences(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows, table []string
	_, text, _ := strings.Cut(string(doc), "| in the file | AWS CLI (botocore) | awsmfa |\n|---|---|---|\n")
	text, _, _ = strings.Cut(text, "\n\n")
	for row := range strings.Lines(text) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		rows = append(rows, cell)
	}
	for _, d := range fromBotocore {
		table = append(table, d.row)
	}
	if !slices.Equal(rows, table) {
		t.Errorf("docs/config.md has the rows\n%s\nand the table here\n%s", strings.Join(rows, "\n"),
			strings.Join(table, "\n"))
	}
	botocore := startBotocore(t)
	for _, d := range fromBotocore {
		if d.example.Name == "" {
			continue
		}
		theirs, own := botocore.both(t, d.example)
		if theirs.String() != d.theirs || own.String() != cmp.Or(d.own, d.theirs) {
			t.Errorf("%s:\nbotocore %s\nawsmfa %s\n(%s; %s)", d.row, theirs, own, theirs.Error, own.Error)
		}
		if !theirs.agrees(own) && (d.explains == nil || !d.explains(d.example, theirs, own)) {
			t.Errorf("%s: the row does not explain its own example", d.row)
		}
	}
}

// TestBesideBotocore asks both of files that are written at random. It goes on for BOTOCORE_TIME, two seconds if that
// is not set, with the seeds from BOTOCORE_SEED on, 1 if that is not set: a seed is a pair of files and a question.
func TestBesideBotocore(t *testing.T) {
	botocore := startBotocore(t)
	lasts, err := time.ParseDuration(cmp.Or(os.Getenv("BOTOCORE_TIME"), "2s"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv("BOTOCORE_SEED"), "1"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	answered, refused, explained, failed := 0, 0, map[string]int{}, 0
	for end := time.Now().Add(lasts); failed < 3 && time.Now().Before(end); seed++ {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 0)), login: botocore.Login}
		q := w.question()
		theirs, own := botocore.both(t, q)
		switch row := whyNot(q, theirs, own); {
		case theirs.agrees(own) && own.Error == "":
			answered++
		case theirs.agrees(own):
			refused++
		case row != "":
			explained[row]++
		default:
			failed++
			t.Errorf("BOTOCORE_SEED=%d, profile %q\nbotocore %s: %s (%s)\nawsmfa %s "+
				"(%s)\nconfig:\n%s\ncredentials:\n%s",
				seed, q.Name, botocore.Version, theirs, theirs.Error, own, own.Error, q.Config, q.Credentials)
		}
	}
	if answered == 0 {
		t.Error("no answer was compared")
	}
	t.Logf("botocore %s: %d answers are the same, %d refused by both; differences: %v", botocore.Version, answered,
		refused, explained)
}

// whyNot returns the row that explains why the answers differ, or "".
func whyNot(q asked, theirs, own answer) string {
	for _, d := range fromBotocore {
		if d.explains != nil && d.explains(q, theirs, own) {
			return d.row
		}
	}
	return ""
}
