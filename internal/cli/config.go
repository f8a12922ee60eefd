package cli

import (
	"cmp"
	"io"
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
	As    string `name:"as" placeholder:"NAME"`
	Write bool
}

func (c *configCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"as":    msg.Textf("What the new profile is called (PROFILE-mfa)."),
		"write": msg.Textf("Add it to the config file instead of printing it."),
	})
}

func (*configCmd) Help() string { return msg.ConfigHelp }

func (c *configCmd) Run(a *app) error {
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	p, err := c.load(a)
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
		return &usageError{msg.WouldCallItself(name)}
	case len(chain.Roles) == 0 && chain.Kind == profile.KindProcess && chain.Get("mfa_serial") == "":
		at := p.Where("credential_process")
		return msg.ConfigNotNeeded(p.Name, at.File, at.Line)
	}
	if err := profile.CheckName(name); err != nil && c.As == "" {
		return msg.ConfigNoName(err)
	}
	command, err := processLine(a.Args[0], p.Name)
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" && strings.Contains(command, `"`) {
		a.warn(msg.ConfigQuoted(command))
	}
	settings := []profile.Setting{{Key: "credential_process", Value: command}}
	for _, key := range p.Keys() {
		if slices.Contains(credentialSettings, key) {
			continue
		}
		set, _ := p.Setting(key)
		if profile.CheckSetting(set) != nil {
			at := p.Where(key)
			a.warn(msg.ConfigLeftOut(key, at.File, at.Line))
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
		return msg.ConfigNotPrintable(name)
	}
	if _, err := io.WriteString(term.Text(a.Stdout), text); err != nil {
		return notPrinted(err)
	}
	return nil
}

// addProfile adds the profile to the config file, where it is not there yet. One that already gets its credentials in
// another way is left alone.
func (a *app) addProfile(from, name string, settings []profile.Setting) error {
	files := a.files()
	old, err := profile.Load(files, name)
	there := err == nil
	if err != nil && !profile.NotFound(err) {
		return err
	}
	if kind := old.Kind(); there && kind != profile.KindNone && kind != profile.KindProcess {
		at := old.Where("")
		return msg.ConfigTaken(name, at.File, at.Line)
	}
	if err := profile.AddConfig(files, name, settings); err != nil {
		return err
	}
	a.say(msg.ConfigAdded(name, from, files.Config))
	return nil
}

// credentialSettings are about credentials, which the new profile has from awsmfa. (AWS SDKs and Tools Reference Guide,
// "Settings reference"; aws-vault's mfa_process and include_profile.)
var credentialSettings = []string{
	"aws_access_key_id", "aws_account_id", "role_arn", "source_profile", "credential_source", "external_id",
	"role_session_name", "duration_seconds", "source_identity", "session_tags", "transitive_session_tags", "mfa_serial",
	"mfa_process", "credential_process", "sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name",
	"sso_registration_scopes", "web_identity_token_file", "login_session", "include_profile",
}

// endpointSettings say whom AWS clients ask; those of one profile never hold for another's session.
var endpointSettings = []string{
	"endpoint_url", "services", "ignore_configured_endpoint_urls", "sts_regional_endpoints", "use_fips_endpoint",
	"use_dualstack_endpoint", "account_id_endpoint_mode", "s3_us_east_1_regional_endpoint", "s3.us_east_1_regional_endpoint",
	"s3.addressing_style", "s3.use_accelerate_endpoint", "s3.use_dualstack_endpoint",
}

// processLine is the command line for credential_process. Botocore takes it apart by itself, the Go and JavaScript SDKs
// hand it to sh or cmd: a word in double quotes without $, `, \, % or ! in it is the one spelling that they agree on. On
// Windows the Go SDK spoils those quotes (aws-sdk-go-v2, issue 3208), so there the path's short form is taken.
// The program's path is in it whole: what is started from a desktop has another PATH than the terminal.
func processLine(arg0, name string) (string, error) {
	path := programPath(arg0)
	program, ok := processWord(withoutBlanks(path), `\~`)
	if !ok {
		return "", msg.ConfigOddPath(path)
	}
	profile, ok := processWord(name, "")
	if !ok {
		return "", msg.ConfigOddName(name)
	}
	line := program + " credential-process " + profile
	if program[0] == '"' && profile[0] == '"' { // the Go SDK would take them for quotes about the whole
		line += " --timeout 30s"
	}
	return line, nil
}

// processWord quotes a word where it has to be. On Windows, where paths have them, nobody takes a backslash for an escape.
// Of a path only the parts are quoted that need it: version 1 of the Go SDK drops the quotes of a value that begins with one.
func processWord(word, allowed string) (string, bool) {
	if filepath.Separator != '\\' {
		allowed = ""
	}
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-/+@:"+allowed, r)
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

// programPath is where this program can be called: where the PATH finds it, if that is this very file, for it stays there
// when another version takes its place.
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
