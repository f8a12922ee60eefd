package session

import (
	"context"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
)

// external is the provider of an external source. It asks the source once in a Retrieve.
func (r *Resolver) external(ctx context.Context, want Request) (Session, error) {
	if r.given != nil {
		return *r.given, nil
	}
	for _, notice := range want.External.Hidden {
		r.Say(notice)
	}
	got, err := r.Options.External(ctx, *want.External)
	if err != nil {
		return Session{}, err
	}
	s := newSession(got, r.Options.Now(), awsapi.MaxExternalDuration)
	if named := want.Serial != "" && !want.found && want.SerialVariable == ""; named && !s.isLongTerm() {
		r.Say(msg.Textf("the MFA device %s is not used: the credentials of profile %q are a session already, "+
			"and AWS takes codes only with a user's own keys", want.Serial, want.External.Profile.Name))
	}
	r.given = &s
	return s, nil
}

// userClient returns the client with the long-term keys of want, from the profile or from its external source. It
// returns a session instead if the source gives one, or if the user of its keys has no MFA device.
func (r *Resolver) userClient(ctx context.Context, want Request) (c *awsapi.Client, given *Session, err error) {
	if want.External == nil {
		keys := want.Keys
		if keys.Store != "" && (r.longTerm == nil || r.longTerm.KeyID() != keys.AccessKeyID) {
			if keys, err = r.Secret(ctx, keys); err != nil {
				return nil, nil, err
			}
		}
		c, err = r.client(ctx, awsapi.Credentials{
			AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey.Reveal(),
		})
		return c, nil, err
	}
	s, err := r.external(ctx, want)
	switch {
	case err != nil:
		return nil, nil, err
	case !s.isLongTerm() || r.noDevice:
		return nil, &s, nil
	}
	r.Options.Trace("source: %s is a long-term key", s.AccessKeyID)
	if want.found && r.isOtherDevice(want) {
		return nil, nil, errOtherKeys
	}
	c, err = r.client(ctx, s.Credentials)
	return c, nil, err
}
