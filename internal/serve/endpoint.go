// Package serve is the credential endpoint of exec --server: credentials on loopback, in the form that AWS clients
// ask a container's endpoint for them, for whoever has the token and nobody else; and one renewal at a time however
// many ask. It never decides where credentials come from, never writes anything down, never prints, and listens on
// nothing but 127.0.0.1.
package serve

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Credentials are what a client is given. However they are printed, they show no secret.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string    // "" when they have none
	Expiration      time.Time // zero when they do not end
}

// Format writes which credentials they are and nothing that opens anything, for every verb.
func (c Credentials) Format(w fmt.State, _ rune) {
	fmt.Fprintf(w, "credentials %s until %s", c.AccessKeyID, c.Expiration.UTC().Format(time.RFC3339))
}

// The limits of a request, which is a few hundred bytes from a program on this computer.
const (
	requestTime = 5 * time.Second
	idleTime    = time.Minute
	headerBytes = 8 << 10
)

// endless is the lifetime that clients are told of credentials that do not end: botocore and the SDK for JavaScript
// take none that name no end, and come back for more before it.
const endless = time.Hour

// Endpoint is the open endpoint. Close it.
type Endpoint struct {
	// URL is for AWS_CONTAINER_CREDENTIALS_FULL_URI, Token for AWS_CONTAINER_AUTHORIZATION_TOKEN (AWS SDKs and Tools
	// Reference Guide, "Container credential provider").
	URL   string
	Token string

	host   string
	get    func(context.Context) (Credentials, error)
	server *http.Server
}

// Listen opens an endpoint on a free port of 127.0.0.1 that answers with what get returns. What get's error says is
// told to the client, who shows it to the person: it must hold no secret.
func Listen(get func(context.Context) (Credentials, error)) (*Endpoint, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	token := make([]byte, 32)
	rand.Read(token)
	e := &Endpoint{
		URL:   "http://" + l.Addr().String() + "/",
		Token: base64.RawURLEncoding.EncodeToString(token),
		host:  l.Addr().String(),
		get:   get,
	}
	e.server = &http.Server{
		Handler:           e,
		ReadHeaderTimeout: requestTime,
		ReadTimeout:       requestTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          log.New(io.Discard, "", 0),

		DisableGeneralOptionsHandler: true, // or OPTIONS * would be answered
	}
	go e.server.Serve(l) //nolint:errcheck // it ends with Close, and says so
	return e, nil
}

// Close ends the endpoint and every connection to it.
func (e *Endpoint) Close() {
	e.server.Close() //nolint:errcheck // nobody is left to tell
}

// ServeHTTP answers the one request that there is. Any other learns nothing of what was wrong with it: a web page
// that guesses ports, also by a name of its own that it has made 127.0.0.1 (DNS rebinding, which Host gives away),
// and another user's program, which does not know the token.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := r.Header["Authorization"]
	if r.Method != http.MethodGet || r.RequestURI != "/" || r.Host != e.host || len(given) != 1 ||
		subtle.ConstantTimeCompare([]byte(given[0]), []byte(e.Token)) != 1 {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	c, err := e.get(r.Context())
	if r.Context().Err() != nil {
		return // the client is gone
	}
	var answer any
	status := http.StatusOK
	if err != nil {
		// As the Go SDK and the one for JavaScript read it; botocore shows it whole. Any of them tries again a few
		// times.
		status, answer = http.StatusServiceUnavailable, struct{ Code, Message string }{"NoCredentials", err.Error()}
	} else {
		if c.Expiration.IsZero() {
			c.Expiration = time.Now().Add(endless)
		}
		answer = struct {
			AccessKeyID     string `json:"AccessKeyId"`
			SecretAccessKey string
			Token           string
			Expiration      string
		}{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expiration.UTC().Format(time.RFC3339)}
	}
	text, err := json.Marshal(answer)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(text) //nolint:errcheck // a client that is gone needs no answer
}
