package cli

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/term"
)

type configCmd struct {
	profileFlags
	As    string `name:"as"`
	Write bool
}

func (c *configCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"as":    msg.Textf("The new profile's name (PROFILE-mfa)."),
		"write": msg.Textf("Add the profile to the config file instead of printing it."),
	})
}

func (*configCmd) Help() string {
	return `Prints a profile for ~/.aws/config, named PROFILE-mfa, whose credentials come from awsmfa: with it the AWS
CLI, terraform, boto3 and IDEs need no variables at all:

  awsmfa config prod --write
  aws --profile prod-mfa s3 ls

It has PROFILE's region and other settings, except those about credentials. It has no secret in it.

Clients that do not read credential_process, such as restic and s3cmd, need awsmfa exec instead, and the JavaScript SDK
v2 needs AWS_SDK_LOAD_CONFIG=1.`
}

func (c *configCmd) Run(a *app) error {
	p, err := c.read(a)
	if err != nil {
		return err
	}
	chain, err := p.Chain()
	if err != nil {
		return err
	}
	name := cmp.Or(c.As, p.Name+"-mfa")
	switch {
	case name == p.Name:
		return &usageError{msg.Errorf("a profile %q that uses profile %q would call itself", name, name).
			Hint("give it another name with --as")}
	case len(chain.Roles) == 0 && (chain.Kind == profile.KindProcess && chain.Get("mfa_serial") == "" ||
		chain.SourceKey() == "awsmfa_key" && p.Where("credential_process").Line != 0):
		return msg.Errorf("profile %q already has a credential_process (%s)", p.Name, p.Where("credential_process")).
			Hint("AWS clients use it as it is: aws --profile %s", msg.Word(p.Name))
	}
	if err := profile.CheckName(name); err != nil && c.As == "" {
		return msg.Errorf("%s", err).Wrap(err).
			Hint("name the new profile with --as: letters, digits and . _ - / + @ are safe")
	}
	command, err := processLine(a.Args[0], p.Name)
	if err != nil {
		return err
	}
	a.warnQuotes(command)
	settings := []profile.Setting{{Key: "credential_process", Value: command}}
	for _, key := range p.Keys() {
		if slices.Contains(credentialSettings, key) {
			continue
		}
		set, _ := p.Setting(key)
		if profile.CheckSetting(set) != nil {
			a.warn(msg.Errorf("the setting %q (%s) is left out: "+
				"it cannot be written so that every AWS client reads it back unchanged", key, p.Where(key)))
			continue
		}
		settings = append(settings, set)
	}
	if c.Write {
		return a.addProfile(p.Name, name, settings)
	}
	text, err := profile.ConfigSection(name, settings)
	if err != nil {
		return err
	}
	if !term.Reads(a.Stdout, text) {
		return msg.Errorf("profile %q is not ASCII, and the console's code page would change it", name).
			Hint("add --write, which writes to the config file itself")
	}
	return a.print(text)
}

// warnQuotes warns of quotes in a credential_process, with which the Go SDK fails on Windows.
func (a *app) warnQuotes(command string) {
	if runtime.GOOS == "windows" && strings.Contains(command, `"`) {
		a.warn(msg.Errorf("on Windows, terraform and other programs with AWS's SDK for Go "+
			"cannot run a command with quotes: %s", command).
			Hint("put awsmfa into a directory without blanks in its name, and rename the profile if it has a blank"))
	}
}

// addProfile adds the profile to the config file, if it is not there yet. A profile with other credentials is an error.
func (a *app) addProfile(from, name string, settings []profile.Setting) error {
	files := a.files()
	old, err := profile.Load(files, name)
	there := err == nil
	if err != nil && !profile.NotFound(err) {
		return err
	}
	if kind := old.Kind(); there && kind != profile.KindNone && kind != profile.KindProcess {
		return msg.Errorf("there is a profile %q already (%s), with credentials of its own", name, old.Where("")).
			Hint("give the new one another name with --as")
	}
	if err := profile.AddConfig(files, name, settings); err != nil {
		return err
	}
	a.say(msg.Textf("profile %q is in %s and gives the session of %q; try:  aws --profile %s sts get-caller-identity",
		name, msg.Path(files.Config), from, msg.Word(name)))
	return nil
}

// credentialSettings are about credentials, which the new profile gets from awsmfa. (AWS SDKs and Tools Reference
// Guide, "Settings reference"; aws-vault's mfa_process and include_profile.)
var credentialSettings = append(profile.CredentialKeys(), "aws_account_id", "sso_registration_scopes")

// processLine is the command line for credential_process. Botocore splits it by itself, the Go and JavaScript SDKs
// pass it to sh or cmd: the only spelling that works with all is a word in double quotes without $, `, \, % or ! in
// it. On Windows the Go SDK breaks those quotes (aws-sdk-go-v2, issue 3208), so the path's short form is used. The
// path is absolute: programs started from a desktop have another PATH than the terminal.
func processLine(arg0, name string) (string, error) {
	path := programPath(arg0)
	program, ok := processWord(withoutBlanks(path), `\~`)
	if !ok {
		return "", msg.Errorf("credential_process cannot name %q: AWS clients do not agree on how to write such a path",
			path).
			Hint("move awsmfa to a directory without quotes, $, %%, ! and the like in its name")
	}
	profile, ok := processWord(name, "")
	if !ok {
		return "", msg.Errorf("credential_process cannot name profile %q: "+
			"AWS clients do not agree on how to write such a name", name).
			Hint("rename the profile: letters, digits and . _ - / + @ are safe")
	}
	line := program + " credential-process " + profile
	if program[0] == '"' && profile[0] == '"' { // the Go SDK would remove them, as quotes around the whole line
		line += " --timeout 30s"
	}
	return line, nil
}

// processWord quotes a word if necessary, and reports whether it can be written. On Windows no client takes a
// backslash for an escape. In a path it quotes only the parts that need it: version 1 of the Go SDK drops the quotes
// of a value that begins with one.
func processWord(word, allowed string) (string, bool) {
	if filepath.Separator != '\\' {
		allowed = ""
	}
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("._-/+@:"+allowed, r)
	}
	switch {
	case strings.HasPrefix(word, "-"), strings.ContainsFunc(word, func(r rune) bool {
		return r < ' ' || !plain(r) && strings.ContainsRune("\"'$`\\%!^", r)
	}):
		return "", false
	}
	parts := strings.Split(word, "/")
	for i, part := range parts {
		if strings.ContainsFunc(part, func(r rune) bool { return !plain(r) }) {
			parts[i] = `"` + part + `"`
		}
	}
	return strings.Join(parts, "/"), true
}

// programPath is this program's absolute path: the one found on the PATH, if it is this file, because that stays
// valid when another version is installed.
func programPath(arg0 string) string {
	name := programName(arg0)
	if filepath.IsAbs(name) {
		return name
	}
	if found, err := exec.LookPath(name); err == nil {
		if abs, err := filepath.Abs(found); err == nil {
			return abs
		}
	}
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return self
}
