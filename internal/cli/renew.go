package cli

import (
	"context"
	"slices"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/mfa"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/shells"
)

// renewTime is how long a renewal before a prompt may take.
const renewTime = 5 * time.Second

// errNotRenewed is the error without a message of a renewal: the hook of init runs it, and says when the session has
// ended.
const errNotRenewed = errExit(exitError)

// renewed returns a newer session of the profile in the variables, as far as that takes neither a code nor another
// program: a role's, while the MFA session lasts, or one that the cache has. It says nothing.
func (c *envCmd) renewed(a *app) ([]shells.Var, error) {
	a.mute = true
	if c.Name = a.Getenv(varProfile); c.Name == "" || !a.exportedByUs() {
		return nil, errNotRenewed
	}
	c.Timeout = timeoutFlag(renewTime)
	p, err := c.read(a)
	if err != nil {
		return nil, errNotRenewed
	}
	o, want, err := c.request(a, p)
	if err != nil {
		return nil, errNotRenewed
	}
	o.Code = func(context.Context, mfa.CodeRequest) (string, error) { return "", errWouldAsk }
	o.Choose = func(context.Context, []awsapi.Device) (awsapi.Device, error) { return awsapi.Device{}, errWouldAsk }
	o.Interruptible = func() (context.Context, func()) {
		ctx, stop := a.catchSignals()
		ctx, cancel := context.WithTimeout(ctx, renewTime) // another awsmfa may be waiting for a code
		return ctx, func() { cancel(); stop() }
	}
	s, _, found := o.Cached(want)
	if !found {
		if s, err = retrieveRole(o, want); err != nil {
			return nil, errNotRenewed
		}
	}
	vars, _ := a.setVars(p, s, "")
	return slices.DeleteFunc(vars, func(v shells.Var) bool { return !slices.Contains(sessionVars, v.Name) }), nil
}

// retrieveRole retrieves the session of a role whose source asks nobody.
func retrieveRole(o *session.Resolver, want session.Request) (session.Session, error) {
	if len(want.Roles) == 0 || want.External != nil && want.External.Kind == profile.KindProcess {
		return session.Session{}, errWouldAsk
	}
	return o.Retrieve(want)
}

// exportedByUs reports whether the keys in the environment are still those that awsmfa exported: another program sets
// another end.
func (a *app) exportedByUs() bool {
	d := &doctor{app: a}
	left, expires, err := d.expiration()
	end, ok := d.ownEnd()
	return ok && expires && err == nil && (time.Until(end)-left).Abs() <= endTolerance
}
