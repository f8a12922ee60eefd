package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// maxAnswer limits an answer's size, in bytes, far above any of AWS's: another server must not fill the memory.
const maxAnswer = 1 << 20

// tracing traces each request's operation, address and status, but neither headers nor bodies, which contain the
// signature, the code and the session. It records the host, the server's time, and the secrets in the request, which
// an answer may quote.
type tracing struct {
	aws.HTTPClient
	now   func() time.Time
	trace func(format string, args ...any)
	// asked and dated update the client's lastHost and ahead. They are funcs because a client here would be in an
	// interface, and then the linker keeps all of IAM's 160 methods, 5 MB.
	asked  func(host string)
	dated  func(there time.Time)
	secret func(text string)
}

func (t tracing) Do(r *http.Request) (*http.Response, error) {
	began := t.now()
	operation := awsmiddleware.GetServiceID(r.Context()) + ":" + awsmiddleware.GetOperationName(r.Context())
	t.asked(r.URL.Host)
	if err := t.noteSecrets(r); err != nil {
		return nil, err
	}
	response, err := t.HTTPClient.Do(r)
	took := t.now().Sub(began).Round(time.Millisecond)
	if err != nil {
		t.trace("request: %s to %s://%s: %v after %s", operation, r.URL.Scheme, r.URL.Host, withoutURL(err), took)
		return nil, err
	}
	if there, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		t.dated(there)
	}
	t.trace("request: %s to %s://%s: HTTP %d in %s", operation, r.URL.Scheme, r.URL.Host, response.StatusCode, took)
	response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	return response, nil
}

// noteSecrets reports the secrets in a request: tokens in headers, and each field of the query and the body (a form
// or a JSON object) that is named a token, code, secret or session.
func (t tracing) noteSecrets(r *http.Request) error {
	for _, name := range []string{"X-Amz-Security-Token", "X-Amz-Sso_bearer_token", "X-Aws-Ec2-Metadata-Token"} {
		t.secret(r.Header.Get(name))
	}
	if authorization := r.Header.Get("Authorization"); !strings.HasPrefix(authorization, "AWS4-") {
		t.secret(authorization) // a container's token
	}
	sent := []url.Values{r.URL.Query()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		r.Body.Close()
		r.Body = io.NopCloser(bytes.NewReader(body))
		sent = append(sent, fields(body))
	}
	for _, values := range sent {
		for name, all := range values {
			if name = strings.ToLower(name); name != "session" && !strings.Contains(name, "token") &&
				!strings.Contains(name, "code") && !strings.Contains(name, "secret") {
				continue
			}
			for _, value := range all {
				t.secret(value)
			}
		}
	}
	return nil
}

// fields returns the fields of a form, or the strings of a JSON object.
func fields(body []byte) url.Values {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		form, _ := url.ParseQuery(string(body)) // as far as it is valid
		return form
	}
	values := url.Values{}
	for name, value := range object {
		if text, ok := value.(string); ok {
			values.Set(name, text)
		}
	}
	return values
}

// bare is a client's transport without an http.Client, which would follow a redirect with the code or the session to
// any host, and put the URL into its errors.
type bare struct{ *http.Transport }

func (b bare) Do(r *http.Request) (*http.Response, error) { return b.RoundTrip(r) }

// newBare returns client's transport. It makes a proxy's refusal to connect an error of its own, proxyRefusal.
func newBare(client *awshttp.BuildableClient) bare {
	transport := client.GetTransport()
	transport.OnProxyConnectResponse = func(
		_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response,
	) error {
		if answer.StatusCode != http.StatusOK {
			return proxyRefusal(answer.Status)
		}
		return nil
	}
	return bare{transport}
}

// proxyRefusal is the HTTP status of a proxy that refuses to connect.
type proxyRefusal string

func (r proxyRefusal) Error() string { return string(r) }

// withoutURL removes the URL from an HTTP client's error: a container's URL may be secret.
func withoutURL(err error) error {
	if whole, ok := errors.AsType[*url.Error](err); ok {
		return whole.Err
	}
	return err
}
