// Package serve is the credential endpoint of exec --server. It serves credentials on loopback, in the protocol of a
// container's endpoint, to clients with the token only, and runs one renewal at a time for all of them. It never
// decides where credentials come from, stores nothing on disk, prints nothing, and listens on 127.0.0.1 only.
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

// Credentials are served to clients. Printed with any verb, they show no secret.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string    // "" for none
	Expiration      time.Time // zero if they do not expire
}

// Format writes the access key ID and the expiration, and no secret, for every verb.
func (c Credentials) Format(w fmt.State, _ rune) {
	fmt.Fprintf(w, "credentials %s until %s", c.AccessKeyID, c.Expiration.UTC().Format(time.RFC3339))
}

// The limits of a request: a program on this computer sends a few hundred bytes.
const (
	requestTime = 5 * time.Second
	idleTime    = time.Minute
	headerBytes = 8 << 10
)

// endless is the lifetime in answers with credentials that do not expire: botocore and the SDK for JavaScript require
// an expiration, and ask again before it.
const endless = time.Hour

// Endpoint is an open endpoint. Close it.
type Endpoint struct {
	// URL is for AWS_CONTAINER_CREDENTIALS_FULL_URI, Token for AWS_CONTAINER_AUTHORIZATION_TOKEN (AWS SDKs and Tools
	// Reference Guide, "Container credential provider").
	URL   string
	Token string

	host   string
	get    func(context.Context) (Credentials, error)
	server *http.Server
}

// Listen opens an endpoint on a free port of 127.0.0.1 that answers with get's credentials. Clients show the text of
// get's error to the person: it must not contain a secret.
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
	go e.server.Serve(l) //nolint:errcheck // Close ends it with an error
	return e, nil
}

// Close closes the endpoint and every connection to it.
func (e *Endpoint) Close() {
	e.server.Close() //nolint:errcheck // the endpoint is closed in any case
}

// ServeHTTP answers the one valid request, GET / with the token. The answer to any other does not say what is wrong:
// it may come from another user's program without the token, or from a web page that guesses ports, even through a
// host name of its own that resolves to 127.0.0.1 (DNS rebinding, which the Host header reveals).
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := r.Header["Authorization"]
	if r.Method != http.MethodGet || r.RequestURI != "/" || r.Host != e.host || len(given) != 1 ||
		subtle.ConstantTimeCompare([]byte(given[0]), []byte(e.Token)) != 1 {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	c, err := e.get(r.Context())
	if r.Context().Err() != nil {
		return // the client has disconnected
	}
	var answer any
	status := http.StatusOK
	if err != nil {
		// The SDKs for Go and JavaScript read these fields; botocore shows the whole body. All retry a few times.
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
	w.Write(text) //nolint:errcheck // the client may have disconnected
}
