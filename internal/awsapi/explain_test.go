package awsapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"awsmfa/internal/msg"
)

// A hint says "check" of no variable that is not set, and names each that leads elsewhere.
func TestHintsNameWhatIsSet(t *testing.T) {
	page := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 200}}}
	for _, err := range []error{
		context.DeadlineExceeded, &net.OpError{Op: "dial", Err: net.ErrClosed}, &net.DNSError{}, page,
	} {
		var response *smithyhttp.ResponseError
		errors.As(err, &response)
		plain := &Client{ClientOptions: ClientOptions{Timeout: time.Second}}
		hint := msg.HintOf(plain.explainNoAnswer("AWS", response, err))
		hint = strings.Replace(hint, "if it needs a proxy, name it in HTTPS_PROXY", "", 1)
		if strings.Contains(hint, "_PROXY") || strings.Contains(hint, "AWS_") || strings.Contains(hint, "leads") {
			t.Errorf("%v: %s", err, hint)
		}
		led := &Client{ClientOptions: ClientOptions{Proxy: "https_proxy", Endpoints: msg.List{"AWS_ENDPOINT_URL_STS"}}}
		hint = msg.HintOf(led.explainNoAnswer("AWS", response, err))
		if !strings.Contains(hint, "https_proxy, AWS_ENDPOINT_URL_STS") {
			t.Errorf("%v: %s", err, hint)
		}
	}
	regional := &Client{ClientOptions: ClientOptions{RegionFrom: msg.Textf("AWS_REGION")}}
	hint := msg.HintOf(regional.explainNoAnswer("AWS", nil, &net.DNSError{}))
	if !strings.HasPrefix(hint, "check the network, and AWS_REGION: ") {
		t.Error(hint)
	}
}
