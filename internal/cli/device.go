package cli

import (
	"cmp"
	"context"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/session"
)

type deviceCmd struct {
	Add    deviceAddCmd    `cmd:"" help:"Create a virtual device, show its QR code, and enable it."`
	List   deviceListCmd   `cmd:"" help:"List the user's devices."`
	Resync deviceResyncCmd `cmd:"" help:"Resynchronize a device whose codes AWS refuses."`
	Remove deviceRemoveCmd `cmd:"" help:"Remove a device from the user, with an MFA session."`
}

type deviceAddCmd struct {
	profileFlags
	enrollFlags
}

func (c *deviceAddCmd) help() flagHelp { return mergeHelp(c.profileFlags.help(), c.enrollFlags.help()) }

func (*deviceAddCmd) Help() string {
	return `Creates a virtual MFA device, draws its QR code on the terminal, asks for two consecutive codes, checks
them, and enables the device. If that fails, it deletes the device again.

With --codes-from the authenticator is a program: the command line gets the device's key on stdin, in Base32, and prints
a code, each time it is run (such as oathtool --totp -b -).`
}

func (c *deviceAddCmd) Run(a *app) error {
	x, ctx, stop, err := c.open(a, "")
	if err != nil {
		return err
	}
	defer stop()
	x.session = func() (session.Session, error) {
		f := sessionFlags{profileFlags: c.profileFlags}
		if err := f.applyDefaults(a); err != nil {
			return session.Session{}, err
		}
		return f.userSession(a, x.profile)
	}
	_, err = x.enroll(ctx, c.enrollFlags)
	return err
}

// open applies the defaults, reads the profile and asks AWS whose keys it has; region is a flag's, or "". It catches
// signals until stop.
func (f *profileFlags) open(a *app, region string) (x *account, ctx context.Context, stop func(), err error) {
	p, err := f.read(a)
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, stop = a.catchSignals()
	if x, err = f.account(ctx, a, p, region); err != nil {
		stop()
	}
	return x, ctx, stop, err
}

type deviceListCmd struct{ profileFlags }

func (c *deviceListCmd) Run(a *app) error {
	x, ctx, stop, err := c.open(a, "")
	if err != nil {
		return err
	}
	defer stop()
	devices, err := x.devices(ctx)
	if err != nil {
		return err
	}
	if len(devices) == 0 {
		a.say(msg.Textf("user %q has no MFA device: %s creates one",
			x.who.User, msg.Command("device", "add", x.profile.Name)))
		return nil
	}
	printer := a.printerFor(a.Stdout)
	var rows [][]string
	for _, d := range devices {
		rows = append(rows, []string{d.Serial, printer.Text(kindOf(d)), d.Enabled.UTC().Format(time.DateOnly)})
	}
	return a.print(columns(rows, plainStyle))
}

// kindOf names the device's kind.
func kindOf(d awsapi.Device) msg.Text {
	switch d.Kind() {
	case awsapi.Hardware:
		return msg.Textf("hardware token")
	case awsapi.SecurityKey:
		return msg.Textf("security key")
	default:
		return msg.Textf("authenticator app")
	}
}

type deviceResyncCmd struct {
	profileFlags
	Serial    string
	CodesFrom string
}

func (c *deviceResyncCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"serial":     msg.Textf("The device, if there are several."),
		"codes-from": msg.Textf("A command line that prints a code each time it is run, instead of questions."),
	})
}

func (c *deviceResyncCmd) Run(a *app) error {
	x, ctx, stop, err := c.open(a, "")
	if err != nil {
		return err
	}
	defer stop()
	device, err := x.device(ctx, c.Serial, cmp.Or(x.profile.MFASerial, a.Getenv(varDevice)), nameOne())
	if err != nil {
		return err
	}
	if device.IsSecurityKey() {
		return msg.Errorf("%s is a security key, which has no clock to synchronize", device.Serial)
	}
	codes, err := x.newPairing(enrollFlags{CodesFrom: c.CodesFrom})
	if err != nil {
		return err
	}
	defer codes.close(false)
	if codes.tty != nil {
		codes.tty.Say(a.text(msg.Textf("%s is synchronized by two codes, one right after the other.\n", device.Serial)))
	}
	for tries := 0; ; tries++ {
		first, second, err := codes.two(ctx, "")
		if err != nil {
			return err
		}
		refused := pairError(mfa.Verdict{Kind: mfa.Same})
		if first != second {
			err = x.ResyncDevice(ctx, x.who.User, device.Serial, first, second)
			switch {
			case err == nil:
				a.say(msg.Textf("%s is synchronized", device.Serial))
				return nil
			case !awsapi.CodesRefused(err):
				return x.explain(err)
			}
			refused = codesRefused(err)
		}
		if tries == mfa.AskAgain || !codes.again(refused) {
			return refused
		}
	}
}

type deviceRemoveCmd struct {
	sessionFlags
	Yes bool `short:"y"`
}

func (c *deviceRemoveCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"yes": msg.Textf("Do not ask for confirmation."),
	})
}

// Run removes the device with an MFA session: the usual policies require one, so that a stolen key cannot do it.
func (c *deviceRemoveCmd) Run(a *app) error {
	c.defaultMinTTL = time.Minute // what is left may be the last session of a lost device
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	x, ctx, stop, err := c.profileFlags.open(a, c.Region)
	if err != nil {
		return err
	}
	defer stop()
	device, err := x.device(ctx, c.Serial, "", msg.Textf("name one with --serial"))
	if err != nil {
		return err
	}
	c.Serial, err = x.authorizingDevice(ctx, device)
	if err != nil {
		return err
	}
	q := question{
		text: msg.Textf("Remove %s from user %q? Its codes will stop working.", device.Serial, x.who.User),
		yes:  c.Yes,
	}
	if err := a.agreed(ctx, q, msg.Errorf("%s was not removed", device.Serial)); err != nil {
		return err
	}
	s, err := c.userSession(a, x.profile)
	if err != nil {
		return err
	}
	if err := x.remove(ctx, device, s); err != nil {
		return err
	}
	return c.forget(x, device)
}

// authorizingDevice returns the device for the session that removes one: another if there is one, because the removed
// device may be lost; otherwise the device itself.
func (x *account) authorizingDevice(ctx context.Context, removed awsapi.Device) (serial string, err error) {
	devices, err := x.devices(ctx)
	if err != nil {
		return "", err
	}
	var others []awsapi.Device
	for _, d := range devices {
		switch {
		case d.IsSecurityKey(), d.Serial == removed.Serial:
		case d.Serial == cmp.Or(x.profile.MFASerial, x.app.Getenv(varDevice)):
			return d.Serial, nil
		default:
			others = append(others, d)
		}
	}
	switch {
	case len(others) == 0 && removed.IsSecurityKey():
		return "", msg.Errorf("removing %s needs an MFA session, but it is the user's only device, "+
			"and a security key, which works only in a browser", removed.Serial).
			Hint("add an authenticator app first, with %s, or remove the key in the IAM console",
				msg.Command("device", "add", x.profile.Name))
	case len(others) == 0:
		return removed.Serial, nil
	case len(others) == 1:
		return others[0].Serial, nil
	}
	hint := msg.Textf("write mfa_serial into the profile's section of the config file")
	d, err := x.app.choose(x.profile.Name, hint)(ctx, others)
	return d.Serial, err
}

// remove deactivates the device, and deletes a virtual one, whose name the next one may need.
func (x *account) remove(ctx context.Context, device awsapi.Device, s session.Session) error {
	client, err := x.NewSessionClient(ctx, s.Credentials)
	if err != nil {
		return err
	}
	with := &account{Client: client, app: x.app, profile: x.profile, who: x.who}
	if err := with.DeactivateDevice(ctx, x.who.User, device.Serial); err != nil {
		return with.explain(err)
	}
	x.app.say(msg.Textf("%s is removed", device.Serial))
	if device.Kind() == awsapi.App {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout) // the first half is done
		defer cancel()
		if err := with.DeleteDevice(ctx, device.Serial); err != nil {
			explained := with.explain(err)
			x.app.warn(msg.Errorf("%s is removed from the user, but could not be deleted: %s",
				device.Serial, explained).Wrap(explained).
				Hint("%s will replace it", msg.Command("device", "add", x.profile.Name)))
		}
	}
	return nil
}

// forget removes the device and its sessions from the cache.
func (c *deviceRemoveCmd) forget(x *account, device awsapi.Device) error {
	keys, err := x.profile.LongTermKeys()
	if err != nil {
		return err
	}
	_, endpoint, err := c.clientOptions(x.app, x.profile, c.Region, c.Serial)
	if err != nil {
		return err
	}
	request := session.Request{Keys: keys, Serial: device.Serial, Endpoint: endpoint}
	if err := session.Forget(x.app.cache(), request); err != nil {
		x.app.warn(msg.Errorf("removing the device from the cache: %s", msg.Cause(err)).Wrap(err))
	}
	if x.profile.MFASerial == device.Serial {
		x.app.say(msg.Textf("profile %q still has it as mfa_serial (%s): "+
			"remove that line, or add a device with the same name", x.profile.Name, x.profile.Where("mfa_serial")))
	}
	return nil
}
