package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"awsmfa/cache"
	"awsmfa/internal/awsapi"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/rewrite"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
)

type doctorCmd struct {
	profileFlags
	JSON bool `name:"json"`
}

func (c *doctorCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"json": msg.Textf("Print one JSON object instead of lines."),
	})
}

func (*doctorCmd) Help() string {
	return `Prints one line per check: ✓ passed, ! works but deserves a look, ✗ error, – not checked: not needed, not
possible now, or because of an error above. Exits with 1 if there is an error. It asks AWS three things: whose the
keys are, when the access key was created, and which MFA devices the user has. It needs no code and writes nothing.

With --json it prints one object: profile, checks (name, status, text, fix), ok. The statuses are ok, warning, error and
skipped.`
}

// Run checks everything a session needs, and changes nothing.
func (c *doctorCmd) Run(a *app) error {
	namedBy := c.namedBy(a)
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	ctx, stop := a.catchSignals()
	defer stop()
	d := &doctor{app: a, flags: sessionFlags{profileFlags: c.profileFlags}, namedBy: namedBy}
	checks := d.examine(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	healthy := !anyFailed(checks)
	text := a.report(a.reportLines(a.printerFor(a.Stdout), checks))
	if c.JSON {
		text = reportJSON(c.Name, a.reportLines(a.english(), checks), healthy)
	}
	if err := a.print(text); err != nil {
		return err
	}
	if !healthy {
		return errExit(exitError)
	}
	return nil
}

// namedBy is the variable from which applyDefaults takes the profile's name, "" where the command line names the
// profile.
func (f *profileFlags) namedBy(a *app) string {
	if f.Name != "" || f.Profile != "" {
		return ""
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", varProfile} {
		if a.Getenv(variable) != "" {
			return variable
		}
	}
	return ""
}

// check is the result of one check. Its message stays data until the report is printed.
type check struct {
	name   msg.Text
	status status
	text   msg.Text // where err is nil
	err    error    // its hint is the fix
}

type status string

const (
	isOK      status = "ok"
	isWarning status = "warning" // works, for now or by luck
	isError   status = "error"
	isSkipped status = "skipped"
)

func passed(name, text msg.Text) check { return check{name: name, status: isOK, text: text} }

func warning(name msg.Text, err error) check { return check{name: name, status: isWarning, err: err} }

func failed(name msg.Text, err error) check { return check{name: name, status: isError, err: err} }

func skipped(name, text msg.Text) check { return check{name: name, status: isSkipped, text: text} }

// blocked is for a check that makes no sense before another one passes.
func blocked(name, by msg.Text) check {
	return skipped(name, msg.Textf("cannot be checked until %q passes", by))
}

// notNeeded is for a check of long-term keys, where the profile has none.
func notNeeded(name msg.Text) check {
	return skipped(name, msg.Textf("not needed: the credentials are not an IAM user's long-term keys"))
}

func anyFailed(checks []check) bool {
	for _, c := range checks {
		if c.status == isError {
			return true
		}
	}
	return false
}

// reportLine is a check in words.
type reportLine struct {
	Name   string `json:"name"`
	Status status `json:"status"`
	Text   string `json:"text"`
	Fix    string `json:"fix,omitempty"`
}

// reportLines puts the checks into words, printable because they quote the user's names and AWS's answers.
func (a *app) reportLines(printer msg.Printer, checks []check) []reportLine {
	oneLine := func(text string) string { return a.printable(msg.Foreign(text)) }
	var lines []reportLine
	for _, c := range checks {
		l := reportLine{Name: printer.Text(c.name), Status: c.status, Text: oneLine(printer.Text(c.text))}
		if c.err != nil {
			l.Text, l.Fix = oneLine(printer.Error(c.err)), oneLine(printer.Hint(c.err))
		}
		lines = append(lines, l)
	}
	return lines
}

// report is the report for a person, one line per check.
func (a *app) report(lines []reportLine) string {
	marks, arrow := map[status]string{isOK: "✓", isWarning: "!", isError: "✗", isSkipped: "–"}, "→"
	// On Windows only a console is sure to show UTF-8; whatever else reads stdout may decode a code page.
	if !a.drawsSymbols() || runtime.GOOS == "windows" && !term.IsTerminal(a.Stdout) {
		marks, arrow = map[status]string{isOK: "+", isWarning: "!", isError: "x", isSkipped: "-"}, "->"
	}
	width := 0
	for _, l := range lines {
		width = max(width, term.Width(l.Name))
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s %s%*s  %s", marks[l.Status], l.Name, width-term.Width(l.Name), "", l.Text)
		if l.Fix != "" {
			fmt.Fprintf(&b, " %s %s", arrow, l.Fix)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// reportJSON is the report for a program.
func reportJSON(profileName string, lines []reportLine, healthy bool) string {
	return asciiJSON(struct {
		Profile string       `json:"profile"`
		Checks  []reportLine `json:"checks"`
		OK      bool         `json:"ok"`
	}{profileName, lines, healthy})
}

// doctor runs the checks in order. Each check leaves what later ones need; a nil field was not available.
type doctor struct {
	*app
	flags    sessionFlags
	flagsErr error // a mistake in the variables that stand in for flags
	namedBy  string

	profile       *profile.Profile
	chain         profile.Chain
	keys          *profile.Keys
	external      bool // the credentials are not an IAM user's long-term keys
	clientOptions *awsapi.ClientOptions
	endpoint      awsapi.Endpoint
	client        *awsapi.Client // set once AWS answered
	who           awsapi.Identity
	whoErr        error
	line          string // the line to type for a session
}

// examine runs all checks, each after those it needs.
func (d *doctor) examine(ctx context.Context) []check {
	d.flagsErr = d.flags.applyDefaults(d.app)
	p, loadErr := d.flags.load(d.app)
	if loadErr == nil {
		d.profile = &p
	}
	checks := []check{
		d.configFile(),
		d.file(msg.Textf("credentials file"), "AWS_SHARED_CREDENTIALS_FILE", d.files().Credentials, 0o077, true),
		d.profileFound(loadErr),
		d.credentials(ctx),
	}
	checks = append(checks, d.headers()...)
	checks = append(checks, d.ignoredSources()...)
	if d.profile != nil {
		checks = append(checks, d.storedKeys(d.chain.Base)...)
	}
	if d.flagsErr == nil {
		d.flagsErr = d.flags.applySettings(d.app, d.chain)
	}
	if len(d.chain.Roles) > 0 {
		checks = append(checks, d.roles())
	}
	checks = append(checks,
		d.network(ctx),
		d.clock(),
		d.identity(),
		d.keyAge(ctx),
		d.device(ctx),
		d.cacheDirectory(),
		d.session(ctx),
		d.shell(),
	)
	checks = append(checks, d.startUp()...)
	checks = append(checks, d.variables()...)
	checks = append(checks, d.tools()...)
	checks = append(checks, d.programs(ctx)...)
	return append(checks, awsCLI(ctx, d.Environ))
}

// configFile checks the config file, which others may read unless it has keys. Who can write to it can run programs as
// the user: credential_process, mfa_process.
func (d *doctor) configFile() check {
	path, forbidden := d.files().Config, fs.FileMode(0o022)
	if d.profile != nil && d.profile.Where("aws_secret_access_key").File == path {
		forbidden = 0o077
	}
	return d.file(msg.Textf("config file"), "AWS_CONFIG_FILE", path, forbidden, false)
}

// file checks a file, whether the AWS CLI can read it, and that it has none of the forbidden permissions. variable can
// name another file.
func (d *doctor) file(
	name msg.Text, variable, path string, forbidden fs.FileMode, credentials bool,
) check {
	if path == "" {
		return skipped(name, msg.Textf("there is no home directory, and %s is not set", variable))
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && rewrite.CheckLinks(path) != nil:
		return failed(name, rewrite.CheckLinks(path))
	case errors.Is(err, fs.ErrNotExist) && slices.Contains(d.files().Renamed(), path):
		return warning(name, profile.RenamedError(path))
	case errors.Is(err, fs.ErrNotExist) && d.Getenv(variable) != "":
		return warning(name, msg.Errorf("%s names %s, which does not exist", variable, msg.Path(path)).
			Hint("correct the variable, or unset it"))
	case errors.Is(err, fs.ErrNotExist):
		return passed(name, msg.Textf("%s does not exist; it is optional", msg.Path(path)))
	case err != nil:
		return failed(name, unreadable(path, err))
	case info.IsDir():
		return failed(name, msg.Errorf("%s is a directory", msg.Path(path)).
			Hint("move it away, or name a file in %s", variable))
	case !info.Mode().IsRegular(): // opening a pipe would block, or consume its content
		return passed(name, msg.Textf("%s", msg.Path(path)))
	}
	f, err := os.Open(path)
	if err != nil {
		return failed(name, unreadable(path, err))
	}
	defer f.Close()
	if err := profile.CheckCLI(path, credentials); err != nil {
		return warning(name, err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&forbidden != 0 {
		return warning(name, openToOthers(path, mode))
	}
	return passed(name, msg.Textf("%s", msg.Path(path)))
}

func unreadable(path string, err error) error {
	return msg.Errorf("%s cannot be read: %s", msg.Path(path), msg.Cause(err)).
		Hint("make your user its owner: after sudo aws configure it may belong to root").Wrap(err)
}

func openToOthers(path string, mode fs.FileMode) *msg.Error {
	err := msg.Errorf("%s has the permissions %04o: others can read it", msg.Path(path), mode.Perm())
	if mode&0o022 != 0 {
		err = msg.Errorf("%s has the permissions %04o: others can change it", msg.Path(path), mode.Perm())
	}
	return err.Hint("chmod 600 %s", msg.Word(path))
}

func (d *doctor) profileFound(err error) check {
	name := msg.Textf("profile")
	if err != nil {
		return failed(name, err)
	}
	if misspelt := d.profile.Misspelt(); len(misspelt) > 0 {
		m := misspelt[0]
		return warning(name, msg.Errorf("profile %q has %s (%s), which no AWS client reads",
			d.profile.Name, msg.Escaped(m.Key), m.Pos).Hint("write %s instead", m.Meant))
	}
	region := d.profile.Region
	if variable, own := d.ownRegion(); own != "" {
		region = own + " (" + variable + ")"
	}
	switch {
	case region == "":
		return warning(name, msg.Errorf("profile %q has no region, which most AWS commands need", d.profile.Name).
			Hint("add region to its section in %s, or set AWS_REGION and, for version 1 of the AWS CLI and boto3, "+
				"AWS_DEFAULT_REGION", msg.Path(d.files().Config)))
	case d.namedBy == "":
		return passed(name, msg.Textf("%q, region %s", d.profile.Name, msg.Path(region)))
	}
	return passed(name, msg.Textf("%q, named by %s, region %s", d.profile.Name, d.namedBy, msg.Path(region)))
}

// credentials checks the base credentials of the profile's chain.
func (d *doctor) credentials(ctx context.Context) (c check) {
	name := msg.Textf("keys")
	if d.profile == nil {
		return blocked(name, msg.Textf("profile"))
	}
	var err error
	if d.chain, err = d.profile.Chain(); err != nil {
		return failed(name, err)
	}
	base := d.chain.Base
	keys, source, err := d.baseCredentials(*d.profile, d.chain, awsapi.Endpoint{})
	if err == nil {
		keys, err = d.withSecret(ctx, keys)
	}
	switch {
	case err != nil:
		return failed(name, err)
	case source != nil:
		d.external = true
		if _, from, ours := calledByProcess(base); ours && d.chain.Kind == profile.KindProcess {
			return passed(name, msg.Textf("profile %q gets its credentials from awsmfa; to check them:  %s",
				base.Name, msg.Command("doctor", from)))
		}
		setting := d.chain.SourceKey()
		if d.chain.Kind == profile.KindKeys { // a session
			setting = "aws_session_token"
		}
		if (session.Request{External: source}).TakesMFA() {
			return passed(name, msg.Textf("profile %q gets its credentials from its %s: "+
				"if they are long-term keys, awsmfa asks for a code", base.Name, setting))
		}
		return passed(name, msg.Textf("profile %q gets its credentials from its %s: no code is needed",
			base.Name, setting))
	}
	d.keys = &keys
	for _, key := range []string{"aws_session_token", "aws_security_token"} { // beside the pair it would be an error
		if at := base.Where(key); at.Line != 0 {
			return warning(name, msg.
				Errorf("the profile also has an %s (%s), which some AWS clients send with the keys", key, at).
				Hint("remove that line: a session token does not belong in these files"))
		}
	}
	if keys.Store != "" {
		return passed(name, msg.Textf("%s, in %s (%s)", keys.AccessKeyID, d.placeOf(keys), keys.Where))
	}
	return passed(name, msg.Textf("%s, in %s", keys.AccessKeyID, keys.Where))
}

// storedKeys warns if AWS clients do not get the session of a profile whose keys are in a store.
func (d *doctor) storedKeys(p profile.Profile) (found []check) {
	name := msg.Textf("keys")
	if _, is := p.StoredKeys(); !is {
		return nil
	}
	if err := returnedPair(p); err != nil {
		found = append(found, warning(name, err))
	}
	if line, _ := p.Get("credential_process"); line == "" {
		found = append(found, warning(name, msg.Errorf("profile %q has awsmfa_key (%s) but no credential_process: "+
			"AWS clients find no credentials", p.Name, p.Where("awsmfa_key")).
			Hint("%s adds it", msg.Command("keys", "store", p.Name))))
	}
	return found
}

// ignoredSources warns of two settings that both name a source of credentials, so that one is ignored.
func (d *doctor) ignoredSources() (found []check) {
	for _, c := range d.chain.Conflicts() {
		if c.Used.Key == "awsmfa_key" || c.Ignored.Key == "awsmfa_key" { // storedKeys has a better warning
			continue
		}
		found = append(found, warning(msg.Textf("keys"), c.Warning()))
	}
	return found
}

// request is sessionFlags.request without its warning, which is a check here.
func (d *doctor) request(p profile.Profile) (*session.Resolver, session.Request, error) {
	chain, err := p.Chain()
	if err != nil {
		return nil, session.Request{}, err
	}
	return d.flags.requestFor(d.app, p, chain)
}

// roles lists the roles of the chain and checks their settings. Only AssumeRole itself shows whether AWS allows them.
func (d *doctor) roles() check {
	name := msg.Textf("roles")
	switch {
	case d.keys == nil && !d.external:
		return blocked(name, msg.Textf("keys"))
	case d.flagsErr == nil:
		if _, _, err := d.request(*d.profile); err != nil {
			return failed(name, err)
		}
	}
	var arns []string
	for _, r := range d.chain.Roles {
		arns = append(arns, r.ARN)
	}
	return passed(name, msg.Textf("%s, from profile %q; whether AWS allows this is not tested",
		strings.Join(arns, " → "), d.chain.Base.Name))
}

// network calls GetCallerIdentity, and passes if AWS itself answers, even with an error.
func (d *doctor) network(ctx context.Context) check {
	name := msg.Textf("network")
	switch {
	case d.external:
		return notNeeded(name)
	case d.keys == nil:
		return blocked(name, msg.Textf("keys"))
	}
	options, endpoint, err := d.flags.clientOptions(d.app, *d.profile, "", d.namedDevice(d.chain))
	if err != nil {
		return failed(name, err)
	}
	d.clientOptions, d.endpoint = &options, endpoint
	client, err := options.NewClient(ctx, *d.keys)
	if err != nil {
		return failed(name, err)
	}
	d.who, d.whoErr = client.Identity(ctx, endpoint)
	if d.whoErr != nil && !awsapi.Answered(d.whoErr) {
		return failed(name, d.whoErr)
	}
	d.client = client
	return passed(name, msg.Textf("%s answers", cmp.Or(origin(endpoint.URL), "AWS")))
}

// A clock that is a minute off is worth setting; at five minutes AWS's services begin to refuse signatures.
const (
	clockLoose = time.Minute
	clockWrong = 5 * time.Minute
)

func (d *doctor) clock() check {
	name := msg.Textf("clock")
	switch {
	case d.external:
		return notNeeded(name)
	case d.client == nil:
		return blocked(name, msg.Textf("network"))
	}
	switch ahead := d.client.Ahead(); {
	case ahead.Abs() >= clockWrong:
		return failed(name, clockOff(ahead))
	case ahead.Abs() >= clockLoose:
		return warning(name, clockOff(ahead))
	}
	return passed(name, msg.Textf("agrees with AWS's"))
}

func clockOff(ahead time.Duration) error {
	off := msg.Duration(ahead.Abs().Round(time.Second))
	if ahead < 0 {
		return msg.Errorf("this computer's clock is %s behind AWS's; from 5 minutes on AWS refuses requests", off).
			Hint(awsapi.SetClock)
	}
	return msg.Errorf("this computer's clock is %s ahead of AWS's; from 5 minutes on AWS refuses requests", off).
		Hint(awsapi.SetClock)
}

func (d *doctor) identity() check {
	name := msg.Textf("identity")
	switch {
	case d.external:
		return notNeeded(name)
	case d.client == nil:
		return blocked(name, msg.Textf("network"))
	case d.whoErr != nil:
		return failed(name, d.whoErr)
	case d.who.IsRoot() && len(d.chain.Roles) > 0:
		return failed(name, awsapi.NoRoleForRoot(d.profile.Name))
	case d.who.IsRoot():
		return warning(name, awsapi.NotAUser(d.who.ARN))
	case d.who.User == "":
		return failed(name, awsapi.NotAUser(d.who.ARN))
	}
	return passed(name, msg.Textf("%s", d.who.ARN))
}

// device compares the device that the profile names, or that an earlier run remembered, with those that AWS lists,
// which are all enabled.
func (d *doctor) device(ctx context.Context) check {
	name := msg.Textf("device")
	switch {
	case d.external:
		return notNeeded(name)
	case d.who.User == "" && !d.who.IsRoot():
		return blocked(name, msg.Textf("identity"))
	}
	named, variable := d.namedDevice(d.chain), d.deviceVariable(d.chain)
	switch {
	case variable != "" && !awsapi.IsSerial(named):
		return failed(name, badSerial(named, variable))
	case named != "" && !awsapi.IsSerial(named):
		return failed(name, badSerial(named, d.chain.Where("mfa_serial")))
	case awsapi.Device{Serial: named}.IsSecurityKey():
		return failed(name, awsapi.UnusableKey(named, variable))
	}
	remembered := d.cached(*d.profile).serial
	x := &account{Client: d.client, app: d.app, profile: *d.profile, who: d.who}
	devices, err := x.devices(ctx)
	switch {
	case err != nil && remembered != "":
		return warning(name, msg.Errorf("cannot check whether %s is enabled: %s", remembered, err).Wrap(err).
			Hint("sessions do not need this permission; for the check allow iam:ListMFADevices on the user itself"))
	case err != nil:
		notListed := awsapi.NotListed(d.profile.Name, err)
		if awsapi.Answered(err) {
			notListed = notListed.WithHint(awsapi.NameDevice())
		}
		return failed(name, notListed)
	}
	var usable []awsapi.Device
	var serials, keys []string
	for _, device := range devices {
		if device.IsSecurityKey() {
			keys = append(keys, device.Serial)
			continue
		}
		usable, serials = append(usable, device), append(serials, device.Serial)
		switch {
		case device.Serial == named && variable != "":
			return passed(name, msg.Textf("%s; named by %s", aboutDevice(device), variable))
		case device.Serial == named:
			return passed(name, msg.Textf("%s", aboutDevice(device)))
		case device.Serial == remembered:
			return passed(name, msg.Textf("%s; remembered from an earlier session", aboutDevice(device)))
		}
	}
	switch {
	case len(usable) == 0 && len(keys) > 0:
		return failed(name, awsapi.OnlySecurityKeys(d.profile.Name, keys))
	case len(usable) == 0 && d.who.IsRoot():
		return failed(name, awsapi.RootWithoutDevice(d.profile.Name))
	case len(usable) == 0:
		return failed(name, awsapi.NoDevice(d.profile.Name, d.chain.Base.Name, nil))
	case variable != "":
		return failed(name, msg.Errorf("%s is %s, which is not a device of this user", variable, named).
			Hint("unset it, or set it to one of: %s", msg.List(serials)))
	case named != "":
		return failed(name, msg.Errorf("mfa_serial is %s (%s), which is not a device of this user",
			named, d.chain.Where("mfa_serial")).Hint("set it to one of: %s", msg.List(serials)))
	case remembered != "":
		return warning(name, msg.Errorf("the remembered device %s is no longer a device of this user", remembered).
			Hint("nothing to do: the next new session forgets it and finds the right one"))
	case len(usable) > 1:
		return warning(name, severalDevices(d.profile.Name, serials).WithHint(nameOne()))
	}
	return passed(name, msg.Textf("%s; not named in the profile: awsmfa finds it for the first session",
		aboutDevice(usable[0])))
}

// aboutDevice lists a device's serial number, its kind and when it was enabled.
func aboutDevice(d awsapi.Device) []msg.Text {
	about := []msg.Text{msg.Textf("%s", d.Serial), kindOf(d)}
	if !d.Enabled.IsZero() {
		about = append(about, msg.Textf("enabled %s", d.Enabled.UTC().Format(time.DateOnly)))
	}
	return about
}

func (d *doctor) cacheDirectory() check {
	name := msg.Textf("cache")
	dir := d.cache()
	if dir.Path == "" {
		return warning(name, session.NoCacheDir())
	}
	path := msg.Path(dir.Path)
	err := dir.Check()
	if unusable, ok := errors.AsType[*cache.Unusable](err); ok {
		reason := session.CacheError(err)
		if unusable.Reason == cache.Loose {
			return warning(name, reason.Hint("chmod 700 %s", msg.Word(dir.Path)))
		}
		return failed(name, msg.Errorf("sessions cannot be cached: %s", reason).Wrap(err).
			Hint("make it a directory that your user owns, or set XDG_CACHE_HOME to an absolute path elsewhere"))
	}
	if _, err := os.Stat(dir.Path); err != nil {
		above := filepath.Dir(dir.Path)
		for _, err := os.Stat(above); err != nil && above != filepath.Dir(above); _, err = os.Stat(above) {
			above = filepath.Dir(above)
		}
		if !writable(above) {
			return warning(name, msg.Errorf("%s cannot be created, so every call asks for a code: %s is read-only",
				path, msg.Path(above)).
				Hint("set XDG_CACHE_HOME to an absolute path of a directory where you may write"))
		}
		return passed(name, msg.Textf("%s does not exist yet: the first session creates it", path))
	}
	return passed(name, msg.Textf("%s", path))
}

// session looks for the cached session that env would use. Without one it obtains credentials from an external source,
// but does not run a program, which might ask a person.
func (d *doctor) session(ctx context.Context) check {
	name := msg.Textf("session")
	switch {
	case d.flagsErr != nil:
		return failed(name, d.flagsErr)
	case d.keys == nil && !d.external:
		return blocked(name, msg.Textf("keys"))
	case d.keys != nil && d.clientOptions == nil:
		return blocked(name, msg.Textf("network"))
	}
	c := d.cached(*d.profile)
	switch {
	case c.found:
		left := msg.Left(time.Until(c.session.Expiration))
		return passed(name, msg.Textf("%s is cached and lasts for another %s", c.session.AccessKeyID, left))
	case c.unusable != nil && !d.external:
		return warning(name, msg.Errorf("%s", c.unusable).Hint("remove that file: a new session takes its place"))
	case d.roleNeedsNoCode():
		return passed(name, msg.Textf("no cached session for this role; "+
			"the cached MFA session will be used, without a code"))
	case d.external && d.chain.Kind == profile.KindProcess:
		return skipped(name, msg.Textf("credential_process is not run here; to test it:  %s",
			msg.Command("exec", d.profile.Name, "--", "aws", "sts", "get-caller-identity")))
	case d.external:
		return d.externalSource(ctx)
	}
	return passed(name, d.codeNeeded())
}

func (d *doctor) codeNeeded() msg.Text {
	return msg.Textf("no session of %s is cached: the next call asks for a code", msg.Left(d.flags.defaultDuration))
}

// roleNeedsNoCode says whether the MFA session that assumes the role is cached.
func (d *doctor) roleNeedsNoCode() bool {
	o, want, err := d.request(*d.profile)
	if err != nil || len(want.Roles) == 0 || !want.TakesMFA() {
		return false
	}
	want.Roles = nil
	_, _, found := o.Cached(want)
	return found
}

// externalSource obtains a session from an external source, unless that takes a person.
func (d *doctor) externalSource(ctx context.Context) check {
	name := msg.Textf("session")
	o, want, err := d.request(*d.profile)
	if err != nil {
		return failed(name, err)
	}
	o.Cache, o.Interruptible = cache.Dir{}, func() (context.Context, func()) { return ctx, func() {} }
	o.Code = func(context.Context, mfa.CodeRequest) (string, error) { return "", errWouldAsk }
	o.Choose = func(context.Context, []awsapi.Device) (awsapi.Device, error) { return awsapi.Device{}, errWouldAsk }
	s, err := o.Retrieve(want)
	switch {
	case errors.Is(err, errWouldAsk):
		return passed(name, d.codeNeeded())
	case err != nil:
		return failed(name, err)
	}
	return passed(name, msg.Textf("%s was obtained just now, without a code", s.AccessKeyID))
}

var errWouldAsk = errors.New("a person would be asked")

// cached is what env would find in the cache for a profile.
type cached struct {
	session  session.Session
	found    bool
	serial   string // the MFA device's: the profile's, or the remembered one
	unusable error  // why a file in the cache is not used
}

func (d *doctor) cached(p profile.Profile) (c cached) {
	if d.flagsErr != nil {
		return cached{serial: p.MFASerial}
	}
	o, want, err := d.request(p)
	if err != nil {
		return cached{serial: p.MFASerial}
	}
	o.Cache, o.Warn = d.cache(), func(why *msg.Error) { c.unusable = why }
	c.session, c.serial, c.found = o.Cached(want)
	return c
}

func (d *doctor) shell() check {
	name := msg.Textf("shell")
	d.line = d.typedCommand("env", d.flags.Name)
	s, err := d.chooseShell("")
	if err != nil {
		return failed(name, err)
	}
	if s.Data {
		return warning(name, msg.Errorf("AWSMFA_SHELL is %s, which no shell evaluates", s.Name).
			Hint("unset it, unless a program reads what awsmfa prints"))
	}
	line, err := d.lineFor(s, "env", d.flags.Name)
	if err != nil {
		return warning(name, err)
	}
	if _, loaded := d.hook(); d.passedBy != "" || loaded != "" {
		line = d.envLine(d.flags.Name)
	}
	d.line = line
	if d.Getenv("AWSMFA_SHELL") != "" {
		return passed(name, msg.Textf("%s, named by AWSMFA_SHELL; type:  %s", s.Name, line))
	}
	return passed(name, msg.Textf("%s; type:  %s", s.Name, line))
}
