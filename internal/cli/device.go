package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
)

type deviceCmd struct {
	Add    deviceAddCmd    `cmd:"" help:"Create a virtual device, show its QR code, and enable it."`
	List   deviceListCmd   `cmd:"" help:"List the user's devices."`
	Resync deviceResyncCmd `cmd:"" help:"Tell AWS where a device's clock is, when right codes are refused."`
	Remove deviceRemoveCmd `cmd:"" help:"Take a device away from the user; needs an MFA session, and gets one."`
}

type deviceAddCmd struct {
	profileFlags
	enrollFlags
}

func (c *deviceAddCmd) help() flagHelp { return mergeHelp(c.profileFlags.help(), c.enrollFlags.help()) }

// Help is Kong's hook for what stands under the usage.
func (*deviceAddCmd) Help() string { return msg.DeviceAddHelp }

func (c *deviceAddCmd) Run(a *app) error {
	x, ctx, stop, err := c.open(a)
	if err != nil {
		return err
	}
	defer stop()
	_, err = x.enroll(ctx, c.enrollFlags)
	return err
}

// open settles the flags, reads the profile and asks AWS whose it is, with Ctrl-C caught until stop.
func (f *profileFlags) open(a *app) (x *account, ctx context.Context, stop func(), err error) {
	if err := f.applyDefaults(a); err != nil {
		return nil, nil, nil, err
	}
	p, err := f.load(a)
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, stop = a.catchSignals()
	if x, err = f.account(ctx, a, p, ""); err != nil {
		stop()
	}
	return x, ctx, stop, err
}

type deviceListCmd struct{ profileFlags }

func (c *deviceListCmd) Run(a *app) error {
	x, ctx, stop, err := c.open(a)
	if err != nil {
		return err
	}
	defer stop()
	devices, err := x.devices(ctx)
	if err != nil {
		return err
	}
	if len(devices) == 0 {
		a.say(msg.NoDevices(x.who.User))
	}
	w := tabwriter.NewWriter(term.Text(a.Stdout), 0, 0, 3, ' ', 0)
	for _, d := range devices {
		fmt.Fprintf(w, "%s\t%s\t%s\n", d.Serial, msg.Kind(d.Kind()), d.Enabled.UTC().Format(time.DateOnly))
	}
	return w.Flush()
}

type deviceResyncCmd struct {
	profileFlags
	Serial    string `placeholder:"ARN"`
	CodesFrom string `placeholder:"COMMAND"`
}

func (c *deviceResyncCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"serial":     msg.Textf("The device, where there are several."),
		"codes-from": msg.Textf("A command line that prints a code each time it is run, instead of questions."),
	})
}

func (c *deviceResyncCmd) Run(a *app) error {
	x, ctx, stop, err := c.open(a)
	if err != nil {
		return err
	}
	defer stop()
	device, err := x.device(ctx, c.Serial, x.profile.MFASerial)
	if err != nil {
		return err
	}
	if device.IsSecurityKey() {
		return msg.NothingToResync(device.Serial)
	}
	codes, err := x.newPairing(enrollFlags{CodesFrom: c.CodesFrom})
	if err != nil {
		return err
	}
	defer codes.close(false)
	for tries := 0; ; tries++ {
		first, second, err := codes.two(ctx, "")
		if err != nil {
			return err
		}
		err = x.call(ctx, func(ctx context.Context, client *mfa.Client) error {
			return mfa.Resync(ctx, client, x.who.User, device.Serial, first, second)
		})
		switch {
		case err == nil:
			a.say(msg.Resynced(device.Serial))
			return nil
		case !mfa.CodesRefused(err):
			return x.explain(err)
		case tries == mfa.AskAgain || !codes.again(msg.CodesRefused(err)):
			return msg.CodesRefused(err)
		}
	}
}

type deviceRemoveCmd struct {
	sessionFlags
	Yes bool `short:"y"`
}

func (c *deviceRemoveCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"yes": msg.Textf("Do not ask whether it is meant."),
	})
}

// Run removes with a session: the usual policies let nobody take a device away without MFA, so that a stolen key cannot.
func (c *deviceRemoveCmd) Run(a *app) error {
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	x, ctx, stop, err := c.profileFlags.open(a)
	if err != nil {
		return err
	}
	defer stop()
	device, err := x.device(ctx, c.Serial, "")
	if err != nil {
		return err
	}
	c.Serial, err = x.authorizingDevice(ctx, device)
	if err != nil {
		return err
	}
	meant, err := a.confirm(ctx, question{
		text: msg.Textf("Remove %s from user %q? Its codes will stop working.", device.Serial, x.who.User),
		yes:  c.Yes,
	})
	if err != nil {
		return err
	}
	if !meant {
		return msg.NotRemoved(device.Serial)
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

// authorizingDevice is the device that the session for a removal is had with: another one, where there is one, for the one that
// goes may be lost; that one itself where it is the only one.
func (x *account) authorizingDevice(ctx context.Context, goes mfa.Device) (serial string, err error) {
	devices, err := x.devices(ctx)
	if err != nil {
		return "", err
	}
	var others []mfa.Device
	for _, d := range devices {
		switch {
		case d.IsSecurityKey(), d.Serial == goes.Serial:
		case d.Serial == x.profile.MFASerial:
			return d.Serial, nil
		default:
			others = append(others, d)
		}
	}
	switch {
	case len(others) == 0 && goes.IsSecurityKey():
		return "", msg.NoWitness(goes.Serial)
	case len(others) == 0:
		return goes.Serial, nil
	case len(others) == 1:
		return others[0].Serial, nil
	}
	d, err := x.app.choose(x.profile.Name)(ctx, others)
	return d.Serial, err
}

// remove takes the device away, and deletes a virtual one: it would keep its name from the next.
func (x *account) remove(ctx context.Context, device mfa.Device, s session.Session) error {
	client, err := x.NewSessionClient(ctx, s)
	if err != nil {
		return err
	}
	with := &account{Client: client, app: x.app, profile: x.profile, who: x.who}
	err = with.mustFinish(ctx, func(ctx context.Context, client *mfa.Client) error {
		return mfa.Deactivate(ctx, client, x.who.User, device.Serial)
	})
	if err != nil {
		return with.explain(err)
	}
	x.app.say(msg.Removed(device.Serial))
	if device.Kind() == mfa.App {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout) // half of it is done
		defer cancel()
		if err := with.delete(ctx, device.Serial); err != nil {
			x.app.warn(msg.RemovedNotDeleted(device.Serial, with.explain(err)))
		}
	}
	return nil
}

// forget sees to it that nothing of a device that is gone is handed out any more.
func (c *deviceRemoveCmd) forget(x *account, device mfa.Device) error {
	keys, err := x.profile.LongTermKeys()
	if err != nil {
		return err
	}
	_, endpoint, err := c.clientOptions(x.app, x.profile, c.Region, c.Serial)
	if err != nil {
		return err
	}
	if err := session.Forget(x.app.cache(), session.Request{Keys: keys, Serial: device.Serial, Endpoint: endpoint}); err != nil {
		x.app.warn(msg.NotForgotten(err))
	}
	if x.profile.MFASerial == device.Serial {
		at := x.profile.Where("mfa_serial")
		x.app.say(msg.StillNamed(x.profile.Name, at.File, at.Line))
	}
	return nil
}
