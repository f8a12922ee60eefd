package serve

import (
	"context"
	"sync"
	"time"
)

// How long a client waits for a renewal. Botocore gives up after 2 seconds and the SDK for JavaScript after one, each
// three or four times (utils.ContainerMetadataFetcher; credential-provider-http); the Go SDK waits.
const (
	graceWhileCached = 900 * time.Millisecond // while what is held still lasts
	longest          = time.Minute            // when nothing else can be done: a person is about to type a code
)

// spent is the rest of a lifetime that is too short to start a piece of work with.
const spent = time.Minute

// Renewer hands out credentials and renews them, once at a time however many clients ask.
type Renewer struct {
	// Renew returns credentials that are good for a while: the same as last time, or new ones. It calls asking when
	// it is about to wait for a person. ctx ends with Interrupt, not with the client that happened to ask first.
	Renew func(ctx context.Context, asking func()) (Credentials, error)
	// Unanswered is what a client is told that has waited in vain.
	Unanswered error
	// Held are credentials that there are before the first Get; afterwards the last that Renew returned.
	Held Credentials

	mu      sync.Mutex
	renewal *renewal // under way
}

type renewal struct {
	began  time.Time
	asking chan struct{} // closed when a person is asked
	done   chan struct{} // closed when c and err are there
	c      Credentials
	err    error
	cancel context.CancelCauseFunc
}

// Get returns credentials. While a renewal takes its time, it is those held before, as long as they last.
func (r *Renewer) Get(ctx context.Context) (Credentials, error) {
	n, held := r.join()
	until, asking := time.Now().Add(longest), (<-chan struct{})(nil)
	if held.remaining() > spent {
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
	if held.remaining() > 0 {
		return held, nil
	}
	return Credentials{}, err
}

// join returns the renewal under way, or begins one.
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
				r.Held = n.c
			}
			close(n.done)
		}()
	}
	return r.renewal, r.Held
}

// Interrupt ends the renewal that is under way, if there is one, with a cause for its context.
func (r *Renewer) Interrupt(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.renewal != nil {
		r.renewal.cancel(cause)
	}
}

// Close is Interrupt, and waits until the renewal has ended. After it there must be no Get.
func (r *Renewer) Close() {
	r.Interrupt(nil)
	r.mu.Lock()
	n := r.renewal
	r.mu.Unlock()
	if n != nil {
		<-n.done
	}
}

// remaining is how long they last; none last no time at all.
func (c Credentials) remaining() time.Duration {
	switch {
	case c.AccessKeyID == "":
		return 0
	case c.Expiration.IsZero():
		return endless
	}
	return time.Until(c.Expiration)
}
