package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"awsmfa/internal/keystore"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

type keysCmd struct {
	Store   keysStoreCmd   `cmd:"" help:"Move a profile's keys into the keyring; AWS clients get its MFA session."`
	Restore keysRestoreCmd `cmd:"" help:"Move keys back into the credentials file."`
	List    keysListCmd    `cmd:"" help:"List the access keys, and where each is."`
	Remove  keysRemoveCmd  `cmd:"" help:"Delete a profile's keys for good."`
}

type keysStoreCmd struct {
	profileFlags
	Store storeFlag
	Yes   bool `short:"y"`
}

func (c *keysStoreCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"store": msg.Textf("keyring: the system's; file: a private file of awsmfa's own, where there is no keyring. " +
			"Else where the profile's keys are, then keyring."),
		"yes": msg.Textf("Do not ask before keys and settings move."),
	})
}

func (*keysStoreCmd) values() flagValues { return flagValues{"store": plainValues(stores)} }

func (*keysStoreCmd) Help() string {
	return `Moves the access key out of the AWS files, into the system's keyring, and gives the profile a
credential_process that runs awsmfa. From then on AWS clients that read credential_process, as nearly all do, have the
MFA session with --profile alone, and no key is in a file:

  aws --profile prod s3 ls

All profiles with the same key change together. Before it asks, it prints what else changes. awsmfa keys restore moves
the key back.`
}

// Run moves the pair. Its order makes the profile work at every moment: the store, read back; AWS, asked with what the
// store gave; the config file; and last the lines of the pair, which every client prefers while they are there.
func (c *keysStoreCmd) Run(a *app) error {
	p, err := c.read(a)
	if err != nil {
		return err
	}
	ctx, stop := a.catchSignals()
	defer stop()
	m, err := a.planMove(p, storeOf(c.Store, p))
	if err != nil {
		return err
	}
	unlock, err := a.lockKey(ctx, m.from.AccessKeyID)
	if err != nil {
		return err
	}
	defer unlock()
	if m.done() {
		return m.finish(ctx)
	}
	if err := a.usableStore(ctx, m.to); err != nil {
		return err
	}
	m.explain()
	q := question{
		text: msg.Textf("Move the access key %s into %s?", m.from.AccessKeyID, a.placeOf(m.to)), yes: c.Yes,
	}
	stays := msg.Errorf("the access key %s stays where it is", m.from.AccessKeyID)
	if err := a.agreed(ctx, q, stays); err != nil {
		return err
	}
	roles, err := m.offerSerials(ctx, c.Yes)
	if err != nil {
		return err
	}
	return m.run(ctx, &c.profileFlags, roles)
}

// move moves a pair into a store.
type move struct {
	*app
	profile   profile.Profile
	from, to  profile.Keys
	movable   []profile.Holder // the sections that change, the profile's own first
	staying   []profile.Holder // other sections with the key, which cannot change
	names     []string         // the profiles of movable
	processes []string         // the credential_process of each
	roles     []profile.Profile
}

// planMove reads what there is to move, and checks that the files can be changed.
func (a *app) planMove(p profile.Profile, store string) (*move, error) {
	m := &move{app: a, profile: p}
	stored, isStored := p.StoredKeys()
	_, returned := p.ReturnedPair()
	var err error
	if m.from = stored; !isStored || returned {
		if m.from, err = p.PlainKeys(); err != nil {
			return nil, err
		}
	}
	if p.IsRole() {
		return nil, msg.Errorf("profile %q is a role (role_arn, %s) beside its access key (%s), "+
			"and every AWS client would get the role's session as the user's",
			p.Name, p.Where("role_arn"), m.from.Where).
			Hint("move the role into a profile of its own, with source_profile = %s", msg.Word(p.Name))
	}
	m.to = m.from
	m.to.Store = store
	all, err := profile.FindKey(a.files(), m.from.AccessKeyID)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(x, y profile.Holder) int {
		return cmp.Compare(rank(x, p.Name), rank(y, p.Name))
	})
	for _, h := range all {
		process, err := a.movable(m, h)
		switch {
		case err != nil && h.Name == p.Name:
			return nil, err
		case err != nil:
			m.staying = append(m.staying, h)
			continue
		}
		m.movable = append(m.movable, h)
		if !slices.Contains(m.names, h.Name) {
			m.names, m.processes = append(m.names, h.Name), append(m.processes, process)
		}
	}
	if !slices.Contains(m.names, p.Name) { // the pair is inherited
		return nil, msg.Errorf("the access key of profile %q is in [DEFAULT] (%s), which all profiles inherit",
			p.Name, m.from.Where).Hint("move its two lines to the section of the profile first")
	}
	for _, change := range m.changes() {
		if err := change.Check(); err != nil {
			return nil, err
		}
	}
	return m, m.findRoles()
}

func rank(h profile.Holder, name string) int {
	if h.Name == name {
		return 0
	}
	return 1
}

// movable returns the credential_process for a section, or why its pair cannot move.
func (a *app) movable(m *move, h profile.Holder) (process string, err error) {
	p, err := profile.Load(a.files(), h.Name)
	if err != nil {
		return "", err
	}
	if p.IsRole() {
		return "", msg.Errorf("profile %q is a role", h.Name)
	}
	if process, err = processLine(a.Args[0], h.Name); err != nil {
		return "", err
	}
	one := &move{
		app: a, from: m.from, to: m.to, movable: []profile.Holder{h},
		names: []string{h.Name}, processes: []string{process},
	}
	for _, change := range one.changes() {
		if err := change.Check(); err != nil {
			return "", err
		}
	}
	return process, nil
}

// changes are the changes of the files, in order.
func (m *move) changes() []profile.Change {
	files := m.files()
	return []profile.Change{
		profile.PointToStore(files, m.to, m.names, m.processes),
		profile.RemovePair(files, files.Credentials, m.from, m.movable),
		profile.RemovePair(files, files.Config, m.from, m.movable),
	}
}

// done reports whether the pair is in the store already, and in no section that could change.
func (m *move) done() bool {
	return !slices.ContainsFunc(m.movable, func(h profile.Holder) bool { return h.Store != m.to.Store })
}

// finish adds what an interrupted run, or a program that rewrote the file, has left out.
func (m *move) finish(ctx context.Context) error {
	if _, err := m.withSecret(ctx, m.to); err != nil {
		return err
	}
	if err := m.changes()[0].Apply(); err != nil {
		return err
	}
	m.say(msg.Textf("the access key %s of profile %q is in %s", m.to.AccessKeyID, m.profile.Name, m.placeOf(m.to)))
	return nil
}

// findRoles finds the profiles that are roles assumed with the pair.
func (m *move) findRoles() error {
	library, err := profile.Open(m.files())
	if err != nil {
		return err
	}
	for _, name := range library.Names() {
		p, err := library.Load(name)
		if err != nil || !p.IsRole() {
			continue // a mistake in another profile is none of this command's
		}
		if source, _ := p.Get("source_profile"); slices.Contains(m.names, source) {
			m.roles = append(m.roles, p)
		}
	}
	return nil
}

// explain says what will change, before anything does.
func (m *move) explain() {
	id, where := m.from.AccessKeyID, m.placeOf(m.to)
	m.say(msg.Textf("the access key %s moves from %s into %s", id, places(m.movable), where))
	m.say(msg.Textf("AWS clients then get the MFA session of %s from awsmfa (credential_process)", msg.Names(m.names)))
	if len(m.staying) > 0 {
		m.warn(msg.Errorf("the access key %s stays in %s, where it cannot be moved", id, places(m.staying)).
			Hint("take it out of there by hand"))
	}
	for _, role := range m.roles {
		chain, err := role.Chain()
		if err != nil || len(chain.Roles) == 0 {
			continue
		}
		if chain.Roles[len(chain.Roles)-1].Duration > profile.MaxChainedDuration {
			m.warn(msg.Errorf("AWS clients will assume the role of profile %q with a session, "+
				"for which AWS allows 1h at most, and it has duration_seconds for more (%s)",
				role.Name, role.Where("duration_seconds")).
				Hint("set it to 3600, or use %s for that role", msg.Command("env", role.Name)))
		}
	}
	if m.to.Store == profile.InKeyring {
		m.say(msg.Textf("what has no keyring gets no new session: containers that mount ~/.aws, services, " +
			"SSH sessions on a computer where nobody is signed in"))
	} else {
		m.say(msg.Textf("what cannot run awsmfa with your home directory gets no session: " +
			"containers that mount ~/.aws"))
	}
	m.say(msg.Textf("aws configure get aws_access_key_id --profile %s then prints nothing", msg.Word(m.profile.Name)))
	if m.to.Store == profile.InKeyring && m.Getenv("SSH_CONNECTION") != "" {
		m.warn(msg.Errorf("this is an SSH session: the keyring may be locked in the next one").
			Hint("--store file keeps the keys in a file instead"))
	}
	for _, process := range m.processes {
		m.warnQuotes(process)
	}
}

// offerSerials offers to move mfa_serial out of the roles: with it the AWS CLI asks for a code of its own. It returns
// the roles for which that is agreed.
func (m *move) offerSerials(ctx context.Context, yes bool) (agreed []profile.Profile, err error) {
	for _, role := range m.roles {
		if role.MFASerial == "" {
			continue
		}
		source, _ := role.Get("source_profile")
		if profile.MoveSerial(m.files(), role, source).Check() != nil {
			m.warnSerial(role)
			continue
		}
		confirmed, err := m.confirm(ctx, question{
			text: msg.Textf("Profile %q is a role with mfa_serial (%s), "+
				"for which the AWS CLI asks for a code of its own. Move that line to profile %q?",
				role.Name, role.Where("mfa_serial"), source),
			defaultYes: true, yes: yes,
		})
		if err != nil {
			return nil, err
		}
		if confirmed {
			agreed = append(agreed, role)
		}
	}
	return agreed, nil
}

func (m *move) warnSerial(role profile.Profile) {
	m.warn(msg.Errorf("profile %q is a role with mfa_serial (%s): "+
		"the AWS CLI asks for a code of its own for it", role.Name, role.Where("mfa_serial")).
		Hint("take that line out of the role"))
}

// run moves the pair, and then mfa_serial out of the roles.
func (m *move) run(ctx context.Context, flags *profileFlags, roles []profile.Profile) (err error) {
	if m.from, err = m.withSecret(ctx, m.from); err != nil {
		return err
	}
	m.to.SecretAccessKey = m.from.SecretAccessKey
	existed, err := m.keep(ctx, m.to, func() error {
		_, err := flags.accountOf(ctx, m.app, m.profile, m.from, "")
		return err
	})
	if err != nil {
		return unchanged(err)
	}
	changes := m.changes()
	asked := m.to
	asked.SecretAccessKey = profile.Secret{} // what the store gives
	if _, err = flags.accountOf(ctx, m.app, m.profile, asked, ""); err == nil {
		err = changes[0].Apply()
	}
	if err != nil {
		if !existed {
			m.drop(ctx, m.to)
		}
		return unchanged(err)
	}
	for _, change := range changes[1:] {
		if err := change.Apply(); err != nil {
			return msg.Errorf("the access key %s is in %s, and still in a file: %s",
				m.to.AccessKeyID, m.placeOf(m.to), err).Wrap(err).
				Hint("run %s again", msg.Command("keys", "store", m.profile.Name))
		}
	}
	if m.from.Store != m.to.Store {
		m.drop(ctx, m.from)
	}
	for _, role := range roles {
		source, _ := role.Get("source_profile")
		if err := profile.MoveSerial(m.files(), role, source).Apply(); err != nil { // it may have another role's by now
			if now, err := profile.Load(m.files(), role.Name); err == nil {
				role = now // its lines have moved
			}
			m.warnSerial(role)
		}
	}
	m.sayReplaced()
	m.say(msg.Textf("the access key %s is in %s, and in no file of %s; try:  aws --profile %s sts get-caller-identity",
		m.to.AccessKeyID, m.placeOf(m.to), msg.Names(m.names), msg.Word(m.profile.Name)))
	return nil
}

// sayReplaced says where the pair is that the profile had in a store before another came into the files.
func (m *move) sayReplaced() {
	if old, is := m.profile.StoredKeys(); is && old.AccessKeyID != m.to.AccessKeyID {
		m.warn(msg.Errorf("the access key that the profile had before, %s, is still in %s",
			old.AccessKeyID, m.placeOf(old)).
			Hint("if nothing needs it:  %s", msg.Command("keys", "remove", "--access-key-id", old.AccessKeyID)))
	}
}

// unchanged is err, whose hint stays, for a run that has changed no file.
func unchanged(err error) *msg.Error { return msg.Errorf("%s; nothing was changed", err).Wrap(err) }

type keysRestoreCmd struct {
	profileFlags
	All bool
}

func (c *keysRestoreCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{"all": msg.Textf("Restore the keys of all profiles.")})
}

func (*keysRestoreCmd) Help() string {
	return `Writes the access key back into the credentials file, for all profiles that have it, and removes it from the
keyring, and the profiles' lines that run awsmfa. AWS clients then use the key itself, without MFA.`
}

// Run restores pairs: the credentials file first, then the config file, and last the store.
func (c *keysRestoreCmd) Run(a *app) error {
	if c.All && (c.Name != "" || c.Profile != "") {
		return &usageError{msg.Errorf("--all is for all profiles, and one is named").Hint("leave one of the two out")}
	}
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	ctx, stop := a.catchSignals()
	defer stop()
	all, err := c.pairs(a)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		a.say(msg.Textf("no profile has its keys in the keyring or in a file of awsmfa's"))
	}
	for _, keys := range all {
		if err := a.restore(ctx, keys); err != nil {
			return err
		}
	}
	return nil
}

// pairs lists the pairs to restore.
func (c *keysRestoreCmd) pairs(a *app) (all []profile.Keys, err error) {
	if !c.All {
		p, err := c.load(a)
		if err != nil {
			return nil, err
		}
		keys, err := storedKeys(p)
		return []profile.Keys{keys}, err
	}
	holders, err := profile.Holders(a.files())
	for _, h := range holders {
		same := func(k profile.Keys) bool { return k.AccessKeyID == h.ID && k.Store == h.Store }
		if h.Store != "" && !slices.ContainsFunc(all, same) {
			all = append(all, profile.Keys{AccessKeyID: h.ID, Store: h.Store, Where: h.Pos})
		}
	}
	return all, err
}

// storedKeys returns the pair of a profile whose keys are in a store.
func storedKeys(p profile.Profile) (profile.Keys, error) {
	keys, is := p.StoredKeys()
	if !is {
		if _, err := p.LongTermKeys(); err != nil {
			return keys, err
		}
		return keys, msg.Errorf("profile %q has its keys in the AWS files, not in a store of awsmfa's (%s)",
			p.Name, p.Where("aws_access_key_id")).
			Hint("%s shows where keys are", msg.Command("keys", "list"))
	}
	return keys, nil
}

func (a *app) restore(ctx context.Context, keys profile.Keys) error {
	unlock, err := a.lockKey(ctx, keys.AccessKeyID)
	if err != nil {
		return err
	}
	defer unlock()
	names, err := a.profilesOf(keys)
	if err != nil {
		return err
	}
	if keys, err = a.withSecret(ctx, keys); err != nil {
		return err
	}
	files := a.files()
	changes := []profile.Change{profile.AddPair(files, keys, names), profile.ForgetStore(files, keys, names)}
	for _, change := range changes {
		if err := change.Check(); err != nil {
			return err
		}
	}
	for _, change := range changes {
		if err := change.Apply(); err != nil {
			return err
		}
	}
	a.drop(ctx, keys)
	a.say(msg.Textf("the access key %s of %s is in %s again, where AWS clients use it without MFA",
		keys.AccessKeyID, msg.Names(names), msg.Path(files.Credentials)))
	a.warnLoose(files.Credentials)
	return nil
}

// profilesOf lists the profiles whose awsmfa_key is the pair in that store.
func (a *app) profilesOf(keys profile.Keys) (names []string, err error) {
	all, err := profile.FindKey(a.files(), keys.AccessKeyID)
	for _, h := range all {
		if h.Store == keys.Store && h.Name != "" && !slices.Contains(names, h.Name) {
			names = append(names, h.Name)
		}
	}
	return names, err
}

type keysRemoveCmd struct {
	profileFlags
	AccessKeyID string `name:"access-key-id"`
	Yes         bool   `short:"y"`
}

func (c *keysRemoveCmd) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"access-key-id": msg.Textf("Delete this pair, which no profile has, from the keyring and the file."),
		"yes":           msg.Textf("Do not ask before they are deleted."),
	})
}

func (*keysRemoveCmd) Help() string {
	return `Deletes the secret access key from the keyring or awsmfa's file, and the lines for it from the profiles
that have it. AWS does not show a secret again. The access key itself stays at AWS: delete it there, too, if nothing
needs it.`
}

// Run deletes the entry first: until the lines are gone, the next run finds it by them.
func (c *keysRemoveCmd) Run(a *app) error {
	ctx, stop := a.catchSignals()
	defer stop()
	if c.AccessKeyID != "" {
		return c.unused(ctx, a)
	}
	p, err := c.read(a)
	if err != nil {
		return err
	}
	keys, err := storedKeys(p)
	if err != nil {
		return err
	}
	unlock, err := a.lockKey(ctx, keys.AccessKeyID)
	if err != nil {
		return err
	}
	defer unlock()
	names, err := a.profilesOf(keys)
	if err != nil {
		return err
	}
	change := profile.ForgetStore(a.files(), keys, names)
	if err := change.Check(); err != nil {
		return err
	}
	q := question{
		text: msg.Textf("Delete the secret of the access key %s for good from %s? %s will have no keys.",
			keys.AccessKeyID, a.placeOf(keys), msg.Names(names)),
		yes: c.Yes,
	}
	stays := msg.Errorf("the access key %s stays in %s", keys.AccessKeyID, a.placeOf(keys))
	if err := a.agreed(ctx, q, stays); err != nil {
		return err
	}
	if err := a.keyStore(keys.Store).Remove(ctx, keys.AccessKeyID); err != nil {
		return a.storeError(ctx, keys, err)
	}
	if err := change.Apply(); err != nil {
		return err
	}
	a.say(msg.Textf("the secret of the access key %s is deleted, and the lines for it in %s",
		keys.AccessKeyID, msg.Names(names)))
	return nil
}

// unused removes a pair that no profile has.
func (c *keysRemoveCmd) unused(ctx context.Context, a *app) error {
	if !profile.IsKeyID(c.AccessKeyID) {
		return &usageError{profile.NotKeyID()}
	}
	all, err := profile.FindKey(a.files(), c.AccessKeyID)
	if err != nil {
		return err
	}
	for _, h := range all {
		if h.Store != "" {
			return msg.Errorf("profile %q has the access key %s (%s)", h.Name, h.ID, h.Pos).
				Hint("%s deletes it", msg.Command("keys", "remove", h.Name))
		}
	}
	q := question{text: msg.Textf("Delete the secret of the access key %s for good?", c.AccessKeyID), yes: c.Yes}
	if err := a.agreed(ctx, q, msg.Errorf("the access key %s stays", c.AccessKeyID)); err != nil {
		return err
	}
	found := false
	for _, name := range stores {
		keys := profile.Keys{AccessKeyID: c.AccessKeyID, Store: name}
		store := a.keyStore(name)
		_, err := store.Get(ctx, c.AccessKeyID)
		switch {
		case errors.Is(err, keystore.ErrNotFound), errors.Is(err, keystore.ErrAbsent):
			continue
		case err == nil:
			err = store.Remove(ctx, c.AccessKeyID)
		}
		if err != nil {
			return a.storeError(ctx, keys, err)
		}
		found = true
		a.say(msg.Textf("the secret of the access key %s is deleted from %s", c.AccessKeyID, a.placeOf(keys)))
	}
	if !found {
		return msg.Errorf("the access key %s is in no store of awsmfa's", c.AccessKeyID).
			Hint("%s shows where keys are", msg.Command("keys", "list"))
	}
	return nil
}

type keysListCmd struct {
	JSON bool `name:"json"`
}

func (*keysListCmd) help() flagHelp {
	return flagHelp{"json": msg.Textf("Print the keys as one JSON object.")}
}

func (*keysListCmd) Help() string {
	return `Prints one line for each access key and each place where it is: its ID, keyring, file (awsmfa's own) or the
AWS file that has the key itself, and the profiles. It does not open the keyring, and shows no secret.

With --json it prints one object with keys: access_key_id, store (keyring, file, or null for the AWS files), file,
profiles.`
}

// Run lists the pairs that the files name.
func (c *keysListCmd) Run(a *app) error {
	holders, err := profile.Holders(a.files())
	if err != nil {
		return err
	}
	type key struct {
		ID       string   `json:"access_key_id"`
		Store    *string  `json:"store"`
		File     string   `json:"file"`
		Profiles []string `json:"profiles"`
	}
	var all []*key
	for _, h := range holders {
		i := slices.IndexFunc(all, func(k *key) bool {
			return k.ID == h.ID && k.File == h.File && (k.Store == nil) == (h.Store == "") &&
				(k.Store == nil || *k.Store == h.Store)
		})
		if i < 0 {
			i, all = len(all), append(all, &key{ID: h.ID, Store: orNull(h.Store), File: h.File})
		}
		if name := cmp.Or(h.Name, "DEFAULT"); !slices.Contains(all[i].Profiles, name) {
			all[i].Profiles = append(all[i].Profiles, name)
		}
	}
	if c.JSON {
		return a.print(asciiJSON(struct {
			Keys []*key `json:"keys"`
		}{append([]*key{}, all...)}))
	}
	if len(all) == 0 {
		none := msg.Textf("no profile has an access key: %s makes one", msg.Command("setup"))
		if user, by := a.underSudo(); user != "" {
			none = msg.Textf("no profile has an access key: %s", runWithout(user, by))
		}
		a.say(none)
		return nil
	}
	oneLine := func(text string) string { return a.printable(msg.Foreign(text)) }
	var rows [][]string
	for _, k := range all {
		where := msg.Path(k.File).String()
		if k.Store != nil {
			where = *k.Store
		}
		rows = append(rows, []string{oneLine(k.ID), oneLine(where), oneLine(strings.Join(k.Profiles, ", "))})
	}
	return a.print(columns(rows, func(_, _ int, text string) string { return text }))
}
