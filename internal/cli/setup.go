package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
)

type setupCmd struct {
	sessionFlags
	enrollFlags

	AccessKeyID string `name:"access-key-id" help:"The access key ID of a new profile, instead of a question. Its secret is asked for, or is AWSMFA_SECRET_ACCESS_KEY, or see --secret-stdin." placeholder:"ID"`
	SecretStdin bool   `help:"Read the secret access key of a new profile from the first line of stdin."`
	NoNote      bool   `help:"Do not note the device in the config file."`
}

// Help is Kong's hook for what stands under the usage.
func (*setupCmd) Help() string { return msg.SetupHelp }

// Run is the first day: each step looks first whether it is done.
func (c *setupCmd) Run(a *app) error {
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	if c.AccessKeyID != "" && !profile.IsKeyID(c.AccessKeyID) {
		return &usageError{msg.WriteNoKeyID()}
	}
	ctx, stop := a.catchSignals()
	defer stop()
	a.say(awsCLI(ctx, a.Environ))
	x, err := c.ensureProfile(ctx, a)
	if err != nil {
		return err
	}
	a.say(msg.KeysAre(x.who.ARN))
	if c.Serial, err = c.ensureDevice(ctx, x); err != nil {
		return err
	}
	c.defaultSource = x.program
	if err := c.note(ctx, x, c.Serial); err != nil {
		return err
	}
	started := time.Now()
	s, err := c.firstSession(a, x.profile)
	if err != nil {
		return err
	}
	if c.NoMFA || s.Obtained.Before(started) { // else it was said when the code was spent
		a.say(msg.SessionUntil(s.Expiration))
	}
	line, err := a.lineFor(a.typingShell(), "env", x.profile.Name)
	if err != nil { // all is done but this
		a.warn(err.Error())
		return nil
	}
	a.say(msg.EachDay(line))
	return nil
}

// firstSession obtains the session of the profile's own keys, and says so where that takes a code.
func (c *setupCmd) firstSession(a *app, p profile.Profile) (session.Session, error) {
	o, want, err := c.requestFor(a, p, p.Own())
	if err != nil {
		return session.Session{}, err
	}
	code, told := o.Code, false
	o.Code = func(ctx context.Context, need mfa.CodeRequest) (string, error) {
		if !told {
			told = true
			a.say(msg.FirstSession)
		}
		return code(ctx, need)
	}
	return o.Retrieve(want)
}

// ensureProfile finds out whose keys the profile's are, and gives it keys when there is no word of any. A profile that
// says where its credentials come from is left as it is.
func (c *setupCmd) ensureProfile(ctx context.Context, a *app) (*account, error) {
	p, err := c.load(a)
	pasted, is := p.PastedSession()
	switch {
	case profile.NotFound(err):
		p = profile.Profile{Name: c.Name}
	case is:
		return c.putBack(ctx, a, p, pasted)
	case err != nil:
		return nil, err
	case p.Kind() != profile.KindNone || p.Where("").File != a.files().Config: // one that only the config file knows may get keys
		keys, err := p.LongTermKeys()
		if err == nil && c.AccessKeyID != "" && c.AccessKeyID != keys.AccessKeyID {
			err = msg.OtherKeys(p.Name, keys.AccessKeyID, c.AccessKeyID, keys.Where.File, keys.Where.Line)
		}
		if err != nil {
			return nil, err
		}
		return c.accountOf(ctx, a, p, keys, c.Region)
	}
	if err := profile.KeysAddable(a.files(), c.Name); err != nil {
		return nil, err
	}
	if a.underSudo() {
		a.warn(msg.SetupUnderSudo(a.Getenv("SUDO_USER")))
	}
	a.say(msg.NewProfile(c.Name))
	return c.newKeys(ctx, a, p, c.write)
}

// putBack gives the profile the user's own keys, in the place of a session that was pasted in.
func (c *setupCmd) putBack(ctx context.Context, a *app, p profile.Profile, was profile.Keys) (*account, error) {
	if err := profile.Replaceable(a.files(), p.Name, was); err != nil {
		return nil, err
	}
	a.say(msg.PastedSession(p.Name, was.Where.File, was.Where.Line))
	return c.newKeys(ctx, a, p, func(ctx context.Context, x *account, given connection) error {
		return c.replace(ctx, x, was, given)
	})
}

// replace asks whether what AWS has agreed to may take the session's place, and puts it there. That the session is the
// same user's is AWS's to say, while it takes it; else a person says so, or --yes, of keys that were given with it.
func (c *setupCmd) replace(ctx context.Context, x *account, was profile.Keys, given connection) error {
	whose, err := c.holder(ctx, x, was)
	if err != nil {
		return msg.NotWritten(err)
	}
	id, arn, at := given.AccessKeyID, x.who.ARN, was.Where
	yes := c.Yes && !given.typed.key()
	if yes && whose != "" && whose != arn {
		return msg.SessionOfAnother(id, arn, whose, at.File, at.Line)
	}
	meant, err := x.app.confirm(ctx, question{
		text: msg.Textf("%s", msg.PutBack(id, arn, whose, at.File, at.Line)), defaultYes: whose == arn, yes: yes,
	})
	switch {
	case err != nil:
		return err
	case !meant:
		return msg.NotPutBack(at.File)
	}
	if err := profile.ReplaceKeys(x.app.files(), x.profile.Name, was, given.Keys); err != nil {
		return err
	}
	x.app.say(msg.PutBackDone(x.profile.Name, at.File))
	return c.written(x, at.File)
}

// holder asks AWS whose a session is: "" where AWS no longer takes it.
func (c *setupCmd) holder(ctx context.Context, x *account, keys profile.Keys) (arn string, err error) {
	_, endpoint, err := c.clientOptions(x.app, x.profile, c.Region, x.profile.MFASerial)
	if err != nil {
		return "", err
	}
	client, err := x.NewSessionClient(ctx, session.Session{
		AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey.Reveal(), SessionToken: keys.SessionToken.Reveal(),
	})
	if err != nil {
		return "", err
	}
	who, err := client.Identity(ctx, endpoint)
	if err != nil && client.SessionRefused(err) {
		return "", nil
	}
	return who.ARN, err
}

// newKeys asks for the connection settings until AWS knows the keys, and only then writes them: a slip in the secret
// would leave a section that is never touched again. The region comes first: a run that is cut short between the two
// leaves a profile without keys, which the next one gives them. Nobody is asked before all else is known to be right,
// nor again for what typing cannot mend.
func (c *setupCmd) newKeys(
	ctx context.Context, a *app, p profile.Profile, write func(context.Context, *account, connection) error,
) (*account, error) {
	given, err := c.given(a, p)
	if err == nil {
		err = c.reachable(ctx, a, p, given.region)
	}
	if err != nil {
		return nil, msg.NotWritten(err)
	}
	for tries := 0; ; tries++ {
		if err := c.ask(ctx, p, &given); err != nil {
			return nil, err
		}
		x, wrong, err := c.try(ctx, a, p, given)
		switch {
		case err == nil:
			return x, write(ctx, x, given)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !wrong.key():
			if !wrong.region || tries == mfa.AskAgain || !given.forget(wrong) {
				return nil, msg.NotWritten(err)
			}
		case tries == mfa.AskAgain || !given.forget(wrong):
			return nil, msg.KeysNotTaken(err, c.secretFrom(wrong.secret && !given.typed.secret))
		}
		a.say(msg.KeysAgain(err))
	}
}

// secretFrom is what gave a secret that is wrong and was not typed, else "".
func (c *setupCmd) secretFrom(is bool) string {
	switch {
	case !is:
		return ""
	case c.SecretStdin:
		return "stdin"
	}
	return varSecret
}

// reachable finds out what is wrong with how AWS would be reached, whatever is typed.
func (c *setupCmd) reachable(ctx context.Context, a *app, p profile.Profile, region string) error {
	reach, _, err := c.clientOptions(a, p, region, p.MFASerial)
	if err == nil {
		_, err = reach.NewClient(ctx, profile.Keys{})
	}
	return err
}

// try asks AWS whose the keys are. With an error comes which of the settings may be at fault: none where it is another
// thing.
func (c *setupCmd) try(ctx context.Context, a *app, p profile.Profile, given connection) (x *account, wrong parts, err error) {
	if err := profile.CheckKeyID(given.AccessKeyID); err != nil {
		return nil, parts{id: true}, err
	}
	if err := profile.CheckSecret(given.SecretAccessKey); err != nil {
		return nil, parts{secret: true}, err
	}
	x, err = c.accountOf(ctx, a, p, given.Keys, given.region)
	if err != nil && x != nil {
		wrong.region = x.RegionRefused(err)
		wrong.secret = x.SecretRefused(err)
		wrong.id = x.KeysRefused(err) && !wrong.secret
	}
	return x, wrong, err
}

// write adds what AWS has agreed to to the files, and reads the profile anew.
func (c *setupCmd) write(_ context.Context, x *account, given connection) error {
	files := x.app.files()
	switch {
	case given.region == "" || x.profile.Region != "":
	case x.profile.Where("").Line != 0: // its section is there, and no region in it
		x.app.warn(msg.RegionNotWritten(given.region, files.Config))
	default:
		if err := profile.AddConfig(files, c.Name, []profile.Setting{{Key: "region", Value: given.region}}); err != nil {
			x.app.warn(msg.RegionNotWritable(given.region, err)) // as note does, of mfa_serial
		}
	}
	if err := profile.AddKeys(files, c.Name, given.AccessKeyID, given.SecretAccessKey); err != nil {
		return err
	}
	x.app.say(msg.ProfileMade(c.Name, files.Credentials))
	return c.written(x, files.Credentials)
}

// written reads the profile anew, now that the keys are in the file, and says so where others may read that.
func (c *setupCmd) written(x *account, file string) (err error) {
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		x.app.warn(openToOthers(file, info.Mode()))
	}
	x.profile, err = c.load(x.app)
	return err
}

// connection is the connection settings of a new profile, and which of them a person typed.
type connection struct {
	profile.Keys
	region string
	typed  parts
}

// parts are some of the connection settings.
type parts struct{ id, secret, region bool }

// key says that the access key is among them, or half of it.
func (p parts) key() bool { return p.id || p.secret }

// forget drops what was typed of that which may be wrong, to be asked for again: a key pair is copied anew as a whole.
// It reports false where typing mends nothing.
func (g *connection) forget(wrong parts) bool {
	if wrong.region && g.typed.region {
		g.region = ""
		return true
	}
	if !(wrong.id && g.typed.id || wrong.secret && g.typed.secret) {
		return false
	}
	if g.typed.id {
		g.AccessKeyID = ""
	}
	if g.typed.secret {
		g.SecretAccessKey = profile.Secret{}
	}
	return true
}

// given are the connection settings that nobody has to be asked for.
func (c *setupCmd) given(a *app, p profile.Profile) (connection, error) {
	secret := a.Getenv(varSecret)
	if c.SecretStdin {
		line, err := bufio.NewReader(a.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return connection{}, msg.StdinFailed(err)
		}
		if secret = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")); secret == "" {
			return connection{}, msg.StdinEmpty()
		}
	}
	given := connection{region: regionFor(c.Region, p, a.Getenv)}
	if !isRegion(given.region) {
		return connection{}, msg.BadRegion(given.region)
	}
	given.AccessKeyID, given.SecretAccessKey = c.AccessKeyID, profile.NewSecret(secret)
	return given, nil
}

// ask asks the person for what is not there.
func (c *setupCmd) ask(ctx context.Context, p profile.Profile, given *connection) error {
	id, secret := given.AccessKeyID, given.SecretAccessKey.Reveal()
	first := given.typed == parts{}
	if id != "" && secret != "" && !given.typed.region { // a script's, where a region may well not be wanted
		return nil
	}
	tty, err := term.Open()
	if err != nil {
		return msg.NobodyToAskKeys(c.Name, err)
	}
	defer tty.Close()
	given.typed.id = given.typed.id || id == ""
	given.typed.secret = given.typed.secret || secret == ""
	if id, secret, err = askKeys(ctx, tty, id, secret); err != nil {
		return err
	}
	given.AccessKeyID, given.SecretAccessKey = id, profile.NewSecret(secret)
	for given.region == "" && p.Where("").Line == 0 && (first || given.typed.region) { // enter for none is an answer
		region, err := tty.Ask(ctx, msg.AskRegion)
		if err != nil {
			return answered(ctx, err)
		}
		if region == "" {
			given.typed.region = false
			break
		}
		if isRegion(region) {
			given.region, given.typed.region = region, true
		} else {
			tty.Say(msg.NoRegionAgain())
		}
	}
	c.Region = given.region
	return nil
}

// askKeys asks for those of the two that are not given.
func askKeys(ctx context.Context, tty *term.Terminal, givenID, givenSecret string) (id, secret string, err error) {
	id, secret = givenID, givenSecret
	for id == "" {
		if id, err = tty.Ask(ctx, msg.AskAccessKeyID); err != nil {
			return "", "", answered(ctx, err)
		}
		if id != "" && !profile.IsKeyID(id) {
			tty.Say(msg.NoKeyIDAgain())
			id = ""
		}
	}
	for secret == "" {
		if secret, err = tty.AskSecret(ctx, msg.AskSecretAccessKey); err != nil {
			return "", "", answered(ctx, err)
		}
	}
	return id, secret, nil
}

// ensureDevice finds the user's device, and adds one when there is none that a session can be had with.
func (c *setupCmd) ensureDevice(ctx context.Context, x *account) (serial string, err error) {
	devices, err := x.devices(ctx)
	if err != nil {
		return "", err
	}
	named := cmp.Or(c.Serial, x.profile.MFASerial)
	var usable []mfa.Device
	var serials []string
	for _, d := range devices {
		serials = append(serials, d.Serial)
		if d.Serial == named {
			usable = []mfa.Device{d}
			break
		}
		if !d.IsSecurityKey() {
			usable = append(usable, d)
		}
	}
	switch {
	case c.Serial != "" && (len(usable) != 1 || usable[0].Serial != c.Serial):
		return "", notYourDevice(c.Serial, serials)
	case len(usable) == 0:
		return x.enroll(ctx, c.enrollFlags)
	case len(usable) == 1 && usable[0].IsSecurityKey(): // named, or it would not count
		return "", mfa.UnusableKey(usable[0].Serial)
	case len(usable) == 1:
		x.app.say(msg.DeviceThere(usable[0].Serial))
		return usable[0].Serial, nil
	}
	d, err := x.app.choose(x.profile.Name)(ctx, usable)
	return d.Serial, err
}

// note offers to write mfa_serial into the config file, so that other tools find the device too. That it cannot be
// written is no reason to stop: awsmfa finds the device without.
func (c *setupCmd) note(ctx context.Context, x *account, serial string) error {
	if x.profile.MFASerial == serial || c.NoNote {
		return nil
	}
	if x.profile.MFASerial != "" {
		at := x.profile.Where("mfa_serial")
		x.app.warn(msg.OtherSerial(x.profile.MFASerial, serial, at.File, at.Line))
		return nil
	}
	wanted, err := x.app.confirm(ctx, question{text: msg.Textf("%s", msg.NoteSerial(x.app.files().Config)), defaultYes: true, yes: c.Yes})
	switch {
	case errors.Is(err, term.ErrNone), errors.Is(err, term.ErrBackground): // nobody to ask: it is an offer, not a need
		x.app.warn(msg.NotNoted(err))
		return nil
	case err != nil || !wanted:
		return err
	}
	if err := profile.AddConfig(x.app.files(), x.profile.Name, []profile.Setting{{Key: "mfa_serial", Value: serial}}); err != nil {
		x.app.warn(msg.NotNoted(err))
		return nil
	}
	x.app.say(msg.Noted(x.app.files().Config))
	x.profile, err = c.load(x.app)
	return err
}

// awsCLI says which version of the AWS CLI is installed.
func awsCLI(ctx context.Context, environ []string) msg.Text {
	if version := awsVersion(ctx, environ); version != "" {
		return msg.Textf("the AWS CLI is installed, version %s", version)
	}
	return msg.Textf("the AWS CLI is not installed; awsmfa does not need it")
}

// awsVersion asks the AWS CLI for its version, "" if there is none.
func awsVersion(ctx context.Context, environ []string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "aws", "--version")
	cmd.Env, cmd.WaitDelay = environ, time.Second
	out, err := cmd.CombinedOutput() // version 1 says it on stderr
	if err != nil {
		return ""
	}
	version, is := strings.CutPrefix(string(out), "aws-cli/")
	if !is {
		return ""
	}
	version, _, _ = strings.Cut(version, " ")
	return strings.TrimSpace(version)
}
