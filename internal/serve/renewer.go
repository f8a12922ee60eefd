package serve

import (
	"context"
	"sync"
	"time"
)

// How long a client waits for a renewal. Botocore gives up after 2 seconds and the SDK for JavaScript after one, each
// three or four times (utils.ContainerMetadataFetcher; credential-provider-http); the Go SDK waits.
const (
	graceWhileCached = 900 * time.Millisecond // while the cached credentials last
	longest          = time.Minute            // without any: a person is about to type a code
)

// tooShort is a remaining lifetime with which a client should not start its work.
const tooShort = time.Minute

// Renewer returns credentials and renews them, with one renewal at a time for all clients.
type Renewer struct {
	// Renew returns credentials that last for a while: the same as last time, or new ones. It calls asking before it
	// waits for a person. Interrupt ends ctx, but the end of the client that came first does not.
	Renew func(ctx context.Context, asking func()) (Credentials, error)
	// Unanswered is the error for a client that has waited in vain.
	Unanswered error
	// Cached are the credentials before the first Get; afterwards the last from Renew.
	Cached Credentials

	mu      sync.Mutex
	renewal *renewal // in progress
}

type renewal struct {
	began  time.Time
	asking chan struct{} // closed when Renew waits for a person
	done   chan struct{} // closed when c and err are set
	c      Credentials
	err    error
	cancel context.CancelCauseFunc
}

// Get returns the credentials of the renewal, or, if that takes time, the cached ones while they last.
func (r *Renewer) Get(ctx context.Context) (Credentials, error) {
	n, cached := r.join()
	until, asking := time.Now().Add(longest), (<-chan struct{})(nil)
	if cached.remaining() > tooShort {
		until, asking = n.began.Add(graceWhileCached), n.asking
	}
	late := time.NewTimer(time.Until(until))
	defer late.Stop()
	err := r.Unanswered
	select {
	case <-n.done:
		if n.err == nil {
			return n.c, nil
		}
		err = n.err
	case <-asking:
	case <-late.C:
	case <-ctx.Done():
		return Credentials{}, ctx.Err()
	}
	if cached.remaining() > 0 {
		return cached, nil
	}
	return Credentials{}, err
}

// join returns the renewal in progress, or begins one, and the cached credentials.
func (r *Renewer) join() (*renewal, Credentials) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.renewal == nil {
		ctx, cancel := context.WithCancelCause(context.Background())
		n := &renewal{began: time.Now(), asking: make(chan struct{}), done: make(chan struct{}), cancel: cancel}
		r.renewal = n
		go func() {
			n.c, n.err = r.Renew(ctx, sync.OnceFunc(func() { close(n.asking) }))
			cancel(nil)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.renewal = nil
			if n.err == nil {
				r.Cached = n.c
			}
			close(n.done)
		}()
	}
	return r.renewal, r.Cached
}

// Interrupt cancels the renewal in progress, if there is one, with a cause for its context.
func (r *Renewer) Interrupt(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.renewal != nil {
		r.renewal.cancel(cause)
	}
}

// Close interrupts the renewal and waits until it has ended. Do not call Get afterwards.
func (r *Renewer) Close() {
	r.Interrupt(nil)
	r.mu.Lock()
	n := r.renewal
	r.mu.Unlock()
	if n != nil {
		<-n.done
	}
}

// remaining returns how long the credentials last: 0 if there are none.
func (c Credentials) remaining() time.Duration {
	switch {
	case c.AccessKeyID == "":
		return 0
	case c.Expiration.IsZero():
		return endless
	}
	return time.Until(c.Expiration)
}
