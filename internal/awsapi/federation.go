package awsapi

import (
	"context"
	"io"
	"net/http"
	neturl "net/url"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// Federate sends a request to the federation endpoint of AWS's sign-in service, with the SDK's proxy, certificates,
// trace and timeout, and without retries. The form, which contains a session's secrets, is the body of a POST or the
// query of a GET. Any answer is returned. The error, if there is none, is ctx's or one for Explain.
func (c *Client) Federate(
	ctx context.Context, method, to string, form neturl.Values,
) (status int, body []byte, err error) {
	call, cancel := c.limited(ctx)
	defer cancel()
	status, body, err = c.federate(call, method, to, form)
	if ctx.Err() != nil {
		return 0, nil, ctx.Err()
	}
	return status, body, err
}

func (c *Client) federate(ctx context.Context, method, to string, form neturl.Values) (int, []byte, error) {
	ctx = awsmiddleware.SetOperationName(awsmiddleware.SetServiceID(ctx, "Signin"), form.Get("Action"))
	request, err := http.NewRequestWithContext(ctx, method, to, nil)
	if err != nil {
		return 0, nil, err
	}
	if method == http.MethodGet {
		request.URL.RawQuery = form.Encode()
	} else {
		text := form.Encode()
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Header.Set("User-Agent", c.AppID)
	request.Close = true // there will be no other
	response, err := c.aws.HTTPClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}
