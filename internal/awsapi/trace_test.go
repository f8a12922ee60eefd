package awsapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// noteSecrets reports every secret in a request, and nothing else, which would be masked in messages for no reason. The
// body can still be sent.
func TestNoteSecrets(t *testing.T) {
	for body, want := range map[string][]string{
		"Action=A&TokenCode=1&SerialNumber=2&WebIdentityToken=3&Session=4":  {"1", "3", "4"},
		"AuthenticationCode1=1&AuthenticationCode2=2&UserName=bob":          {"1", "2"},
		`{"refreshToken":"1","clientId":"2","clientSecret":"3","code":"4"}`: {"1", "3", "4"},
	} {
		const url = "http://aws/?SigninToken=5&SessionDuration=6"
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Security-Token", "7")
		r.Header.Set("Authorization", "8")
		var noted []string
		tr := tracing{secret: func(text string) {
			if text != "" {
				noted = append(noted, text)
			}
		}}
		if err := tr.noteSecrets(r); err != nil {
			t.Fatal(err)
		}
		slices.Sort(noted)
		if want := append(slices.Clone(want), "5", "7", "8"); !slices.Equal(noted, want) {
			t.Errorf("%s: noted %q, want %q", body, noted, want)
		}
		var left strings.Builder
		if err := r.Write(&left); err != nil || !strings.HasSuffix(left.String(), body) {
			t.Errorf("sent %q, %v", left.String(), err)
		}
	}
}
