package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	until   = time.Date(2031, 2, 3, 4, 5, 6, 0, time.FixedZone("", 9*60*60))
	session = Credentials{"ASIAEXAMPLE", "the-secret", "the-token", until}
	errNone = errors.New("the MFA session has ended")
)

func open(t *testing.T, get func(context.Context) (Credentials, error)) *Endpoint {
	t.Helper()
	e, err := Listen(get)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// ask sends a request literally, with $HOST and $TOKEN replaced.
func ask(t *testing.T, e *Endpoint, text string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", e.host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	text = strings.NewReplacer("$HOST", e.host, "$TOKEN", e.Token, "\n", "\r\n").Replace(text)
	if _, err := io.WriteString(conn, text+"\r\n"); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(text, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp, string(body)
}

const good = "GET / HTTP/1.1\nHost: $HOST\nAuthorization: $TOKEN\n"

func TestAnswer(t *testing.T) {
	e := open(t, func(context.Context) (Credentials, error) { return session, nil })
	resp, body := ask(t, e, good)
	if resp.StatusCode != http.StatusOK ||
		resp.Header.Get("Content-Type") != "application/json" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s, %v", resp.Status, resp.Header)
	}
	const want = `{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"the-secret","Token":"the-token",` +
		`"Expiration":"2031-02-02T19:05:06Z"}`
	if body != want {
		t.Errorf("%s, not %s", body, want)
	}
}

// Clients need an expiration.
func TestEndless(t *testing.T) {
	e := open(t, func(context.Context) (Credentials, error) { return Credentials{AccessKeyID: "AKIAEXAMPLE"}, nil })
	_, body := ask(t, e, good)
	var answer struct {
		Token      *string
		Expiration time.Time
	}
	err := json.Unmarshal([]byte(body), &answer)
	if err != nil || answer.Token == nil || time.Until(answer.Expiration) < endless/2 {
		t.Errorf("%v: %s", err, body)
	}
}

func TestRefusal(t *testing.T) {
	e := open(t, func(context.Context) (Credentials, error) { return Credentials{}, errNone })
	resp, body := ask(t, e, good)
	const want = `{"Code":"NoCredentials","Message":"the MFA session has ended"}`
	if resp.StatusCode != http.StatusServiceUnavailable || body != want {
		t.Errorf("%s: %s", resp.Status, body)
	}
}

// Any other request gets an empty refusal, and get is not called.
func TestHostile(t *testing.T) {
	asked := 0
	e := open(t, func(context.Context) (Credentials, error) { asked++; return session, nil })
	for name, text := range map[string]string{
		"no token":       "GET / HTTP/1.1\nHost: $HOST\n",
		"empty token":    "GET / HTTP/1.1\nHost: $HOST\nAuthorization:\n",
		"wrong token":    "GET / HTTP/1.1\nHost: $HOST\nAuthorization: " + strings.Repeat("A", 43) + "\n",
		"longer token":   "GET / HTTP/1.1\nHost: $HOST\nAuthorization: $TOKENA\n",
		"bearer token":   "GET / HTTP/1.1\nHost: $HOST\nAuthorization: Bearer $TOKEN\n",
		"two tokens":     good + "Authorization: $TOKEN\n",
		"another header": "GET / HTTP/1.1\nHost: $HOST\nX-Aws-Ec2-Metadata-Token: $TOKEN\n",
		"token in query": "GET /?Authorization=$TOKEN HTTP/1.1\nHost: $HOST\n",
		"rebound name":   "GET / HTTP/1.1\nHost: evil.example:80\nAuthorization: $TOKEN\n",
		"no port":        "GET / HTTP/1.1\nHost: 127.0.0.1\nAuthorization: $TOKEN\n",
		"localhost":      "GET / HTTP/1.1\nHost: localhost\nAuthorization: $TOKEN\n",
		"absolute":       "GET http://$HOST/ HTTP/1.1\nHost: $HOST\nAuthorization: $TOKEN\n",
		"no host":        "GET / HTTP/1.0\nAuthorization: $TOKEN\n",
		"another path":   "GET /latest/meta-data/ HTTP/1.1\nHost: $HOST\nAuthorization: $TOKEN\n",
		"query":          "GET /? HTTP/1.1\nHost: $HOST\nAuthorization: $TOKEN\n",
		"two slashes":    "GET // HTTP/1.1\nHost: $HOST\nAuthorization: $TOKEN\n",
		"HEAD":           "HEAD / HTTP/1.1\nHost: $HOST\nAuthorization: $TOKEN\n",
		"POST":           "POST / HTTP/1.1\nHost: $HOST\nAuthorization: $TOKEN\nContent-Length: 0\n",
		"OPTIONS": "OPTIONS / HTTP/1.1\nHost: $HOST\nOrigin: https://evil.example\n" +
			"Access-Control-Request-Headers: authorization\n",
		"OPTIONS *": "OPTIONS * HTTP/1.1\nHost: $HOST\n",
		"CONNECT":   "CONNECT $HOST HTTP/1.1\nHost: $HOST\nAuthorization: $TOKEN\n",
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := ask(t, e, text)
			delete(resp.Header, "Date")
			delete(resp.Header, "Content-Length")
			delete(resp.Header, "Connection")
			if resp.StatusCode != http.StatusForbidden || body != "" || len(resp.Header) != 0 {
				t.Errorf("%s, %v: %s", resp.Status, resp.Header, body)
			}
		})
	}
	if asked != 0 {
		t.Errorf("credentials were asked for %d times", asked)
	}
}

func TestLoopbackOnly(t *testing.T) {
	e, other := open(t, nil), open(t, nil)
	if host, _, _ := net.SplitHostPort(e.host); host != "127.0.0.1" || e.URL != "http://"+e.host+"/" {
		t.Errorf("it listens on %s and says %s", e.host, e.URL)
	}
	if e.Token == other.Token || len(e.Token) != 43 {
		t.Error("the tokens are equal or too short")
	}
}

func TestClosed(t *testing.T) {
	e := open(t, func(ctx context.Context) (Credentials, error) { <-ctx.Done(); return Credentials{}, ctx.Err() })
	conn, err := net.Dial("tcp", e.host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	e.Close()
	if _, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error("a connection stays open:", err)
	}
	if conn, err := net.Dial("tcp", e.host); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
}

func TestPrinted(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if text := fmt.Sprintf(verb, session); strings.Contains(text, "the-") || strings.Contains(text, "7468652d") {
			t.Errorf("%s shows %s", verb, text)
		}
	}
}

// lasting returns credentials that last for d.
func lasting(id string, d time.Duration) Credentials {
	return Credentials{AccessKeyID: id, Expiration: time.Now().Add(d)}
}

// Clients that come at once share a renewal; a later one gets its own.
func TestOneRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var renewals atomic.Int32
		r := &Renewer{Renew: func(context.Context, func()) (Credentials, error) {
			n := renewals.Add(1)
			time.Sleep(5 * time.Second)
			return lasting(fmt.Sprint("number ", n), time.Hour), nil
		}}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if c, err := r.Get(t.Context()); err != nil || c.AccessKeyID != "number 1" {
					t.Error(c, err)
				}
			})
		}
		disconnected, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Get(disconnected); !errors.Is(err, context.Canceled) {
			t.Error("a client that has disconnected:", err)
		}
		all.Wait()
		time.Sleep(time.Hour - 30*time.Second) // the cached credentials have almost expired
		if c, err := r.Get(t.Context()); err != nil || c.AccessKeyID != "number 2" || renewals.Load() != 2 {
			t.Error(c, err, renewals.Load())
		}
	})
}

// Get returns the cached credentials while they last: at once if a person is asked, after a moment if the renewal takes
// long. A client that comes later does not wait again.
func TestCachedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, asks := make(chan error), false
		first := true
		r := &Renewer{Unanswered: errNone, Renew: func(ctx context.Context, asking func()) (Credentials, error) {
			if first {
				first = false
				return lasting("old", 20*time.Minute), nil
			}
			if asks {
				asking()
			}
			select {
			case err := <-release:
				return lasting("new", time.Hour), err
			case <-ctx.Done():
				return Credentials{}, ctx.Err()
			}
		}}
		get := func(id string, after time.Duration) {
			t.Helper()
			began := time.Now()
			c, err := r.Get(t.Context())
			if err != nil || c.AccessKeyID != id || time.Since(began) != after {
				t.Error(c, err, "after", time.Since(began))
			}
			synctest.Wait()
		}
		refused := func(why error, after time.Duration) {
			t.Helper()
			began := time.Now()
			if c, err := r.Get(t.Context()); !errors.Is(err, why) || time.Since(began) != after {
				t.Error(c, err, "after", time.Since(began))
			}
			synctest.Wait()
		}
		get("old", 0)
		get("old", graceWhileCached) // it takes long
		get("old", 0)
		release <- errNone // and fails
		synctest.Wait()
		asks = true
		get("old", 0)
		r.Interrupt(nil)
		synctest.Wait()
		get("old", 0)
		time.Sleep(20 * time.Minute)
		refused(errNone, longest) // the person does not answer
		time.AfterFunc(longest/2, func() { release <- nil })
		get("new", longest/2)
		time.Sleep(2 * time.Hour)
		time.AfterFunc(time.Second, r.Close)
		refused(context.Canceled, time.Second)
	})
}
