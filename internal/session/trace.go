package session

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// tracing tells of each request what went where and what came back: never a header, never a body, for those hold the
// signature, the code and the session. It takes note of whom was asked and of what the time is there.
type tracing struct {
	aws.HTTPClient
	*Client
}

func (t tracing) Do(r *http.Request) (*http.Response, error) {
	began := t.Reach.Now()
	what := awsmiddleware.GetServiceID(r.Context()) + ":" + awsmiddleware.GetOperationName(r.Context())
	t.asked = r.URL.Host
	response, err := t.HTTPClient.Do(r)
	took := t.Reach.Now().Sub(began).Round(time.Millisecond)
	if err != nil {
		t.Trace("request: %s to %s://%s: %v after %s", what, r.URL.Scheme, r.URL.Host, err, took)
		return nil, err
	}
	if dated, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		t.ahead = t.Reach.Now().Sub(dated)
	}
	t.Trace("request: %s to %s://%s: HTTP %d in %s", what, r.URL.Scheme, r.URL.Host, response.StatusCode, took)
	return response, nil
}
