package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"awsmfa/internal/keys"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
)

type rotateCmd struct {
	sessionFlags
	KeepOld bool `help:"Deactivate the old key, and do not delete it."`
	Yes     bool `short:"y" help:"Change other profiles with the same key too, and do not ask about them, nor about a second key that is inactive or was never used."`
}

// Help is Kong's hook for what stands under the usage.
func (*rotateCmd) Help() string { return msg.RotateHelp }

// Run puts a new key in the place of the old one. The steps are in such an order that the key that stands in the file
// works at every moment, wherever they end.
func (c *rotateCmd) Run(a *app) error {
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	p, err := c.load(a)
	if err != nil {
		return err
	}
	old, err := p.LongTermKeys()
	if err != nil {
		return err
	}
	ctx, stop := a.catchSignals()
	defer stop()
	x, err := c.account(ctx, a, p, c.Region)
	if err != nil {
		return err
	}
	r := &rotation{account: x, cmd: c, old: old}
	unlock, err := r.lockUser(ctx, "rotate", msg.AnotherRotates(r.who.User))
	if err != nil {
		return err
	}
	defer unlock()
	// Not earlier: the rotation that was waited for has put another key there, which is not to be taken for a second one.
	if err := profile.Replaceable(a.files(), p.Name, old); err != nil {
		return err
	}
	if err := r.shared(ctx); err != nil {
		return err
	}
	if err := r.signIn(ctx); err != nil {
		return err
	}
	if err := r.createKey(ctx); err != nil {
		return err
	}
	if _, err = r.waitActive(ctx, r.new); err == nil {
		err = profile.ReplaceShared(a.files(), p.Name, r.sharing, r.old, r.new)
	}
	if err != nil {
		return r.abandon(ctx, err)
	}
	a.say(msg.KeyReplaced(r.new.AccessKeyID, p.Name, r.new.Where.File, keyHolders(r.sharing)))
	return r.retireOld(ctx)
}

// rotation is the replacing of one key. Its account has the profile's keys as they were at the beginning.
type rotation struct {
	*account
	cmd      *rotateCmd
	with     *account // has an MFA session
	old, new profile.Keys
	sharing  []profile.Holder // other sections that have the old key too, and get the new one
	cleared  bool             // a second key was deleted
}

// shared asks, where the key stands in other sections too, whether they are to get the new one.
func (r *rotation) shared(ctx context.Context) error {
	all, err := profile.FindKey(r.app.files(), r.old.AccessKeyID)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(h profile.Holder) bool {
		own := h.Pos == r.old.Where
		if own && h.Name == "" {
			r.app.say(msg.OfAllProfiles(r.profile.Name, h.File, h.Line))
		}
		return own
	})
	if len(all) == 0 {
		return nil
	}
	yes, no := profile.Changeable(r.app.files(), all)
	meant, err := r.app.confirm(ctx, question{
		text: msg.Textf("%s", msg.RotateShared(r.old.AccessKeyID, keyHolders(yes), keyHolders(no))), yes: r.cmd.Yes,
	})
	if err == nil && !meant {
		err = msg.NotRotated(r.old.AccessKeyID)
	}
	r.sharing = yes
	return err
}

// keyHolders is what messages need of the sections.
func keyHolders(found []profile.Holder) (all []msg.KeyHolder) {
	for _, h := range found {
		all = append(all, msg.KeyHolder{Profile: h.Name, File: h.File, Line: h.Line})
	}
	return all
}

// signIn obtains an MFA session of the keys that the file has now; with --no-mfa those keys themselves do.
func (r *rotation) signIn(ctx context.Context) error {
	p, err := r.cmd.load(r.app)
	if err != nil {
		return err
	}
	client, err := r.connect(ctx, p)
	if err != nil {
		return err
	}
	r.with = &account{Client: client, app: r.app, profile: p, who: r.who}
	return nil
}

func (r *rotation) connect(ctx context.Context, p profile.Profile) (*session.Client, error) {
	if r.cmd.NoMFA { // IAM takes no session that was had without
		own, err := p.LongTermKeys()
		if err != nil {
			return nil, err
		}
		return r.NewClient(ctx, own)
	}
	s, err := r.cmd.userSession(r.app, p)
	if err != nil {
		return nil, err
	}
	return r.NewSessionClient(ctx, s)
}

// set does one thing to a key. AWS says that sessions outlive the key that they were had with ("Permissions for temporary
// security credentials", IAM User Guide); should one not, there is another from the key that is in the file by then. The
// error is the SDK's, or in words.
func (r *rotation) set(ctx context.Context, do func(ctx context.Context, client *mfa.Client, user, id string) error, id string) error {
	call := func() error {
		return r.with.mustFinish(ctx, func(ctx context.Context, client *mfa.Client) error { return do(ctx, client, r.who.User, id) })
	}
	err := call()
	if !r.with.KeysRefused(err) {
		return err
	}
	if err := r.signIn(ctx); err != nil {
		return err
	}
	return call()
}

func (r *rotation) list(ctx context.Context) (all []keys.Key, err error) {
	err = r.with.call(ctx, func(ctx context.Context, client *mfa.Client) (err error) {
		all, err = keys.List(ctx, client, r.who.User)
		return err
	})
	return all, err
}

// refused puts an error from before there is a new key into words.
func (r *rotation) refused(err error) error {
	told := r.with.explain(err)
	if mfa.Denied(err) {
		return msg.RotateDenied(told, r.cleared)
	}
	return told
}

// createKey makes the new key, once there is room for it and it is known that the old one can go then.
func (r *rotation) createKey(ctx context.Context) error {
	err := r.with.call(ctx, func(ctx context.Context, client *mfa.Client) error {
		return keys.CheckReplaceable(ctx, client, r.who.User)
	})
	if err != nil {
		return r.refused(err)
	}
	for again := false; ; again = true {
		// What --yes was said of is not a key that came later.
		if err := r.ensureQuota(ctx, r.cmd.Yes && !again); err != nil {
			return err
		}
		err := r.with.mustFinish(ctx, func(ctx context.Context, client *mfa.Client) (err error) {
			r.new, err = keys.Create(ctx, client, r.who.User)
			return err
		})
		switch {
		case err == nil:
			r.new.Where = r.old.Where
			r.app.say(msg.KeyMade(r.new.AccessKeyID))
			return nil
		case keys.LimitReached(err):
			r.app.warn(msg.KeyAppeared)
			if !again && ctx.Err() == nil {
				continue
			}
			r.resolveUnknownKeys(ctx)
		case !mfa.NotApplied(err):
			r.resolveUnknownKeys(ctx)
		}
		return r.refused(err)
	}
}

// resolveUnknownKeys names each key that is there now and was not a moment ago. It is the one whose answer was lost, or somebody
// else's: a person decides whether it goes.
func (r *rotation) resolveUnknownKeys(ctx context.Context) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	all, err := r.list(bounded)
	if err != nil {
		r.app.warn(msg.KeyPerhapsMade(r.with.explain(err)))
	}
	for _, k := range all {
		if k.ID == r.old.AccessKeyID {
			continue
		}
		meant := false
		if ctx.Err() == nil && !r.cmd.Yes {
			meant, err = r.app.confirm(ctx, question{text: msg.Textf("%s", msg.DeleteAppeared(r.who.User, k.ID, k.Created))})
		}
		if meant {
			err = r.set(ctx, keys.Delete, k.ID)
		}
		if meant && err == nil {
			r.app.say(msg.KeyDeleted(k.ID))
		} else {
			r.app.warn(msg.AppearedStays(r.profile.Name, r.who.User, k.ID, k.Created))
		}
	}
}

// ensureQuota sees to it that the user has no key beside the old one. yes is the answer for one that serves nobody.
func (r *rotation) ensureQuota(ctx context.Context, yes bool) error {
	all, err := r.list(ctx)
	if err != nil {
		return r.refused(err)
	}
	for _, k := range all {
		if k.ID == r.old.AccessKeyID {
			continue
		}
		if err := r.deleteSecond(ctx, k, yes); err != nil {
			return err
		}
	}
	return nil
}

// deleteSecond deletes a second key, if that is meant. yes means it of one that serves nobody: that is inactive, or was never
// used and stands nowhere here.
func (r *rotation) deleteSecond(ctx context.Context, k keys.Key, yes bool) error {
	var use keys.LastUsed
	unknown := r.with.call(ctx, func(ctx context.Context, client *mfa.Client) (err error) {
		use, err = keys.GetLastUsed(ctx, client, k.ID)
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	found, err := profile.FindKey(r.app.files(), k.ID)
	if err != nil {
		return err
	}
	in := keyHolders(found)
	get, _ := profile.Changeable(r.app.files(), found)
	if r.app.Getenv("AWS_ACCESS_KEY_ID") == k.ID {
		in = append(in, msg.KeyHolder{})
	}
	second := msg.SecondKey(r.who.User, k.ID, k.Active, k.Created, use.At, use.Service, use.Region, unknown == nil, in)
	idle := len(in) == 0 && (!k.Active || unknown == nil && use.At.IsZero())
	if idle && yes {
		r.app.say(second)
	} else {
		tty, err := term.Open()
		if err != nil {
			return msg.NobodyToDelete(second, r.profile.Name, r.who.User, k.ID, idle, err)
		}
		tty.Close()
		meant, err := r.app.confirm(ctx, question{text: msg.Textf("%s", msg.DeleteSecond(second, r.old.AccessKeyID, keyHolders(get)))})
		if err != nil {
			return err
		}
		if !meant {
			return msg.SecondKeyStays(k.ID)
		}
	}
	if err := r.replaceInFiles(k.ID, get); err != nil {
		return err
	}
	if err := r.set(ctx, keys.Delete, k.ID); err != nil {
		return r.refused(err)
	}
	r.cleared = true
	r.app.say(msg.KeyDeleted(k.ID))
	return ctx.Err()
}

// replaceInFiles gives the sections the profile's key in the place of a second one that goes: a rotation that was killed between two
// files leaves such. They get the new key with the profile.
func (r *rotation) replaceInFiles(id string, get []profile.Holder) error {
	if len(get) == 0 {
		return nil
	}
	if err := profile.ReplaceHolders(r.app.files(), get, id, r.old); err != nil {
		return err
	}
	r.app.say(msg.KeyMoved(id, r.old.AccessKeyID, keyHolders(get)))
	r.sharing = append(r.sharing, get...)
	return nil
}

// inARow is how often AWS must have taken a key, with no refusal between, to be believed: the answers come from many
// servers, which learn of a change one by one.
const inARow = 3

// waitActive asks AWS whose the key is, until it knows. refused says of an error that AWS was reached and did not take the key,
// for as long as it was asked.
func (r *rotation) waitActive(ctx context.Context, k profile.Keys) (refused bool, err error) {
	longest := 2 * time.Duration(r.cmd.Timeout)
	late := time.Now().Add(longest)
	pause := 250 * time.Millisecond
	for taken := 0; taken < inARow; {
		x, err := r.cmd.accountOf(ctx, r.app, r.profile, k, r.cmd.Region)
		switch {
		case err == nil && x.who.ARN != r.who.ARN:
			return true, msg.KeyOfAnother(k.AccessKeyID, x.who.ARN, r.who.ARN)
		case err == nil:
			taken++
			continue
		case x == nil || !x.KeysRefused(err):
			return false, err
		case time.Now().After(late):
			return true, msg.KeyNeverKnown(k.AccessKeyID, longest, err)
		}
		if pause == 250*time.Millisecond {
			r.app.say(msg.WaitingForKey(k.AccessKeyID, longest))
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(pause):
		}
		taken, pause = 0, min(2*pause, 4*time.Second)
	}
	return false, nil
}

// abandon deletes the new key, which is not in the file, also when ctx has ended, and returns the cause. A network drive
// may have put it there and said that it had not.
func (r *rotation) abandon(ctx context.Context, cause error) error {
	if p, err := r.cmd.load(r.app); err == nil {
		if k, err := p.LongTermKeys(); err == nil && k.AccessKeyID == r.new.AccessKeyID {
			return r.reportState(ctx, cause)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if err := r.set(ctx, keys.Delete, r.new.AccessKeyID); err != nil {
		r.app.warn(msg.NewKeyLeft(r.new.AccessKeyID, r.profile.Name, r.who.User, r.old.AccessKeyID, r.with.explain(err)))
	} else {
		r.app.say(msg.NewKeyDeleted(r.new.AccessKeyID, r.profile.Name, r.old.AccessKeyID))
	}
	return cause
}

// retireOld ends the old key, now that the new one is in the file. Where it stops, both work, or the new one alone.
func (r *rotation) retireOld(ctx context.Context) error {
	if ctx.Err() != nil {
		return r.reportState(ctx, ctx.Err())
	}
	if err := r.set(ctx, keys.Deactivate, r.old.AccessKeyID); err != nil {
		return r.reportState(ctx, err)
	}
	r.app.say(msg.OldDeactivated(r.old.AccessKeyID))
	refused, err := r.waitActive(ctx, r.new)
	switch {
	case refused:
		return r.rollback(ctx, err)
	case err != nil:
		return r.reportState(ctx, err)
	}
	if r.cmd.KeepOld {
		r.app.say(msg.OldKept(r.profile.Name, r.who.User, r.old.AccessKeyID))
	} else if err := r.set(ctx, keys.Delete, r.old.AccessKeyID); err != nil {
		return r.reportState(ctx, err)
	}
	r.forget()
	if !r.cmd.KeepOld {
		r.app.say(msg.Rotated(r.profile.Name, r.new.AccessKeyID))
	}
	if left, err := profile.FindKey(r.app.files(), r.old.AccessKeyID); err == nil && len(left) > 0 {
		r.app.warn(msg.StillOld(r.old.AccessKeyID, keyHolders(left)))
	}
	if r.app.Getenv("AWS_ACCESS_KEY_ID") == r.old.AccessKeyID {
		r.app.warn(msg.OldInEnvironment(r.old.AccessKeyID))
	}
	return nil
}

// rollback undoes all of it: with the old key gone AWS does not take the new one, though it did before.
func (r *rotation) rollback(ctx context.Context, cause error) error {
	ctx = context.WithoutCancel(ctx)
	err := r.set(ctx, keys.Activate, r.old.AccessKeyID)
	if err == nil {
		_, err = r.waitActive(ctx, r.old)
	}
	if err == nil {
		err = profile.ReplaceShared(r.app.files(), r.profile.Name, r.sharing, r.new, r.old)
	}
	if err != nil {
		return r.reportState(ctx, msg.NotUndone(cause, r.with.explain(err)))
	}
	r.app.say(msg.BackToOld(r.profile.Name, r.old.AccessKeyID))
	return r.abandon(ctx, cause)
}

// reportState says what stands where when the new key is in the file and the old one could not be ended.
func (r *rotation) reportState(ctx context.Context, cause error) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	status := "unknown"
	if all, err := r.list(bounded); err == nil {
		status = ""
		for _, k := range all {
			if k.ID == r.old.AccessKeyID {
				status = map[bool]string{true: "active", false: "inactive"}[k.Active]
			}
		}
	}
	name, file := r.profile.Name, r.new.Where.File
	if errors.Is(cause, context.Canceled) {
		r.app.warn(msg.Stands(name, file, r.new.AccessKeyID, r.old.AccessKeyID, status))
		return cause
	}
	return msg.RotationStopped(r.with.explain(cause), name, r.who.User, file, r.new.AccessKeyID, r.old.AccessKeyID, status)
}

// forget drops the sessions that were had with the old key, and remembers its device for the new one.
func (r *rotation) forget() {
	_, was, err := r.cmd.requestFor(r.app, r.profile, r.profile.Own())
	if err == nil {
		now := was
		now.Keys = r.new
		err = session.ReplaceKey(r.app.cache(), was, now)
	}
	if err != nil {
		r.app.warn(msg.OldSessionsKept(err))
	}
}
