package session

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// tracing tells of each request what went where and what came back: never a header, never a body, for those hold the
// signature, the code and the session.
type tracing struct {
	aws.HTTPClient
	trace func(format string, args ...any)
	asked *string // set to the host, which an error of the SDK's does not always name
}

func (t tracing) Do(r *http.Request) (*http.Response, error) {
	*t.asked = r.URL.Host
	began := time.Now()
	what := awsmiddleware.GetServiceID(r.Context()) + ":" + awsmiddleware.GetOperationName(r.Context())
	response, err := t.HTTPClient.Do(r)
	took := time.Since(began).Round(time.Millisecond)
	if err != nil {
		t.trace("request: %s to %s://%s: %v after %s", what, r.URL.Scheme, r.URL.Host, err, took)
		return nil, err
	}
	t.trace("request: %s to %s://%s: HTTP %d in %s", what, r.URL.Scheme, r.URL.Host, response.StatusCode, took)
	return response, nil
}
