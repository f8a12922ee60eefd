package awsapi

import (
	"fmt"
	"strings"
	"testing"
)

func TestSecurityKey(t *testing.T) {
	for serial, want := range map[string]bool{
		"arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEF":      true,
		"arn:aws-us-gov:iam::123456789012:u2f/root-account/key-AB": true,
		"arn:aws:iam::123456789012:mfa/alice":                      false,
		"arn:aws:iam::123456789012:mfa/u2f/alice":                  false,
		"arn:aws:iam::123456789012:sms-mfa/alice":                  false,
		"GAHT12345678": false,
		"u2f/":         false,
		"":             false,
	} {
		if got := (Device{Serial: serial}).IsSecurityKey(); got != want {
			t.Errorf("%s: %v", serial, got)
		}
	}
}

// No verb prints a device's key.
func TestVirtualShowsNoKey(t *testing.T) {
	v := VirtualDevice{Serial: "arn:aws:iam::123456789012:mfa/alice", Seed: "GEZDGNBVGY3TQOJQ"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, v); !strings.Contains(text, "alice") || strings.Contains(text, "GEZD") {
			t.Errorf("%s: %s", verb, text)
		}
	}
}

func TestIsName(t *testing.T) {
	for full, want := range map[string]bool{
		"/ alice": true, "/team/ a+b=c,d.e@f-g_H0": true, "/ ": false, "/ my phone": false, "/ 名": false,
		"/t m/ x": false, "/ " + strings.Repeat("a", 226): true, "/ " + strings.Repeat("a", 227): false,
		"/" + strings.Repeat("a", 512) + "/ x": false,
	} {
		i := strings.LastIndex(full, "/") + 1
		if got := IsDeviceName(full[:i], strings.TrimPrefix(full[i:], " ")); got != want {
			t.Errorf("%q: %v", full, got)
		}
	}
}
