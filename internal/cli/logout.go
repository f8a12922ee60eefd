package cli

import (
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/rewrite"
	"awsmfa/internal/session"
)

type logoutCmd struct {
	profileFlags
	All bool
}

func (c *logoutCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"all": msg.Textf("Remove the sessions of all profiles."),
	})
}

func (*logoutCmd) Help() string {
	return `Removes the profile's sessions from awsmfa's cache, so that the next command asks for a code again: the
user's own, and those of all roles that were assumed with it. A role's profile stands for the user whose session assumes
the role. The remembered MFA device stays, and so does a sign-in of the AWS CLI.

AWS accepts a session until it ends, whoever has it. If one has leaked, an administrator can deny what was issued before
now (aws:TokenIssueTime): for a role "Revoke active sessions" on its page in the IAM console attaches such a policy
(AWSRevokeOlderSessions); for a user attach one yourself, and deactivate the access key, which could obtain others.`
}

// Run removes cached sessions, and in init's function the shell's session, too.
func (c *logoutCmd) Run(a *app) error {
	if err := c.remove(a); err != nil || a.function == "" {
		return err
	}
	return (&envCmd{Unset: true}).Run(a)
}

// remove removes cached sessions.
func (c *logoutCmd) remove(a *app) error {
	if err := rewrite.CheckLinks(a.cache().Path); err != nil {
		return err
	}
	if !c.All {
		return c.one(a)
	}
	if c.Name != "" || c.Profile != "" {
		return &usageError{msg.Errorf("--all is for all profiles, and one is named").Hint("leave one of the two out")}
	}
	r := &session.Resolver{Cache: a.cache(), Interruptible: a.catchSignals, Say: a.say}
	r.Options.Trace = a.trace
	removed, err := r.LogoutAll()
	if len(removed) == 0 && err == nil {
		a.say(msg.Textf("no session is cached"))
	} else {
		a.say(msg.Textf("sessions removed from the cache: %d", len(removed)))
	}
	return a.loggedOut(removed, err)
}

// one removes the sessions of one profile's user.
func (c *logoutCmd) one(a *app) error {
	f := sessionFlags{profileFlags: c.profileFlags}
	f.offline = true
	p, err := f.read(a)
	if err != nil {
		return err
	}
	chain, err := p.Chain()
	if err != nil {
		return err
	}
	r, want, err := f.requestFor(a, p, chain)
	if err != nil {
		return err
	}
	own, roles, err := r.Logout(want)
	base := chain.Base.Name
	switch {
	case len(own)+len(roles) == 0 && err == nil:
		a.say(msg.Textf("no session is cached for profile %q", p.Name))
	case base != p.Name:
		a.say(msg.Textf("profile %q is a role of profile %q; sessions removed from the cache: "+
			"%d of profile %[2]q itself, %[4]d of roles of the same credentials", p.Name, base, len(own), len(roles)))
	default:
		a.say(msg.Textf("sessions removed from the cache: %d of profile %q itself, "+
			"%d of roles of the same credentials",
			len(own), base, len(roles)))
	}
	return a.loggedOut(append(own, roles...), err)
}

// loggedOut says what the removal of cached sessions does not do, and what does.
func (a *app) loggedOut(removed []session.Entry, failed error) error {
	var last time.Time
	for _, e := range removed {
		if end := e.Session.Expiration; end.After(time.Now()) && end.After(last) {
			last = end
		}
	}
	if !last.IsZero() {
		a.say(msg.Textf("AWS accepts them until they end, the last one at %s; if one has leaked: %s",
			msg.Minute(last), msg.Command("logout", "--help")))
	}
	removedToo := a.function != "" && failed == nil
	if exported := a.Getenv(varProfile); exported != "" && a.Getenv("AWS_ACCESS_KEY_ID") != "" && !removedToo {
		a.say(msg.Textf("this shell still has a session of profile %q; to remove it:  %s",
			exported, a.envLine("--unset")))
	}
	if failed != nil {
		return msg.Errorf("a cached session was not removed: %s", msg.Cause(failed)).Wrap(failed)
	}
	return nil
}
