package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
)

// account is a profile's IAM user, and a client with the profile's long-term keys, whatever session is exported.
type account struct {
	*awsapi.Client
	app     *app
	profile profile.Profile
	who     awsapi.Identity
	// enrolled is set after a device was enabled, with two codes; program is its authenticator, if that is a program.
	enrolled bool
	program  mfa.Source
	// session obtains an MFA session of the user's other device; nil if there is none.
	session func() (session.Session, error)
}

// account finds the user of the profile's keys. It needs the flags' defaults; region is a flag's, or "".
func (f *profileFlags) account(ctx context.Context, a *app, p profile.Profile, region string) (*account, error) {
	keys, err := p.LongTermKeys()
	if err != nil {
		return nil, err
	}
	return f.accountOf(ctx, a, p, keys, region)
}

// accountOf is account for keys that the profile need not have yet. With an error of AWS's it also returns an account,
// which only explains the error.
func (f *profileFlags) accountOf(
	ctx context.Context, a *app, p profile.Profile, keys profile.Keys, region string,
) (*account, error) {
	options, endpoint, err := f.clientOptions(a, p, region, p.MFASerial)
	if err != nil {
		return nil, err
	}
	if keys, err = a.withSecret(ctx, keys); err != nil {
		return nil, err
	}
	client, err := options.NewClient(ctx, keys)
	if err != nil {
		return nil, err
	}
	x := &account{Client: client, app: a, profile: p}
	if x.who, err = client.Identity(ctx, endpoint); err != nil {
		return x, err
	}
	if x.who.User == "" {
		return x, awsapi.NotAUser(x.who.ARN)
	}
	return x, nil
}

// userSession obtains the MFA session of the profile's own keys, also if the section has a role. Without --duration it
// takes whatever session is cached: it is needed now, and no code can be had if the device is lost.
func (f *sessionFlags) userSession(a *app, p profile.Profile) (session.Session, error) {
	o, want, err := f.requestFor(a, p, p.Own())
	if err != nil {
		return session.Session{}, err
	}
	o.AnyDuration = f.Duration == 0
	return o.Retrieve(want)
}

// lockUser keeps other runs on this computer from changing the same user: each would take the other's new device or key
// for a leftover. busy is the error while another run has the lock. If locking fails it goes on without.
func (x *account) lockUser(ctx context.Context, what string, busy error) (unlock func(), err error) {
	return x.app.lockSoon(ctx, what+"-"+x.who.Account+"-"+x.who.User, busy)
}

// lockSoon takes a lock, or returns busy if it is not free within a second. If locking fails it goes on without.
func (a *app) lockSoon(ctx context.Context, name string, busy error) (unlock func(), err error) {
	soon, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	unlock, err = a.cache().Lock(soon, name)
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case soon.Err() != nil:
		return nil, busy
	}
	return func() {}, nil
}

// explain turns an error of a call to IAM into a message. Messages and cancellations stay as they are.
func (x *account) explain(err error) error {
	if _, ok := errors.AsType[*msg.Error](err); ok || err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return x.Explain(err)
}

func (x *account) devices(ctx context.Context) (devices []awsapi.Device, err error) {
	devices, err = x.ListDevices(ctx)
	return devices, x.explain(err)
}

// device is the device named, else the user's only one, else the preferred one, else the one that a person chooses;
// hint says how to name it.
func (x *account) device(ctx context.Context, named, preferred string, hint msg.Text) (awsapi.Device, error) {
	devices, err := x.devices(ctx)
	if err != nil {
		return awsapi.Device{}, err
	}
	serials := make([]string, len(devices))
	for i, d := range devices {
		serials[i] = d.Serial
	}
	if i := slices.Index(serials, named); i >= 0 {
		return devices[i], nil
	}
	switch {
	case named != "":
		return awsapi.Device{}, notYourDevice(named, serials)
	case len(devices) == 0:
		return awsapi.Device{}, awsapi.NoDevice(x.profile.Name, x.profile.Name, nil)
	case len(devices) == 1:
		return devices[0], nil
	}
	if i := slices.Index(serials, preferred); i >= 0 {
		return devices[i], nil
	}
	return x.app.choose(x.profile.Name, hint)(ctx, devices)
}

// notYourDevice is the error for a serial number that is none of the user's.
func notYourDevice(serial string, have []string) *msg.Error {
	if len(have) == 0 {
		return msg.Errorf("%s is not an MFA device of this user", serial).Hint("the user has none")
	}
	return msg.Errorf("%s is not an MFA device of this user", serial).Hint("the user has %s", msg.List(have))
}

// question is a question to be answered with yes or no.
type question struct {
	text       msg.Text
	defaultYes bool // Enter alone means yes
	yes        bool // --yes has answered it
}

// confirm asks the question on the terminal. Without a terminal only --yes answers it.
func (a *app) confirm(ctx context.Context, q question) (bool, error) {
	if q.yes {
		return true, nil
	}
	tty, err := term.Open()
	if err != nil {
		return false, msg.Errorf("there is no terminal to ask on: %s", q.text).
			Hint("--yes answers the question").Wrap(err)
	}
	defer tty.Close()
	choices, byDefault := " [y/N] ", "n"
	if q.defaultYes {
		choices, byDefault = " [Y/n] ", "y"
	}
	for {
		answer, err := tty.Ask(ctx, a.text(q.text)+choices)
		if err != nil {
			return false, answered(ctx, err)
		}
		switch strings.ToLower(cmp.Or(answer, byDefault)) {
		case "y", "yes", "はい":
			return true, nil
		case "n", "no", "いいえ":
			return false, nil
		}
		tty.Say(a.text(msg.Textf("Type y or n.")) + "\n")
	}
}

// agreed is confirm, with the error refused for a no.
func (a *app) agreed(ctx context.Context, q question, refused *msg.Error) error {
	confirmed, err := a.confirm(ctx, q)
	if err == nil && !confirmed {
		return refused
	}
	return err
}

// answered explains an error of a question.
func answered(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, term.ErrClosed):
		return msg.Errorf("no answer was given")
	}
	return terminalFailed(err)
}
