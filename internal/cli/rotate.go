package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
)

type rotateCmd struct {
	sessionFlags
	KeepOld bool
	Yes     bool `short:"y"`
}

func (c *rotateCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"keep-old": msg.Textf("Deactivate the old key, but do not delete it."),
		"yes": msg.Textf("Do not ask before replacing the key, also in other profiles, or before deleting a second " +
			"key that is inactive or was never used."),
	})
}

func (*rotateCmd) Help() string {
	return `Creates a new access key for the profile's IAM user, tries it, writes it to the file, deactivates the old
one, tries the new one again, and deletes the old one. In the files only the two values change: in this profile's
section, and in those of other profiles with the same key. The key in the files works at every moment: after an
interruption, even a power cut, run it again.

Other computers and programs with the old key stop working, so awsmfa asks first. --keep-old only deactivates the old
key, which can be undone. AWS allows a user two keys, and awsmfa asks before it deletes a second one. --yes answers the
first question, and the second for a key that is inactive or was never used; for an active key that was used somebody
must answer.

The user needs iam:ListAccessKeys, CreateAccessKey, UpdateAccessKey and DeleteAccessKey; GetAccessKeyLastUsed helps.`
}

// Run replaces the key. The order of the steps makes the key in the file work at every moment, wherever Run ends.
func (c *rotateCmd) Run(a *app) error {
	p, err := c.read(a)
	if err != nil {
		return err
	}
	old, err := p.LongTermKeys()
	if err != nil {
		return err
	}
	ctx, stop := a.catchSignals()
	defer stop()
	if old, err = a.withSecret(ctx, old); err != nil {
		return err
	}
	x, err := c.account(ctx, a, p, c.Region)
	if err != nil {
		return err
	}
	r := &rotation{account: x, cmd: c, old: old}
	busy := msg.Errorf("another awsmfa is replacing the access key of user %q", r.who.User).
		Hint("wait until it has finished: there is nothing to do then")
	unlock, err := r.lockUser(ctx, "rotate", busy)
	if err != nil {
		return err
	}
	defer unlock()
	unlockKey, err := a.lockKey(ctx, old.AccessKeyID)
	if err != nil {
		return err
	}
	defer unlockKey()
	// Under the lock: another rotation may have put a new key there, which must not be taken for a second one.
	if err := profile.Replaceable(a.files(), p.Name, old); err != nil {
		return err
	}
	if err := r.confirm(ctx); err != nil {
		return err
	}
	if err := r.signIn(ctx); err != nil {
		return err
	}
	if err := r.createKey(ctx); err != nil {
		return err
	}
	if _, err = r.waitActive(ctx, r.new); err == nil {
		err = r.keepIn(ctx, r.new, r.sharing)
	}
	if err == nil {
		err = profile.ReplaceShared(a.files(), p.Name, r.sharing, r.old, r.new)
	}
	if err != nil {
		return r.abandon(ctx, err)
	}
	own := msg.Textf("profile %q (%s)", p.Name, a.placeOf(r.new))
	a.say(msg.Textf("%s works, and is in %s", r.new.AccessKeyID, append([]msg.Text{own}, places(r.sharing)...)))
	return r.retireOld(ctx)
}

// rotation replaces one key. Its account has the profile's keys as they were at the beginning.
type rotation struct {
	*account
	cmd           *rotateCmd
	with          *account // has an MFA session
	old, new      profile.Keys
	sharing       []profile.Holder // other sections with the old key, which get the new one
	deletedSecond bool
}

// storesOf lists the stores that a pair needs for the profile and for other sections.
func (r *rotation) storesOf(sections []profile.Holder) (all []string) {
	for _, name := range stores {
		in := func(h profile.Holder) bool { return h.Store == name }
		if r.old.Store == name || slices.ContainsFunc(sections, in) {
			all = append(all, name)
		}
	}
	return all
}

// keepIn puts a pair into the stores that name it later.
func (r *rotation) keepIn(ctx context.Context, keys profile.Keys, sections []profile.Holder) error {
	for _, keys.Store = range r.storesOf(sections) {
		if _, err := r.app.keep(ctx, keys, nil); err != nil {
			return err
		}
	}
	return nil
}

// dropFrom removes a pair from those stores.
func (r *rotation) dropFrom(ctx context.Context, id string, sections []profile.Holder) {
	for _, name := range r.storesOf(sections) {
		r.app.drop(ctx, profile.Keys{AccessKeyID: id, Store: name})
	}
}

// confirm says what happens to the old key, and asks whether to replace it, in other sections that have it, too. It
// does not ask if nothing is lost: no other section changes, and the old key stays.
func (r *rotation) confirm(ctx context.Context) error {
	all, err := profile.FindKey(r.app.files(), r.old.AccessKeyID)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(h profile.Holder) bool {
		own := h.Pos == r.old.Where
		if own && h.Name == "" {
			r.app.say(msg.Textf("the access key of profile %q is in [DEFAULT] (%s): "+
				"all profiles without keys of their own get the new one", r.profile.Name, h.Pos))
		}
		return own
	})
	id := r.old.AccessKeyID
	text := msg.Textf("Replace the access key %s with a new one, and delete it?", id)
	if r.cmd.KeepOld {
		r.app.say(msg.Textf("a new access key replaces %s, which is only deactivated: other computers and programs "+
			"that have it stop working until it is activated again", id))
	} else {
		r.app.say(msg.Textf("a new access key replaces %s, which is deleted for good: "+
			"other computers and programs that have it stop working; --keep-old only deactivates it", id))
	}
	switch {
	case len(all) > 0:
		yes, no := profile.Changeable(r.app.files(), all)
		r.sharing = yes
		text = sharedQuestion(id, places(yes), places(no))
	case r.cmd.KeepOld:
		return nil
	}
	stays := msg.Errorf("the access key %s stays; nothing was changed", id)
	if len(all) > 0 {
		stays = stays.Hint("answer y to rotate it, or remove it from the other places first")
	}
	return r.app.agreed(ctx, question{text: text, yes: r.cmd.Yes}, stays)
}

// sharedQuestion asks about other places of the key: those that get the new one, and those where it cannot be replaced.
func sharedQuestion(id string, replaced, lost []msg.Text) msg.Text {
	switch {
	case len(lost) == 0:
		return msg.Textf("The access key %s is also in %s, and will be replaced there. Rotate it?", id, replaced)
	case len(replaced) == 0:
		return msg.Textf("The access key %s is also in %s, where it cannot be replaced and will stop working. "+
			"Rotate it?", id, lost)
	}
	return msg.Textf("The access key %s is also in %s, and will be replaced there; it is also in %s, "+
		"where it cannot be replaced and will stop working. Rotate it?", id, replaced, lost)
}

// places names the sections, for messages.
func places(found []profile.Holder) (all []msg.Text) {
	for _, h := range found {
		if h.Name == "" {
			all = append(all, msg.Textf("[DEFAULT], which all profiles inherit (%s)", h.Pos))
		} else {
			all = append(all, msg.Textf("profile %q (%s)", h.Name, h.Pos))
		}
	}
	return all
}

// deleteCommand is the command that deletes a key of the user's.
func (r *rotation) deleteCommand(id string) fmt.Stringer {
	return msg.Command("exec", r.profile.Name, "--",
		"aws", "iam", "delete-access-key", "--user-name", r.who.User, "--access-key-id", id)
}

// signIn obtains an MFA session with the keys now in the file; with --no-mfa it uses those keys themselves.
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

func (r *rotation) connect(ctx context.Context, p profile.Profile) (*awsapi.Client, error) {
	if r.cmd.NoMFA { // IAM takes no session without MFA
		own, err := p.LongTermKeys()
		if err == nil {
			own, err = r.app.withSecret(ctx, own)
		}
		if err != nil {
			return nil, err
		}
		return r.NewClient(ctx, own)
	}
	s, err := r.cmd.userSession(r.app, p)
	if err != nil {
		return nil, err
	}
	return r.NewSessionClient(ctx, s.Credentials)
}

// A change activates, deactivates or deletes a key.
type change func(c *awsapi.Client, ctx context.Context, user, id string) error

// set changes a key. According to AWS, sessions outlive the key they were obtained with ("Permissions for temporary
// security credentials", IAM User Guide); if one does not, set obtains another with the key now in the file. The
// error may be the SDK's.
func (r *rotation) set(ctx context.Context, do change, id string) error {
	err := do(r.with.Client, ctx, r.who.User, id)
	if !r.with.KeysRefused(err) {
		return err
	}
	if err := r.signIn(ctx); err != nil {
		return err
	}
	return do(r.with.Client, ctx, r.who.User, id)
}

// refused explains an error from before there is a new key.
func (r *rotation) refused(err error) error {
	explained := r.with.explain(err)
	if !awsapi.AccessDenied(err) {
		return explained
	}
	denied := msg.Errorf("%s; nothing was changed", explained)
	if r.deletedSecond {
		denied = msg.Errorf("%s; the second access key is deleted already", explained)
	}
	denied = denied.Wrap(explained) // whose hint stays
	if !awsapi.UserPolicyDenies(err) {
		return denied
	}
	return denied.Hint("rotating needs iam:ListAccessKeys, iam:CreateAccessKey, iam:UpdateAccessKey and " +
		"iam:DeleteAccessKey on the user itself, with MFA: ask an administrator of the user's IAM policies")
}

// createKey creates the new key, after it has made room for it and checked that the user may delete the old one.
func (r *rotation) createKey(ctx context.Context) error {
	if err := r.with.CheckKeyReplaceable(ctx, r.who.User); err != nil {
		return r.refused(err)
	}
	for again := false; ; again = true {
		// --yes was not meant for a key that appeared later.
		if err := r.ensureQuota(ctx, r.cmd.Yes && !again); err != nil {
			return err
		}
		var err error
		r.new, err = r.with.CreateKey(ctx, r.who.User)
		switch {
		case err == nil:
			r.new.Where, r.new.Store = r.old.Where, r.old.Store
			r.app.say(msg.Textf("the new access key is %s", r.new.AccessKeyID))
			return nil
		case awsapi.KeyLimitReached(err):
			r.app.warn(msg.Errorf("the user has two access keys now: " +
				"another program created one, or awsmfa did and AWS's answer was lost"))
			if !again && ctx.Err() == nil {
				continue
			}
			r.resolveUnknownKeys(ctx)
		case !awsapi.NotApplied(err):
			r.resolveUnknownKeys(ctx)
		}
		return r.refused(err)
	}
}

// resolveUnknownKeys reports each key that was not there before: one that awsmfa created without getting AWS's
// answer, or another program's. A person decides whether to delete it.
func (r *rotation) resolveUnknownKeys(ctx context.Context) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	all, err := r.with.ListKeys(bounded, r.who.User)
	if err != nil {
		explained := r.with.explain(err)
		r.app.warn(msg.Errorf("AWS may have created a key, and its secret was lost (%s)", explained).Wrap(explained).
			Hint("run %s again, which offers to delete it", msg.Command("rotate", r.profile.Name)))
	}
	for _, k := range all {
		if k.ID != r.old.AccessKeyID {
			r.resolveUnknownKey(ctx, k)
		}
	}
}

func (r *rotation) resolveUnknownKey(ctx context.Context, k awsapi.Key) {
	if ctx.Err() == nil && !r.cmd.Yes {
		confirmed, err := r.app.confirm(ctx, question{text: msg.Textf("User %q has a new access key %s, created %s. "+
			"awsmfa created it and its secret was lost, or another program created it. Delete it for good?",
			r.who.User, k.ID, msg.Minute(k.Created))})
		if err == nil && confirmed {
			if err = r.set(ctx, (*awsapi.Client).DeleteKey, k.ID); err == nil {
				r.app.say(keyDeleted(k.ID))
				return
			}
		}
	}
	r.app.warn(msg.Errorf("the access key %s, created %s, was not there before: "+
		"awsmfa created it and its secret was lost, or another program created it", k.ID, msg.Minute(k.Created)).
		Hint("if nothing needs it:  %s", r.deleteCommand(k.ID)))
}

func keyDeleted(id string) msg.Text { return msg.Textf("the access key %s is deleted", id) }

// ensureQuota makes room for a new key: it deletes any other than the old one. yes is as for deleteSecond.
func (r *rotation) ensureQuota(ctx context.Context, yes bool) error {
	all, err := r.with.ListKeys(ctx, r.who.User)
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

// second is a user's other key.
type second struct {
	awsapi.Key
	use        awsapi.KeyLastUsed
	useUnknown bool             // AWS did not say when it was last used
	sections   []profile.Holder // that have it
	inEnviron  bool             // AWS_ACCESS_KEY_ID is this key
}

// unused says whether the key is inactive, or was never used, and is in no file and not in the environment.
func (k second) unused() bool {
	return len(k.sections) == 0 && !k.inEnviron && (!k.Active || !k.useUnknown && k.use.At.IsZero())
}

// facts is everything known about the key.
func (k second) facts() []msg.Text {
	status := msg.Textf("inactive")
	if k.Active {
		status = msg.Textf("active")
	}
	use := msg.Textf("last used %s (%s, %s)", msg.Minute(k.use.At), k.use.Service, k.use.Region)
	switch {
	case k.useUnknown:
		use = msg.Textf("last use unknown")
	case k.use.At.IsZero():
		use = msg.Textf("never used")
	}
	facts := []msg.Text{status, msg.Textf("created %s", msg.Minute(k.Created)), use}
	for _, place := range places(k.sections) {
		facts = append(facts, msg.Textf("in %s", place))
	}
	if k.inEnviron {
		facts = append(facts, msg.Textf("in the environment (AWS_ACCESS_KEY_ID)"))
	}
	return facts
}

func (r *rotation) second(ctx context.Context, key awsapi.Key) (second, error) {
	k := second{Key: key, inEnviron: r.app.Getenv("AWS_ACCESS_KEY_ID") == key.ID}
	var err error
	k.use, err = r.with.GetKeyLastUsed(ctx, k.ID)
	if ctx.Err() != nil {
		return k, ctx.Err()
	}
	k.useUnknown = err != nil
	k.sections, err = profile.FindKey(r.app.files(), k.ID)
	return k, err
}

// deleteSecond deletes a second key, if a person agrees; for an unused one yes is enough. Sections that have it get the
// profile's key.
func (r *rotation) deleteSecond(ctx context.Context, key awsapi.Key, yes bool) error {
	k, err := r.second(ctx, key)
	if err != nil {
		return err
	}
	changeable, _ := profile.Changeable(r.app.files(), k.sections)
	if yes && k.unused() {
		r.app.say(msg.Textf("user %q has a second access key, %s: %s", r.who.User, k.ID, k.facts()))
	} else if err := r.confirmSecond(ctx, k, places(changeable)); err != nil {
		return err
	}
	if err := r.replaceInFiles(ctx, k.ID, changeable); err != nil {
		return err
	}
	if err := r.set(ctx, (*awsapi.Client).DeleteKey, k.ID); err != nil {
		return r.refused(err)
	}
	r.deletedSecond = true
	r.dropFrom(ctx, k.ID, k.sections)
	r.app.say(keyDeleted(k.ID))
	return ctx.Err()
}

// confirmSecond asks whether to delete a second key, and whether the sections may get the profile's key.
func (r *rotation) confirmSecond(ctx context.Context, k second, sections []msg.Text) error {
	tty, err := term.Open()
	if err != nil {
		err := msg.Errorf("user %q has a second access key, %s: %s; "+
			"AWS allows two, and there is no terminal to ask whether to delete it",
			r.who.User, k.ID, k.facts()).Wrap(err)
		if k.unused() {
			return err.Hint("run this in a terminal, which asks; or add --yes, which deletes it")
		}
		return err.Hint("run this in a terminal, which asks; or, if nothing needs the key:  %s", r.deleteCommand(k.ID))
	}
	tty.Close()
	text := msg.Textf("User %q has a second access key, %s: %s.\n"+
		"AWS allows two: this one must be deleted before a new one is created. An interrupted rotate leaves one.\n"+
		"Delete it for good?", r.who.User, k.ID, k.facts())
	if len(sections) > 0 {
		text = msg.Textf("User %q has a second access key, %s: %s.\n"+
			"AWS allows two: this one must be deleted before a new one is created. An interrupted rotate leaves one.\n"+
			"Delete it for good, and put %s in its place in %s?",
			r.who.User, k.ID, k.facts(), r.old.AccessKeyID, sections)
	}
	return r.app.agreed(ctx, question{text: text},
		msg.Errorf("the second access key %s stays, so no new one could be created; nothing was changed", k.ID).
			Hint("find out what uses it; a user needs only one key"))
}

// replaceInFiles puts the profile's key in the place of a second one, which a rotation leaves that was killed between
// two files. These sections get the new key later, with the profile.
func (r *rotation) replaceInFiles(ctx context.Context, id string, sections []profile.Holder) error {
	if len(sections) == 0 {
		return nil
	}
	if err := r.keepIn(ctx, r.old, sections); err != nil {
		return err
	}
	if err := profile.ReplaceHolders(r.app.files(), sections, id, r.old); err != nil {
		return err
	}
	r.app.say(msg.Textf("%s replaces %s in %s", r.old.AccessKeyID, id, places(sections)))
	r.sharing = append(r.sharing, sections...)
	return nil
}

// inARow is how often in a row AWS must accept a key: the answers come from many servers, which learn of a change one
// by one.
const inARow = 3

// waitActive calls AWS with the key until AWS accepts it. refused means that AWS answered, and did not accept it in
// time.
func (r *rotation) waitActive(ctx context.Context, k profile.Keys) (refused bool, err error) {
	longest := 2 * time.Duration(r.cmd.Timeout)
	deadline := time.Now().Add(longest)
	pause := 250 * time.Millisecond
	for accepted := 0; accepted < inARow; {
		x, err := r.cmd.accountOf(ctx, r.app, r.profile, k, r.cmd.Region)
		switch {
		case err == nil && x.who.ARN != r.who.ARN:
			return true, msg.Errorf("the new access key %s belongs to %s, not to %s",
				k.AccessKeyID, x.who.ARN, r.who.ARN)
		case err == nil:
			accepted++
			continue
		case x == nil || !x.KeysRefused(err):
			return false, err
		case time.Now().After(deadline):
			return true, msg.Errorf("AWS does not accept the access key %s, even after %s",
				k.AccessKeyID, msg.Duration(longest)).
				Hint("try again in a few minutes; --timeout 1m waits twice as long as the default").Wrap(err)
		}
		if pause == 250*time.Millisecond {
			r.app.say(msg.Textf("waiting until all of AWS accepts %s: this takes seconds, at most %s",
				k.AccessKeyID, msg.Duration(longest)))
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(pause):
		}
		accepted, pause = 0, min(2*pause, 4*time.Second)
	}
	return false, nil
}

// abandon deletes the new key, even when ctx has ended, and returns cause. If the file has the new key after all,
// because a network drive reported an error and wrote it, the key stays.
func (r *rotation) abandon(ctx context.Context, cause error) error {
	if p, err := r.cmd.load(r.app); err == nil {
		if k, err := p.LongTermKeys(); err == nil && k.AccessKeyID == r.new.AccessKeyID {
			return r.reportState(ctx, cause)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	r.dropFrom(ctx, r.new.AccessKeyID, r.sharing)
	if err := r.set(ctx, (*awsapi.Client).DeleteKey, r.new.AccessKeyID); err != nil {
		explained := r.with.explain(err)
		r.app.warn(msg.Errorf("profile %q keeps %s, and the new access key %s, which nothing uses, "+
			"could not be deleted: %s", r.profile.Name, r.old.AccessKeyID, r.new.AccessKeyID, explained).
			Wrap(explained).
			Hint("run %s again, which offers to delete it; or:  %s",
				msg.Command("rotate", r.profile.Name), r.deleteCommand(r.new.AccessKeyID)))
	} else {
		r.app.say(msg.Textf("the new access key %s is deleted, and profile %q keeps %s",
			r.new.AccessKeyID, r.profile.Name, r.old.AccessKeyID))
	}
	return cause
}

// retireOld deactivates and deletes the old key, now that the new one is in the file. Wherever it stops, the new one
// works.
func (r *rotation) retireOld(ctx context.Context) error {
	if ctx.Err() != nil {
		return r.reportState(ctx, ctx.Err())
	}
	if err := r.set(ctx, (*awsapi.Client).DeactivateKey, r.old.AccessKeyID); err != nil {
		return r.reportState(ctx, err)
	}
	r.app.say(msg.Textf("the old access key %s is deactivated", r.old.AccessKeyID))
	refused, err := r.waitActive(ctx, r.new)
	switch {
	case refused:
		return r.rollback(ctx, err)
	case err != nil:
		return r.reportState(ctx, err)
	}
	if r.cmd.KeepOld {
		r.app.say(msg.Textf("%s can be activated again in the IAM console; when nothing needs it any more:  %s",
			r.old.AccessKeyID, r.deleteCommand(r.old.AccessKeyID)))
		if r.old.Store != "" {
			r.app.say(msg.Textf("its secret stays in %s until you delete it:  %s", r.app.placeOf(r.old),
				msg.Command("keys", "remove", "--access-key-id", r.old.AccessKeyID)))
		}
	} else if err := r.set(ctx, (*awsapi.Client).DeleteKey, r.old.AccessKeyID); err != nil {
		return r.reportState(ctx, err)
	}
	r.forget()
	if !r.cmd.KeepOld {
		r.dropFrom(ctx, r.old.AccessKeyID, r.sharing)
		r.app.say(msg.Textf("done: the old access key is deleted, and profile %q has %s; the next session needs a code",
			r.profile.Name, r.new.AccessKeyID))
	}
	if left, err := profile.FindKey(r.app.files(), r.old.AccessKeyID); err == nil && len(left) > 0 {
		r.app.warn(msg.Errorf("the old access key %s is still in %s", r.old.AccessKeyID, places(left)).
			Hint("put the new one there by hand"))
	}
	if r.app.Getenv("AWS_ACCESS_KEY_ID") == r.old.AccessKeyID {
		r.app.warn(msg.Errorf("AWS_ACCESS_KEY_ID of this shell is the old access key %s", r.old.AccessKeyID).
			Hint("unset AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"))
	}
	return nil
}

// rollback undoes everything: since the old key was deactivated, AWS does not accept the new one any more.
func (r *rotation) rollback(ctx context.Context, cause error) error {
	ctx = context.WithoutCancel(ctx)
	err := r.set(ctx, (*awsapi.Client).ActivateKey, r.old.AccessKeyID)
	if err == nil {
		_, err = r.waitActive(ctx, r.old)
	}
	if err == nil {
		err = profile.ReplaceShared(r.app.files(), r.profile.Name, r.sharing, r.new, r.old)
	}
	if err != nil {
		explained := r.with.explain(err)
		cause = msg.Errorf("%s; going back to the old key failed, too: %s", cause, explained).Wrap(cause)
		return r.reportState(ctx, cause)
	}
	r.app.say(msg.Textf("the old access key %s is active again, works, and is in profile %q again",
		r.old.AccessKeyID, r.profile.Name))
	return r.abandon(ctx, cause)
}

// reportState adds to cause which keys there are, when the new one is in the file and the old one could not be deleted.
func (r *rotation) reportState(ctx context.Context, cause error) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	name, file, now, old := r.profile.Name, msg.Path(r.new.Where.File), r.new.AccessKeyID, r.old.AccessKeyID
	hint := msg.Textf("run %s again, which offers to delete the old key; or:  %s",
		msg.Command("rotate", name), r.deleteCommand(old))
	var state *msg.Error
	all, err := r.with.ListKeys(bounded, r.who.User)
	i := slices.IndexFunc(all, func(k awsapi.Key) bool { return k.ID == old })
	switch {
	case err != nil:
		state = msg.Errorf("profile %q has the new access key %s (%s); "+
			"whether the old one, %s, still works is not known", name, now, file, old)
	case i < 0:
		state = msg.Errorf("profile %q has the new access key %s (%s), and the old one, %s, is deleted",
			name, now, file, old)
		hint = msg.Textf("nothing is left to do")
	case all[i].Active:
		state = msg.Errorf("profile %q has the new access key %s (%s), and the old one, %s, is still active",
			name, now, file, old)
	default:
		state = msg.Errorf("profile %q has the new access key %s (%s), and the old one, %s, is inactive, not deleted",
			name, now, file, old)
	}
	if errors.Is(cause, context.Canceled) {
		r.app.warn(state.WithHint(hint))
		return cause
	}
	explained := r.with.explain(cause)
	return msg.Errorf("%s; %s", explained, state).WithHint(hint).Wrap(explained)
}

// forget removes the sessions obtained with the old key from the cache, and keeps the cached device for the new key.
func (r *rotation) forget() {
	_, was, err := r.cmd.requestFor(r.app, r.profile, r.profile.Own())
	if err == nil {
		now := was
		now.Keys = r.new
		err = session.ReplaceKey(r.app.cache(), was, now)
	}
	if err != nil {
		r.app.warn(msg.Errorf("removing the sessions of the old key from the cache: %s", msg.Cause(err)).Wrap(err))
	}
}
