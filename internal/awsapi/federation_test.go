package awsapi

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// The session's secrets go only to the given address: not to a redirect's, not into an error, not into the trace.
func TestFederate(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer other.Close()
	var got *http.Request
	var body string
	status := http.StatusOK
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r, string(text)
		w.Header().Set("Location", other.URL)
		w.WriteHeader(status)
		io.WriteString(w, "the answer")
	}))
	defer there.Close()

	var trace strings.Builder
	unsetAWS(t)
	options := ClientOptions{
		Secret:  func(string) {},
		Profile: "prod", Region: "us-east-1", Timeout: time.Minute, AppID: "awsmfa", Now: time.Now,
		Trace: func(format string, args ...any) { fmt.Fprintf(&trace, format+"\n", args...) },
	}
	c, err := options.NewSessionClient(t.Context(),
		Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "a", SessionToken: "b"})
	if err != nil {
		t.Fatal(err)
	}
	form := neturl.Values{"Action": {"getSigninToken"}, "Session": {"the secret/+"}}
	for _, status = range []int{
		http.StatusOK, http.StatusBadRequest, http.StatusFound, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect,
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			code, answer, err := c.Federate(t.Context(), method, there.URL+"/federation", form)
			if code != status || string(answer) != "the answer" || err != nil {
				t.Errorf("%s, %d: %d %q %v", method, status, code, answer, err)
			}
			sent, url := body, got.URL.String()
			if method == http.MethodGet {
				sent = got.URL.RawQuery
				url = got.URL.Path
			}
			if sent != form.Encode() || url != "/federation" || got.Method != method || got.UserAgent() != "awsmfa" {
				t.Errorf("%s: sent was %q to %s", method, sent, got.URL)
			}
			isForm := got.Header.Get("Content-Type") == "application/x-www-form-urlencoded"
			if isForm != (method == http.MethodPost) {
				t.Errorf("%s: %v", method, got.Header)
			}
		}
	}
	there.Close()
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		_, _, err := c.Federate(t.Context(), method, there.URL+"/federation", form)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", method, err)
		} else if err := c.Explain(err); !strings.Contains(err.Error(), "no connection to 127.0.0.1") {
			t.Errorf("%s: %v", method, err)
		}
	}
	const traced = "Signin:getSigninToken to http://127.0.0.1:"
	if text := trace.String(); strings.Contains(text, "secret") || !strings.Contains(text, traced) {
		t.Errorf("the trace is %s", text)
	}
}

// unsetAWS removes the variables of AWS, which the SDK reads, for the time of a test.
func unsetAWS(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // restores it afterwards
			_ = os.Unsetenv(name)
		}
	}
}
