package cli

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/adrg/xdg"

	"awsmfa/cache"
	"awsmfa/internal/keystore"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
)

// storeFlag is a store of awsmfa's for secret access keys.
type storeFlag string

func (s *storeFlag) UnmarshalText(text []byte) error {
	*s = storeFlag(text)
	return checkStore(string(text), stores)
}

// newStoreFlag is the place of a new key: a store, or the credentials file.
type newStoreFlag string

func (s *newStoreFlag) UnmarshalText(text []byte) error {
	*s = newStoreFlag(text)
	return checkStore(string(text), newStores)
}

func checkStore(name string, all []string) error {
	if !slices.Contains(all, name) {
		return msg.Errorf("there is no store %q", name).Hint("use one of %s", msg.List(all))
	}
	return nil
}

const inCredentials = "credentials" // the AWS file

var (
	stores    = []string{profile.InKeyring, profile.InFile}
	newStores = append(slices.Clone(stores), inCredentials)
)

// pointToStore returns the change that adds awsmfa's lines to a profile.
func (a *app) pointToStore(name string, keys profile.Keys) (profile.Change, error) {
	process, err := processLine(a.Args[0], name)
	if err == nil {
		err = profile.CheckName(name)
	}
	return profile.PointToStore(a.files(), keys, []string{name}, []string{process}), err
}

// keyDirectory is the directory of the file store, in the XDG data directory; "" if that path is not absolute: the
// current directory may belong to another user.
func (a *app) keyDirectory() string {
	if !filepath.IsAbs(xdg.DataHome) || a.Home == "" && a.Getenv("XDG_DATA_HOME") == "" {
		return ""
	}
	return filepath.Join(xdg.DataHome, "awsmfa")
}

// keyStore returns the store that awsmfa_key names.
func (a *app) keyStore(name string) keystore.Store {
	if name == profile.InFile {
		return keystore.File(a.keyDirectory())
	}
	if a.Getenv(varSandbox) != "" {
		return keystore.File("") // every call is ErrAbsent
	}
	return keystore.Keyring(a.Getenv, func() {
		a.say(msg.Textf("the keyring is locked: unlock it in its window"))
	})
}

// withSecret reads the secret of a pair that is in a store.
func (a *app) withSecret(ctx context.Context, keys profile.Keys) (profile.Keys, error) {
	if keys.Store == "" || keys.SecretAccessKey.Reveal() != "" {
		return keys, nil
	}
	a.trace("keys: reading %s from the %s", keys.AccessKeyID, keys.Store)
	text, err := a.keyStore(keys.Store).Get(ctx, keys.AccessKeyID)
	if err != nil {
		return keys, a.storeError(ctx, keys, err)
	}
	secret := profile.NewSecret(text)
	if profile.CheckSecret(secret) != nil {
		return keys, msg.Errorf("the entry of the access key %s in %s holds no secret access key",
			keys.AccessKeyID, a.placeOf(keys)).WithHint(newKeyNeeded())
	}
	keys.SecretAccessKey = secret
	return keys, nil
}

// usableStore returns an error if nothing can be kept in the pair's store, whether or not it has the pair.
func (a *app) usableStore(ctx context.Context, keys profile.Keys) error {
	_, err := a.keyStore(keys.Store).Get(ctx, keys.AccessKeyID)
	if err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return a.storeError(ctx, keys, err)
	}
	return nil
}

// placeOf names the place of a pair.
func (a *app) placeOf(keys profile.Keys) msg.Text {
	switch keys.Store {
	case profile.InKeyring:
		return msg.Textf("the system's keyring")
	case profile.InFile:
		return msg.Textf("awsmfa's directory %s", msg.Path(a.keyDirectory()))
	}
	return msg.Textf("%s", msg.Path(keys.Where.File))
}

// newKeyNeeded is the hint for a secret that is lost.
func newKeyNeeded() msg.Text {
	return msg.Textf("AWS shows a secret only once: create another access key in the IAM console, " +
		"type it into aws configure, and run awsmfa keys store again")
}

// storeError explains an error of a store.
func (a *app) storeError(ctx context.Context, keys profile.Keys, err error) error {
	var unusable *cache.Unusable
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.Is(err, keystore.ErrNotFound):
		return msg.Errorf("the access key %s is not in %s (%s)", keys.AccessKeyID, a.placeOf(keys), keys.Where).
			WithHint(newKeyNeeded()).Wrap(err)
	case keys.Store == profile.InFile && errors.Is(err, keystore.ErrAbsent):
		return msg.Errorf("there is no directory for access keys").
			Hint("set HOME (on Windows LOCALAPPDATA), or XDG_DATA_HOME to an absolute path").Wrap(err)
	case errors.Is(err, keystore.ErrAbsent) && a.Getenv(varSandbox) != "":
		return msg.Errorf("there is no keyring in the demo's sandbox").
			Hint("--store file of awsmfa keys store keeps keys in a file").Wrap(err)
	case errors.Is(err, keystore.ErrAbsent) && runtime.GOOS == "darwin":
		return msg.Errorf("there is no keychain in your home directory").
			Hint("--store file of awsmfa keys store keeps keys in a file").Wrap(err)
	case errors.Is(err, keystore.ErrAbsent):
		return msg.Errorf("there is no keyring: no Secret Service answers on the session bus " +
			"(DBUS_SESSION_BUS_ADDRESS, or bus in XDG_RUNTIME_DIR)").
			Hint("run awsmfa in your desktop session; where there is no keyring, --store file of awsmfa keys store " +
				"keeps keys in a file").Wrap(err)
	case errors.Is(err, keystore.ErrLocked):
		return msg.Errorf("the system's keyring is locked").
			Hint("unlock it in your desktop session, such as with its password manager, and try again").Wrap(err)
	case errors.Is(err, keystore.ErrNoAnswer):
		return msg.Errorf("the system's keyring did not answer in time").
			Hint("look at its service, such as gnome-keyring-daemon: end it, sign in again, and try again").Wrap(err)
	case errors.As(err, &unusable) && unusable.Reason == cache.Loose:
		return session.CacheError(err).Hint("chmod %04o %s", unusable.Want, msg.Word(unusable.Path))
	case keys.Store == profile.InFile:
		return session.CacheError(err)
	}
	return msg.Errorf("the system's keyring: %s", msg.Foreign(err.Error())).Wrap(err).
		Hint("--store file of awsmfa keys store keeps keys in a file")
}

// keep stores the pair, and reads it back. existed reports whether the store had an entry for it already. If that has
// another secret, which nobody can get again, check comes first; a pair that AWS has accepted needs none.
func (a *app) keep(ctx context.Context, keys profile.Keys, check func() error) (existed bool, err error) {
	store := a.keyStore(keys.Store)
	secret := keys.SecretAccessKey.Reveal()
	old, err := store.Get(ctx, keys.AccessKeyID)
	switch {
	case err == nil && old == secret:
		return true, nil
	case err != nil && !errors.Is(err, keystore.ErrNotFound):
		return false, a.storeError(ctx, keys, err)
	}
	existed = err == nil
	if existed && check != nil {
		if err := check(); err != nil {
			return existed, err
		}
	}
	isAnswer := func(err error) bool { return err == nil || errors.Is(err, keystore.ErrNotFound) }
	if err := store.Set(ctx, keys.AccessKeyID, secret); !isAnswer(err) {
		return existed, a.storeError(ctx, keys, err)
	}
	again, err := store.Get(ctx, keys.AccessKeyID)
	if !isAnswer(err) {
		return existed, a.storeError(ctx, keys, err)
	}
	if again != secret {
		return existed, msg.Errorf("%s does not give back what was put into it", a.placeOf(keys)).
			Hint("choose another store with --store")
	}
	return existed, nil
}

// drop removes the pair from its store, unless a profile still names it there. A failure is a warning: nothing needs
// the entry.
func (a *app) drop(ctx context.Context, keys profile.Keys) {
	if keys.Store == "" {
		return
	}
	left, err := profile.FindKey(a.files(), keys.AccessKeyID)
	for _, h := range left {
		if h.Store == keys.Store {
			return
		}
	}
	if err == nil {
		err = a.keyStore(keys.Store).Remove(context.WithoutCancel(ctx), keys.AccessKeyID)
	}
	if err != nil {
		explained := a.storeError(context.WithoutCancel(ctx), keys, err)
		again := msg.Command("keys", "remove", "--access-key-id", keys.AccessKeyID)
		a.warn(msg.Errorf("the access key %s is still in %s: %s", keys.AccessKeyID, a.placeOf(keys), explained).
			Wrap(explained).Hint("remove it with %s", again))
	}
}

// warnReturned warns of a pair that came back into the files of a profile whose keys are in a store.
func (a *app) warnReturned(p profile.Profile) {
	if err := returnedPair(p); err != nil {
		a.warn(err)
	}
}

// returnedPair is that warning, or nil; also if it is no pair of long-term keys, for which there is an error.
func returnedPair(p profile.Profile) error {
	at, is := p.ReturnedPair()
	if keys, _ := p.LongTermKeys(); keys.AccessKeyID == "" || !is {
		return nil
	}
	return msg.Errorf("profile %q has an access key in %s again, beside awsmfa_key (%s): "+
		"AWS clients use it without MFA", p.Name, at, p.Where("awsmfa_key")).
		Hint("%s takes it in", msg.Command("keys", "store", p.Name))
}

// lockKey keeps other runs on this computer from moving or replacing the same pair.
func (a *app) lockKey(ctx context.Context, id string) (unlock func(), err error) {
	return a.lockSoon(ctx, "keys-"+id, msg.Errorf("another awsmfa is moving or replacing the access key %s", id).
		Hint("wait until it has finished"))
}

// storeOf is the store to use: the flag's, else the one that the profile has, else the keyring.
func storeOf(flag storeFlag, p profile.Profile) string {
	stored, _ := p.StoredKeys()
	return cmp.Or(string(flag), stored.Store, profile.InKeyring)
}
