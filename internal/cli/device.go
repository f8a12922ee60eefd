package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/session"
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

// Help is Kong's hook for what stands under the usage.
func (*deviceAddCmd) Help() string { return msg.DeviceAddHelp }

func (c *deviceAddCmd) Run(a *app) error {
	x, ctx, stop, err := c.open(a)
	if err != nil {
		return err
	}
	defer stop()
	serial, err := x.enroll(ctx, c.enrollFlags)
	if err != nil {
		return err
	}
	a.say(msg.DeviceEnabled(serial))
	return nil
}

// open settles the flags, reads the profile and asks AWS whose it is, with Ctrl-C caught until stop.
func (f *profileFlags) open(a *app) (x *account, ctx context.Context, stop func(), err error) {
	if err := f.settle(a); err != nil {
		return nil, nil, nil, err
	}
	p, err := f.load(a)
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, stop = a.catchSignals()
	if x, err = f.account(ctx, a, p); err != nil {
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
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 3, ' ', 0)
	for _, d := range devices {
		fmt.Fprintf(w, "%s\t%s\t%s\n", d.Serial, msg.Kind(d.Kind()), d.Enabled.UTC().Format(time.DateOnly))
	}
	return w.Flush()
}

type deviceResyncCmd struct {
	profileFlags
	Serial    string `help:"The device, where there are several." placeholder:"ARN"`
	CodesFrom string `help:"A command line that prints a code each time it is run, instead of questions." placeholder:"COMMAND"`
}

func (c *deviceResyncCmd) Run(a *app) error {
	x, ctx, stop, err := c.open(a)
	if err != nil {
		return err
	}
	defer stop()
	device, err := x.device(ctx, c.Serial)
	if err != nil {
		return err
	}
	if device.SecurityKey() {
		return msg.NothingToResync(device.Serial)
	}
	codes, err := x.shower(enrollFlags{CodesFrom: c.CodesFrom})
	if err != nil {
		return err
	}
	defer codes.close()
	for tries := 0; ; tries++ {
		first, second, err := codes.two(ctx, "")
		if err != nil {
			return err
		}
		err = x.ask(ctx, func(ctx context.Context, client *mfa.Client) error {
			return mfa.Resync(ctx, client, x.who.User, device.Serial, first, second)
		})
		switch {
		case err == nil:
			a.say(msg.Resynced(device.Serial))
			return nil
		case !mfa.CodesRefused(err):
			return x.told(err)
		case tries == mfa.AskAgain || !codes.again(msg.CodesRefused(err)):
			return msg.CodesRefused(err)
		}
	}
}

type deviceRemoveCmd struct {
	sessionFlags
	Yes bool `short:"y" help:"Do not ask whether it is meant."`
}

// Run removes with a session: the usual policies let nobody take a device away without MFA, so that a stolen key cannot.
func (c *deviceRemoveCmd) Run(a *app) error {
	if err := c.settle(a); err != nil {
		return err
	}
	x, ctx, stop, err := c.profileFlags.open(a)
	if err != nil {
		return err
	}
	defer stop()
	device, err := x.device(ctx, c.Serial)
	if err != nil {
		return err
	}
	meant, err := confirm(ctx, msg.ReallyRemove(device.Serial, x.who.User), false, c.Yes)
	if err != nil {
		return err
	}
	if !meant {
		return msg.NotRemoved(device.Serial)
	}
	// The session is of the device that goes, unless another is named in the profile.
	if c.Serial == "" && x.profile.MFASerial == "" && !device.SecurityKey() {
		c.Serial = device.Serial
	} else if device.SecurityKey() {
		c.Serial = ""
	}
	s, err := c.session(a, x.profile)
	if err != nil {
		return err
	}
	return x.remove(ctx, device, s)
}

func (x *account) remove(ctx context.Context, device mfa.Device, s session.Session) error {
	client, err := x.ConnectSession(ctx, s)
	if err != nil {
		return err
	}
	with := &account{Client: client, app: x.app, profile: x.profile, who: x.who}
	err = with.ask(ctx, func(ctx context.Context, client *mfa.Client) error {
		return mfa.Deactivate(ctx, client, x.who.User, device.Serial)
	})
	if err == nil && device.Kind() == mfa.App {
		err = with.ask(ctx, func(ctx context.Context, client *mfa.Client) error { return mfa.Delete(ctx, client, device.Serial) })
	}
	if err != nil {
		return with.told(err)
	}
	x.app.say(msg.Removed(device.Serial))
	return nil
}
