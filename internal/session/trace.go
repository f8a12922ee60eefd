package session

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

// maxAnswer bounds an answer, in bytes: it is far above any of AWS's, and keeps whoever else answers from filling the
// memory.
const maxAnswer = 1 << 20

// tracing tells of each request what went where and what came back: never a header, never a body, for those hold the
// signature, the code and the session. It takes note of whom was asked, of what the time is there, and of the secrets
// that were sent, which an answer may quote.
type tracing struct {
	aws.HTTPClient
	now   func() time.Time
	trace func(format string, args ...any)
	// asked and dated tell the client whom it asked and what time it is there. They are funcs because a client in here
	// would be in an interface too, and then the linker keeps all 160 of IAM's calls, 5 MB.
	asked  func(host string)
	dated  func(there time.Time)
	secret func(text string)
}

func (t tracing) Do(r *http.Request) (*http.Response, error) {
	began := t.now()
	what := awsmiddleware.GetServiceID(r.Context()) + ":" + awsmiddleware.GetOperationName(r.Context())
	t.asked(r.URL.Host)
	if err := t.noteSecrets(r); err != nil {
		return nil, err
	}
	response, err := t.HTTPClient.Do(r)
	took := t.now().Sub(began).Round(time.Millisecond)
	if err != nil {
		t.trace("request: %s to %s://%s: %v after %s", what, r.URL.Scheme, r.URL.Host, withoutURL(err), took)
		return nil, err
	}
	if there, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		t.dated(there)
	}
	t.trace("request: %s to %s://%s: HTTP %d in %s", what, r.URL.Scheme, r.URL.Host, response.StatusCode, took)
	response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	return response, nil
}

// noteSecrets tells which secrets a request holds: tokens in headers, and in the query and the body, a form or a JSON
// object, whatever is called a token, a code, a secret or a session.
func (t tracing) noteSecrets(r *http.Request) error {
	for _, name := range []string{"X-Amz-Security-Token", "X-Amz-Sso_bearer_token", "X-Aws-Ec2-Metadata-Token"} {
		t.secret(r.Header.Get(name))
	}
	if authorization := r.Header.Get("Authorization"); !strings.HasPrefix(authorization, "AWS4-") { // a container's token
		t.secret(authorization)
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

// fields are the fields of a form, or the strings of a JSON object.
func fields(body []byte) url.Values {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		form, _ := url.ParseQuery(string(body)) // what can be read of it
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

// bare is a client's transport with no http.Client around it. That one would follow a redirect, with the code or the
// session in tow, to whatever host it names; and it would put the URL into its errors.
type bare struct{ *http.Transport }

func (b bare) Do(r *http.Request) (*http.Response, error) { return b.RoundTrip(r) }

// newBare makes one with the SDK's settings. A proxy that refuses to connect is told from a server that cannot be
// reached.
func newBare(client *awshttp.BuildableClient) bare {
	transport := client.GetTransport()
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return proxyRefusal(answer.Status)
		}
		return nil
	}
	return bare{transport}
}

// proxyRefusal is the HTTP status of a proxy that does not connect.
type proxyRefusal string

func (r proxyRefusal) Error() string { return string(r) }

// withoutURL is what lies under an error that shows the whole URL that was asked. A container's is known to nobody else: it
// is as good as a password.
func withoutURL(err error) error {
	if whole := (*url.Error)(nil); errors.As(err, &whole) {
		return whole.Err
	}
	return err
}
