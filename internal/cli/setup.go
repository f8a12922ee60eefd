package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
	"unicode"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/keystore"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
)

type setupCmd struct {
	sessionFlags
	enrollFlags

	AccessKeyID string `name:"access-key-id"`
	SecretStdin bool
	NoNote      bool
	Store       newStoreFlag

	made bool // the profile, in this run
}

func (c *setupCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), c.enrollFlags.help(), flagHelp{
		"access-key-id": msg.Textf("Access key ID of a new profile, instead of a question. The secret comes from " +
			"AWSMFA_SECRET_ACCESS_KEY, --secret-stdin or a question."),
		"secret-stdin": msg.Textf("Read the secret access key of a new profile from the first line of stdin."),
		"no-note":      msg.Textf("Do not write mfa_serial to the config file."),
		"store": msg.Textf("Where a new key is kept: keyring, file (awsmfa's own) or credentials, the AWS file. " +
			"Else a question, if there is a keyring and a person, then credentials."),
	})
}

func (*setupCmd) values() flagValues { return flagValues{"store": plainValues(newStores)} }

func (*setupCmd) Help() string {
	return `Does everything up to a first session, and skips steps that are done: a new profile from an access key, an
MFA device with its QR code, mfa_serial in the config file, the session. No line of the AWS files is changed, with one
exception: where a session was pasted over the user's own keys, it offers to put the keys back. Safe to run again after
any interruption.

In a script: --access-key-id, the secret access key in AWSMFA_SECRET_ACCESS_KEY or with --secret-stdin, --region,
--codes-from, --code-command, --yes.`
}

// Run does each step that is not done yet.
func (c *setupCmd) Run(a *app) error {
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	if c.AccessKeyID != "" && !profile.IsKeyID(c.AccessKeyID) {
		return &usageError{profile.NotKeyID()}
	}
	ctx, stop := a.catchSignals()
	defer stop()
	switch c := awsCLI(ctx, a.Environ); {
	case ctx.Err() != nil:
		return ctx.Err()
	case c.err == nil:
		a.say(c.text)
	default:
		a.warn(c.err)
	}
	x, err := c.ensureProfile(ctx, a)
	if err != nil {
		return err
	}
	a.say(msg.Textf("the keys belong to %s", x.who.ARN))
	if c.Serial, err = c.ensureDevice(ctx, x); err != nil {
		return err
	}
	c.defaultSource = x.program
	if err := c.note(ctx, x, c.Serial); err != nil {
		return err
	}
	started := time.Now()
	s, err := c.firstSession(a, x)
	if err != nil {
		return err
	}
	if c.NoMFA || s.Obtained.Before(started) { // else this was printed when AWS accepted the code
		a.say(msg.Textf("the first session lasts until %s", msg.Minute(s.Expiration)))
	}
	return c.eachDay(ctx, a, x.profile)
}

// eachDay says what to type each day. The function of init also gets the session, for the window that it runs in.
func (c *setupCmd) eachDay(ctx context.Context, a *app, p profile.Profile) error {
	line, err := a.lineFor(a.typingShell(), "env", p.Name)
	function := a.function
	if function == "" && !c.Yes { // a script wants no function
		function = a.installedFunction(ctx)
	}
	if function != "" {
		line, err = a.typingShell().Command(function, p.Name)
	}
	if err != nil { // all else is done
		a.warn(err)
		return nil
	}
	a.say(msg.Textf("each day, type:  %s", line))
	if a.function == "" {
		return nil
	}
	env := envCmd{afterSetup: true}
	env.Name, env.Region, env.NoMFA = p.Name, c.Region, c.NoMFA
	return env.Run(a)
}

// firstSession obtains the session of the profile's own keys. After the codes for a new device it explains why another
// code is needed.
func (c *setupCmd) firstSession(a *app, x *account) (session.Session, error) {
	o, want, err := c.requestFor(a, x.profile, x.profile.Own())
	if err != nil {
		return session.Session{}, err
	}
	code, explained := o.Code, !x.enrolled
	o.Code = func(ctx context.Context, need mfa.CodeRequest) (string, error) {
		if !explained {
			explained = true
			a.say(msg.Textf("obtaining the first session, with a new code: AWS accepts each code once"))
		}
		return code(ctx, need)
	}
	return o.Retrieve(want)
}

// ensureProfile finds the IAM user of the profile's keys, and gives the profile keys if it names no credentials. Any
// other source of credentials is left alone.
func (c *setupCmd) ensureProfile(ctx context.Context, a *app) (*account, error) {
	p, err := c.load(a)
	pasted, is := p.PastedSession()
	switch {
	case profile.NotFound(err):
		p, c.made = profile.Profile{Name: c.Name}, true
	case is:
		return c.putBack(ctx, a, p, pasted)
	case err != nil:
		return nil, err
	// A section that only the config file has may get keys, if it names no other credentials.
	case p.Kind() != profile.KindNone || p.Where("").File != a.files().Config:
		keys, err := p.LongTermKeys()
		if err == nil && c.AccessKeyID != "" && c.AccessKeyID != keys.AccessKeyID {
			err = msg.Errorf("profile %q has the access key %s (%s), not %s",
				p.Name, keys.AccessKeyID, keys.Where, c.AccessKeyID).
				Hint("existing keys stay: edit the file, name another profile, or leave out --access-key-id")
		}
		if err != nil {
			return nil, err
		}
		if c.Store != "" && string(c.Store) != cmp.Or(keys.Store, inCredentials) {
			a.warn(msg.Errorf("profile %q has its access key already (%s): --store is for a new one",
				p.Name, keys.Where).Hint("%s moves it", msg.Command("keys", "store", p.Name)))
		}
		return c.accountOf(ctx, a, p, keys, c.Region)
	}
	if err := c.addable(ctx, a); err != nil {
		return nil, err
	}
	if user, by := a.underSudo(); user != "" {
		a.warn(msg.Errorf("%s runs awsmfa as another user: the profile is created for that user, not for %s", by, user))
	}
	if near := profile.Near(a.files(), c.Name); c.made && len(near) > 0 {
		a.say(msg.Textf("%q is the name of a new profile; did you mean %s?", c.Name, msg.Names(near)))
	}
	a.say(msg.Textf("there is no profile %q yet: it is created from an access key of the IAM user", c.Name))
	return c.newKeys(ctx, a, p, c.write)
}

// putBack replaces a pasted session with the user's own keys.
func (c *setupCmd) putBack(ctx context.Context, a *app, p profile.Profile, was profile.Keys) (*account, error) {
	if err := profile.Replaceable(a.files(), p.Name, was); err != nil {
		return nil, err
	}
	a.say(msg.Textf("profile %q has a pasted session in place of the user's own keys (%s): "+
		"enter the access key of the IAM user to put it back", p.Name, was.Where))
	return c.newKeys(ctx, a, p, func(ctx context.Context, x *account, given connection) error {
		return c.replace(ctx, x, was, given)
	})
}

// replace writes keys that AWS accepted in the session's place, after a question. AWS names the session's user until
// the session ends; after that a person must confirm the user. --yes confirms only keys that were not typed.
func (c *setupCmd) replace(ctx context.Context, x *account, was profile.Keys, given connection) error {
	whose, err := c.holder(ctx, x, was)
	if err != nil {
		return notWritten(err)
	}
	id, arn, at := given.AccessKeyID, x.who.ARN, was.Where
	q := question{defaultYes: whose == arn, yes: c.Yes && !given.typed.key()}
	switch {
	case whose == arn:
		q.text = msg.Textf("Replace the session (%s), which belongs to the same user, with %s, an access key of %s?",
			at, id, arn)
	case whose == "":
		q.text = msg.Textf("Replace the session (%s), which has ended, so that its user is unknown, "+
			"with %s, an access key of %s?", at, id, arn)
	case q.yes:
		return msg.Errorf("%s is an access key of %s, but the pasted session (%s) belongs to %s; nothing was written",
			id, arn, at, whose).Hint("give a key of the session's user, or leave out --yes and answer the question")
	default:
		q.text = msg.Textf("Replace the session (%s), which belongs to %s, with %s, an access key of %s?",
			at, whose, id, arn)
	}
	stays := msg.Errorf("the session stays where it is; %s was not changed", msg.Path(at.File))
	if err := x.app.agreed(ctx, q, stays); err != nil {
		return err
	}
	if err := profile.ReplaceKeys(x.app.files(), x.profile.Name, was, given.Keys); err != nil {
		return err
	}
	x.app.say(msg.Textf("profile %q has the user's own keys again (%s)", x.profile.Name, msg.Path(at.File)))
	return c.written(x, at.File)
}

// holder is the ARN of a session's user, "" if AWS no longer accepts the session.
func (c *setupCmd) holder(ctx context.Context, x *account, keys profile.Keys) (arn string, err error) {
	_, endpoint, err := c.clientOptions(x.app, x.profile, c.Region, x.profile.MFASerial)
	if err != nil {
		return "", err
	}
	client, err := x.NewSessionClient(ctx, awsapi.Credentials{
		AccessKeyID:     keys.AccessKeyID,
		SecretAccessKey: keys.SecretAccessKey.Reveal(),
		SessionToken:    keys.SessionToken.Reveal(),
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

// newKeys asks for the connection settings until AWS accepts the keys, and only then writes them: setup never changes
// an existing section, so a mistyped secret would stay. All else is checked before the first question, and no question
// comes again unless another answer can help.
func (c *setupCmd) newKeys(
	ctx context.Context, a *app, p profile.Profile, write func(context.Context, *account, connection) error,
) (*account, error) {
	given, err := c.given(a, p)
	if err == nil {
		err = c.reachable(ctx, a, p, given.region)
	}
	if err != nil {
		return nil, notWritten(err)
	}
	for tries := 0; ; tries++ {
		if err := c.ask(ctx, a, p, &given); err != nil {
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
				return nil, notWritten(err)
			}
		case tries == mfa.AskAgain || !given.forget(wrong):
			return nil, c.keysRefused(err, wrong, given)
		}
		if given.AccessKeyID == "" && given.typed.secret {
			a.say(msg.Textf("%s; nothing was written: type both again, the ID first", err))
		} else {
			a.say(msg.Textf("%s; nothing was written: please type it again", err))
		}
	}
}

// notWritten is err, whose hint stays, for a run that has written nothing.
func notWritten(err error) *msg.Error { return msg.Errorf("%s; nothing was written", err).Wrap(err) }

// keysRefused is the error for a new key pair that cannot be right.
func (c *setupCmd) keysRefused(err error, wrong parts, given connection) error {
	refused := notWritten(err)
	if wrong.secret && !given.typed.secret {
		from := varSecret
		if c.SecretStdin {
			from = "stdin"
		}
		return refused.Hint("the secret came from %s: copy it there again, whole, or leave it out to type it", from)
	}
	return refused.Hint("copy both parts of the key again, whole; " +
		"for China, GovCloud and the European Sovereign Cloud give the region too")
}

// reachable checks how AWS would be reached, which does not depend on the answers.
func (c *setupCmd) reachable(ctx context.Context, a *app, p profile.Profile, region string) error {
	options, _, err := c.clientOptions(a, p, region, p.MFASerial)
	if err == nil {
		_, err = options.NewClient(ctx, profile.Keys{})
	}
	return err
}

// try asks AWS for the keys' user. With an error it returns the settings that may be wrong, none if the cause is
// another.
func (c *setupCmd) try(
	ctx context.Context, a *app, p profile.Profile, given connection,
) (x *account, wrong parts, err error) {
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
	if wrong.secret && given.typed.secret {
		err = msg.Errorf("the secret access key that you typed for %s is wrong", given.AccessKeyID).Wrap(err)
	}
	return x, wrong, err
}

// write adds settings that AWS accepted to the files, and reloads the profile. The region comes first: a run that ends
// between the two leaves a profile without keys, which the next run completes.
func (c *setupCmd) write(ctx context.Context, x *account, given connection) error {
	files := x.app.files()
	switch {
	case given.region == "" || x.profile.Region != "":
	case x.profile.Where("").Line != 0: // setup adds nothing unasked to a section that exists
		x.app.warn(msg.Errorf("the region was not written: %s has a section for the profile already",
			msg.Path(files.Config)).Hint("to set it, add region = %s to that section by hand", msg.Word(given.region)))
	default:
		region := profile.Setting{Key: "region", Value: given.region}
		if err := profile.AddConfig(files, c.Name, []profile.Setting{region}); err != nil {
			x.app.warn(msg.Errorf("region = %s was not written to the config file: %s", given.region, err).Wrap(err))
		}
	}
	store, err := c.chooseStore(ctx, x.app, given)
	switch {
	case err != nil:
		return err
	case store != inCredentials:
		return c.writeStored(ctx, x, given, store)
	}
	if err := profile.AddKeys(files, c.Name, given.AccessKeyID, given.SecretAccessKey); err != nil {
		return err
	}
	x.app.say(msg.Textf("added profile %q to %s", c.Name, msg.Path(files.Credentials)))
	return c.written(x, files.Credentials)
}

// addable checks, before any question, that the keys can be written.
func (c *setupCmd) addable(ctx context.Context, a *app) error {
	if c.Store == "" || c.Store == inCredentials {
		return profile.KeysAddable(a.files(), c.Name)
	}
	nobody := profile.Keys{AccessKeyID: strings.Repeat("X", 20), Store: string(c.Store)}
	change, err := a.pointToStore(c.Name, nobody)
	if err == nil {
		err = change.Check()
	}
	if err != nil {
		return err
	}
	return a.usableStore(ctx, nobody)
}

// chooseStore returns the store for new keys. A person who typed them is offered the keyring.
func (c *setupCmd) chooseStore(ctx context.Context, a *app, given connection) (string, error) {
	noKeyring := a.Getenv(varSandbox) != "" || !keystore.HasKeyring(ctx, a.Getenv)
	if c.Store != "" || !given.typed.key() || noKeyring {
		return cmp.Or(string(c.Store), inCredentials), nil
	}
	agreed, err := a.confirm(ctx, question{
		text: msg.Textf("Keep the access key in the system's keyring? " +
			"Then no file has it, and AWS clients get the MFA session of the profile from awsmfa."),
		defaultYes: true, yes: c.Yes,
	})
	if !agreed {
		return inCredentials, err
	}
	return profile.InKeyring, err
}

// writeStored puts new keys into a store, and adds the profile.
func (c *setupCmd) writeStored(ctx context.Context, x *account, given connection, store string) error {
	keys := given.Keys
	keys.Store = store
	existed, err := x.app.keep(ctx, keys, nil)
	if err != nil {
		return notWritten(err)
	}
	change, err := x.app.pointToStore(c.Name, keys)
	if err == nil {
		err = change.Apply()
	}
	if err != nil {
		if !existed {
			x.app.drop(ctx, keys)
		}
		return err
	}
	file := x.app.files().Config
	x.app.say(msg.Textf("added profile %q to %s; its access key is in %s", c.Name, msg.Path(file), x.app.placeOf(keys)))
	x.profile, err = c.load(x.app)
	return err
}

// written reloads the profile, now that the file has its keys, and warns if others may read the file.
func (c *setupCmd) written(x *account, file string) (err error) {
	x.app.warnLoose(file)
	x.profile, err = c.load(x.app)
	return err
}

// warnLoose warns if others may read the file.
func (a *app) warnLoose(file string) {
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		a.warn(openToOthers(file, info.Mode()))
	}
}

// connection holds the settings of a new profile, and which of them a person typed.
type connection struct {
	profile.Keys
	region string
	typed  parts
}

// parts are some of the connection settings.
type parts struct{ id, secret, region bool }

// key says whether the access key ID or the secret is among them.
func (p parts) key() bool { return p.id || p.secret }

// forget clears typed settings that may be wrong, to be asked for again; both typed halves of a key pair go together.
// It reports false if no other answer can help.
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

// given returns the connection settings from flags, variables and stdin.
func (c *setupCmd) given(a *app, p profile.Profile) (connection, error) {
	secret := a.Getenv(varSecret)
	if c.SecretStdin {
		line, err := bufio.NewReader(a.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return connection{}, msg.Errorf("reading the secret access key from stdin: %s", msg.Cause(err)).Wrap(err)
		}
		if secret = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")); secret == "" {
			return connection{}, msg.Errorf("the first line of stdin is empty; it must be the secret access key")
		}
	}
	if err := a.checkOwnRegion(c.Region); err != nil {
		return connection{}, err
	}
	given := connection{region: a.region(c.Region, p)}
	if err := checkRegion(given.region); err != nil {
		return connection{}, err
	}
	given.AccessKeyID, given.SecretAccessKey = c.AccessKeyID, profile.NewSecret(secret)
	return given, nil
}

// ask asks for the settings that are missing.
func (c *setupCmd) ask(ctx context.Context, a *app, p profile.Profile, given *connection) error {
	id, secret := given.AccessKeyID, given.SecretAccessKey.Reveal()
	first := given.typed == parts{}
	if id != "" && secret != "" && !given.typed.region { // a script gave both, and may want no region
		return nil
	}
	tty, err := term.Open()
	if err != nil {
		return msg.Errorf("profile %q has no access key, and there is no terminal to ask for one on", c.Name).Wrap(err).
			Hint("give --access-key-id, and the secret in AWSMFA_SECRET_ACCESS_KEY or with --secret-stdin")
	}
	defer tty.Close()
	given.typed.id = given.typed.id || id == ""
	given.typed.secret = given.typed.secret || secret == ""
	if id, secret, err = a.askKeys(ctx, tty, id, secret); err != nil {
		return err
	}
	given.AccessKeyID, given.SecretAccessKey = id, profile.NewSecret(secret)
	for given.region == "" && p.Where("").Line == 0 && (first || given.typed.region) { // Enter means none
		region, err := tty.Ask(ctx, a.text(msg.Textf("Region (such as ap-northeast-1; Enter for none): ")))
		if err != nil {
			return answered(ctx, err)
		}
		if region == "" {
			given.typed.region = false
			tty.Say(a.text(msg.Textf("Most AWS commands need a region: set AWS_REGION, or add one to the profile.")) +
				"\n")
			break
		}
		if isRegion(region) {
			given.region, given.typed.region = region, true
		} else {
			tty.Say(a.text(msg.Textf("Region names look like ap-northeast-1.")) + "\n")
		}
	}
	c.Region = given.region
	return nil
}

// askKeys asks for the access key ID and the secret, unless they are given. The questions are those of aws configure.
func (a *app) askKeys(
	ctx context.Context, tty *term.Terminal, givenID, givenSecret string,
) (id, secret string, err error) {
	id, secret = givenID, givenSecret
	for id == "" {
		if id, err = tty.Ask(ctx, a.text(msg.Textf("Access key ID: "))); err != nil {
			return "", "", answered(ctx, err)
		}
		if _, err := base64.StdEncoding.DecodeString(id); err == nil && len(id) == 40 {
			tty.Say(a.text(msg.Textf("That looks like a secret access key, and the screen shows it: clear the screen "+
				"after setup. The ID comes first.")) + "\n")
			id = ""
		}
		if id != "" && !profile.IsKeyID(id) {
			tty.Say(a.text(msg.Textf("That is not an access key ID, which is 20 capital letters and digits, such as "+
				"AKIA...; the secret is the next question.")) + "\n")
			id = ""
		}
	}
	for secret == "" {
		if secret, err = tty.AskSecret(ctx, a.text(msg.Textf("Secret access key (not shown): "))); err != nil {
			return "", "", answered(ctx, err)
		}
		if strings.ContainsFunc(secret, unicode.IsSpace) {
			tty.Say(a.text(msg.Textf("There is a blank in that secret: copy it again, whole.")) + "\n")
			secret = ""
		}
	}
	return id, secret, nil
}

// ensureDevice finds the user's MFA device, and adds one if the user has none that works on the command line.
func (c *setupCmd) ensureDevice(ctx context.Context, x *account) (serial string, err error) {
	devices, err := x.devices(ctx)
	if err != nil {
		return "", err
	}
	named := cmp.Or(c.Serial, x.profile.MFASerial, x.app.Getenv(varDevice))
	var usable []awsapi.Device
	var serials []string
	for _, d := range devices {
		serials = append(serials, d.Serial)
		if d.Serial == named {
			usable = []awsapi.Device{d}
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
	case len(usable) == 1 && usable[0].IsSecurityKey(): // the one named
		return "", awsapi.UnusableKey(usable[0].Serial, "")
	case len(usable) == 1:
		x.app.say(msg.Textf("the MFA device is %s", usable[0].Serial))
		return usable[0].Serial, nil
	}
	d, err := x.app.choose(x.profile.Name, nameOne())(ctx, usable)
	return d.Serial, err
}

// note writes mfa_serial to the config file, for other tools: after a question, unless this run made the profile. A
// failure is a warning: awsmfa finds the device without it.
func (c *setupCmd) note(ctx context.Context, x *account, serial string) error {
	if x.profile.MFASerial == serial || c.NoNote {
		return nil
	}
	if x.profile.MFASerial != "" {
		x.app.warn(msg.Errorf("the profile's mfa_serial is %s (%s), but the user's device is %s",
			x.profile.MFASerial, x.profile.Where("mfa_serial"), serial).
			Hint("change that line by hand: AWS accepts no code of another device"))
		return nil
	}
	file := msg.Path(x.app.files().Config)
	wanted, err := x.app.confirm(ctx, question{
		text:       msg.Textf("Write the device as mfa_serial to %s, for other tools too?", file),
		defaultYes: true,
		yes:        c.Yes || c.made,
	})
	switch {
	case errors.Is(err, term.ErrNone), errors.Is(err, term.ErrBackground): // nobody to ask
		x.app.warn(notNoted(err))
		return nil
	case err != nil || !wanted:
		return err
	}
	setting := profile.Setting{Key: "mfa_serial", Value: serial}
	if err := profile.AddConfig(x.app.files(), x.profile.Name, []profile.Setting{setting}); err != nil {
		x.app.warn(notNoted(err))
		return nil
	}
	x.app.say(msg.Textf("wrote mfa_serial to %s", file))
	x.profile, err = c.load(x.app)
	return err
}

func notNoted(err error) *msg.Error {
	return msg.Errorf("mfa_serial was not written: %s; awsmfa finds the device without it", err).Wrap(err)
}
