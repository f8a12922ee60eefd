package session

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// tracing tells of each request what went where and what came back: never a header, never a body, for those hold the
// signature, the code and the session. It takes note of whom was asked and of what the time is there.
type tracing struct {
	aws.HTTPClient
	now   func() time.Time
	trace func(format string, args ...any)
	// asked and dated tell the client whom it asked and what time it is there. They are funcs because a client in here
	// would be in an interface too, and then the linker keeps all 160 of IAM's calls, 5 MB.
	asked func(host string)
	dated func(there time.Time)
}

func (t tracing) Do(r *http.Request) (*http.Response, error) {
	began := t.now()
	what := awsmiddleware.GetServiceID(r.Context()) + ":" + awsmiddleware.GetOperationName(r.Context())
	t.asked(r.URL.Host)
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
	return response, nil
}

// withoutURL is what lies under an error that shows the whole URL that was asked. A container's is known to nobody else: it
// is as good as a password.
func withoutURL(err error) error {
	if whole := (*url.Error)(nil); errors.As(err, &whole) {
		return whole.Err
	}
	return err
}
