// Package keystore keeps secret access keys outside the AWS files, by access key ID: in the system's keyring (Secret
// Service, Windows Credential Manager, macOS Keychain), or in private files. Every call ends within a limit, also if
// the keyring's service does not. The package does nothing before a call, and never asks the person itself, but a
// keyring may.
package keystore

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"awsmfa/cache"
)

// Store keeps secrets by access key ID. An error is ErrNotFound, ErrAbsent, ErrLocked, ErrNoAnswer, the context's, an
// error of package cache, or the keyring's own.
type Store struct {
	Get func(ctx context.Context, id string) (secret string, err error)
	Set func(ctx context.Context, id, secret string) error
	// Remove removes an entry. It is no error if there is none.
	Remove func(ctx context.Context, id string) error
}

// The errors.
var (
	ErrNotFound = errors.New("no such entry")
	ErrAbsent   = errors.New("no keyring")
	ErrLocked   = errors.New("the keyring is locked")
	ErrNoAnswer = errors.New("the keyring does not answer")
)

// The limits of one call, within that of its context. A person who is asked to unlock the keyring gets more time.
const (
	answerLimit = 3 * time.Second
	unlockLimit = 50 * time.Second
)

// service is the name of awsmfa's entries in a keyring.
const service = "awsmfa"

// File returns the store in a directory, which is created when it is needed. Without a directory every call is
// ErrAbsent.
func File(dir string) Store {
	files := cache.Dir{Path: dir, Lasting: true}
	if dir == "" {
		return Store{
			Get:    func(context.Context, string) (string, error) { return "", ErrAbsent },
			Set:    func(context.Context, string, string) error { return ErrAbsent },
			Remove: func(context.Context, string) error { return ErrAbsent },
		}
	}
	return Store{
		Get: func(_ context.Context, id string) (string, error) {
			value, found, err := files.Load(id)
			if err == nil && !found {
				err = ErrNotFound
			}
			return strings.TrimSuffix(string(value), "\n"), err
		},
		Set:    func(_ context.Context, id, secret string) error { return files.Store(id, []byte(secret+"\n")) },
		Remove: func(_ context.Context, id string) error { return files.Remove(id) },
	}
}

// Keyring returns the system's keyring. getenv finds it. waiting is called if a call takes a person, who is asked to
// unlock the keyring.
func Keyring(getenv func(string) string, waiting func()) Store {
	k := ring{getenv, waiting}
	return Store{
		Get: func(ctx context.Context, id string) (string, error) {
			return k.call(ctx, func() (string, error) { return keyring.Get(service, id) })
		},
		Set: func(ctx context.Context, id, secret string) error {
			_, err := k.call(ctx, func() (string, error) { return "", keyring.Set(service, id, secret) })
			return err
		},
		Remove: func(ctx context.Context, id string) error {
			_, err := k.call(ctx, func() (string, error) { return "", keyring.Delete(service, id) })
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		},
	}
}

// HasKeyring reports whether there is a keyring that answers. It does not unlock it.
func HasKeyring(ctx context.Context, getenv func(string) string) bool {
	if !hasKeyring(getenv) {
		return false
	}
	_, err := within(ctx, answerLimit, isLocked)
	return err == nil
}

type ring struct {
	getenv  func(string) string
	waiting func()
}

// call calls the keyring's service within the limit. The library takes no context: a call that does not end is left
// behind.
func (k ring) call(ctx context.Context, do func() (string, error)) (secret string, err error) {
	if !hasKeyring(k.getenv) {
		return "", ErrAbsent
	}
	locked, err := within(ctx, answerLimit, isLocked)
	if err != nil {
		return "", err
	}
	limit := answerLimit
	if locked {
		limit = unlockLimit
		defer time.AfterFunc(time.Second, k.waiting).Stop()
	}
	secret, err = within(ctx, limit, do)
	exit := (*exec.ExitError)(nil)
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return "", ErrNotFound
	case errors.As(err, &exit):
		return "", ofSecurity(exit)
	case err != nil && locked && !errors.Is(err, context.Canceled):
		return "", errors.Join(ErrLocked, err)
	}
	return secret, err
}

// ofSecurity explains how macOS's security ended: with the last byte of an OSStatus. What it prints may be in the
// person's language, so the library does not always know it.
func ofSecurity(exit *exec.ExitError) error {
	switch exit.ExitCode() {
	case 44: // errSecItemNotFound
		return errors.Join(ErrNotFound, exit)
	case 36, 51, 128: // errSecInteractionNotAllowed, errSecAuthFailed, userCanceledErr
		return errors.Join(ErrLocked, exit)
	}
	return exit
}

// within calls do in a goroutine, and waits for it until the limit, or the deadline of ctx if that is earlier.
func within[T any](ctx context.Context, limit time.Duration, do func() (T, error)) (result T, err error) {
	type answer struct {
		result T
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		result, err := do()
		done <- answer{result, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case a := <-done:
		return a.result, a.err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return result, ErrNoAnswer
		}
		return result, ctx.Err()
	}
}
