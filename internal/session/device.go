package session

import (
	"context"
	"errors"
	"strings"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
)

// errNoDevice is wrapped in the error for a user without a device.
var errNoDevice = errors.New("no MFA device")

// unknownDevice is wrapped in the error for a device that AWS does not know.
type unknownDevice struct{ error }

func (u *unknownDevice) Unwrap() error { return u.error }

// errOtherKeys is the error for an external source whose keys are others than those of the cached device.
var errOtherKeys = errors.New("keys of another user, or new ones")

func deviceRefused(want Request, err error) *msg.Error {
	if want.SerialVariable != "" {
		return msg.Errorf("AWS does not know %s, from %s, as an MFA device of this user",
			want.Serial, want.SerialVariable).
			Hint("unset %s: then awsmfa finds the device itself", want.SerialVariable).
			Wrap(&unknownDevice{err})
	}
	return msg.Errorf("AWS does not know %s as an MFA device of this user", want.Serial).
		Hint("check mfa_serial or --serial; without either awsmfa finds the device itself").
		Wrap(&unknownDevice{err})
}

// withCachedDevice fills in the cached device if want needs one and names none. Its cache file holds the serial number
// and, on a second line, the ID of the external source's key.
func (r *Resolver) withCachedDevice(want Request) Request {
	if want.Serial != "" || !want.needsDevice() {
		return want
	}
	serial, keyID, _ := strings.Cut(string(r.load(want.deviceKey())), "\n")
	if keyID == "" || r.given == nil || keyID == r.given.AccessKeyID {
		want.Serial, want.found = serial, serial != ""
	}
	return want
}

// isOtherDevice reports whether the cached device was found with other keys than the external source's.
func (r *Resolver) isOtherDevice(want Request) bool {
	_, keyID, _ := strings.Cut(string(r.load(want.deviceKey())), "\n")
	return keyID != r.given.AccessKeyID
}

// isOtherKey reports whether the keys of want, as far as they are known, are others than keyID's.
func (r *Resolver) isOtherKey(want Request, keyID string) bool {
	if want.External == nil {
		return want.Keys.Store == "" && want.keyID(nil) != keyID
	}
	if r.given != nil {
		return r.given.AccessKeyID != keyID
	}
	_, last, _ := strings.Cut(string(r.load(want.deviceKey())), "\n")
	return last != "" && last != keyID
}

// findDevice fills in the device before the chain's providers are composed, so that their cache keys never change: the
// one in want, the cached one, or the one that IAM lists, which it caches. It fills in none if the external source
// gives a session, or the user of its keys has no device.
func (r *Resolver) findDevice(ctx context.Context, want Request) (Request, error) {
	if want = r.withCachedDevice(want); want.Serial != "" || !want.needsDevice() {
		return want, nil
	}
	unlock, err := r.lock(ctx, want.userLock())
	if err != nil {
		return want, err
	}
	defer unlock()
	if want = r.withCachedDevice(want); want.Serial != "" { // another process found it while it had the lock
		return want, nil
	}
	c, given, err := r.userClient(ctx, want)
	if err != nil || given != nil {
		return want, err
	}
	if want = r.withCachedDevice(want); want.Serial != "" { // of these keys
		return want, nil
	}
	device, err := r.listDevice(ctx, c, want.Endpoint)
	if errors.Is(err, errNoDevice) && want.External != nil { // and no setting asks for MFA
		r.Say(msg.Textf("the user of access key %s, from profile %q, has no MFA device: "+
			"the key is used without MFA", c.KeyID(), want.External.Profile.Name))
		r.noDevice = true
		return want, nil
	}
	if err != nil {
		return want, err
	}
	want.Serial, want.found = device.Serial, true
	value := device.Serial
	if want.External != nil {
		value += "\n" + c.KeyID()
	}
	if err := r.store(want.deviceKey(), []byte(value)); err != nil {
		r.Warn(msg.Errorf("the MFA device that was found cannot be cached for the next call: %s", err).Wrap(err))
	}
	return want, nil
}

// listDevice returns the user's device, or the one that the person chooses of several.
func (r *Resolver) listDevice(
	ctx context.Context, c *awsapi.Client, sts awsapi.Endpoint,
) (awsapi.Device, error) {
	devices, err := c.ListDevices(ctx)
	if ctx.Err() != nil {
		return awsapi.Device{}, ctx.Err()
	}
	if err != nil {
		notListed := awsapi.NotListed(r.Options.Profile, c.Explain(err))
		if awsapi.AccessDenied(err) {
			notListed = notListed.WithHint(r.nameDevice())
		}
		return awsapi.Device{}, notListed
	}
	var usable []awsapi.Device
	var keyDevices []string
	for _, d := range devices {
		if d.IsSecurityKey() {
			keyDevices = append(keyDevices, d.Serial)
		} else {
			usable = append(usable, d)
		}
	}
	r.Options.Trace("device: %d listed, %d of them security keys", len(devices), len(keyDevices))
	switch {
	case len(usable) == 1:
		return usable[0], nil
	case len(usable) > 1:
		return r.Choose(ctx, usable)
	case len(keyDevices) > 0:
		return awsapi.Device{}, awsapi.OnlySecurityKeys(r.Options.Profile, keyDevices)
	}
	if who, err := c.Identity(ctx, sts); err == nil && who.IsRoot() {
		return awsapi.Device{}, awsapi.RootWithoutDevice(r.Options.Profile)
	}
	none := awsapi.NoDevice(r.Options.Profile, r.Base, errNoDevice)
	if r.ByClient {
		none = none.Hint("%s adds one; for a user who needs none, add --no-mfa to the line that runs awsmfa",
			msg.Command("setup", r.Base))
	}
	return awsapi.Device{}, none
}

// nameDevice is the hint for devices that cannot be listed.
func (r *Resolver) nameDevice() msg.Text {
	if r.ByClient {
		return msg.Textf("write mfa_serial into the profile's section of the config file: then no list is needed")
	}
	return awsapi.NameDevice()
}

// forgetDevice removes the cached device, which AWS no longer knows.
func (r *Resolver) forgetDevice(want Request, serial string) {
	r.Options.Trace("device: AWS no longer knows the cached %s", serial)
	if err := r.remove(want.deviceKey()); err != nil {
		r.Warn(msg.Errorf("the MFA device that AWS no longer knows cannot be removed from the cache: %s", err).
			Wrap(err))
	}
}
