package console_test

import (
	"net/url"
	"strings"
	"testing"

	"awsmfa/internal/console"
)

const (
	role = ":iam::123456789012:role/admin"
	page = "https://eu-central-1.console.aws.amazon.com/s3/b?x=1&y=#z"
)

// The role's partition and the region decide the URLs of the sign-in service and of the console's home.
func TestHosts(t *testing.T) {
	for _, c := range []struct{ arn, region, signIn, home string }{
		{
			"arn:aws" + role, "eu-central-1",
			"https://eu-central-1.signin.aws.amazon.com",
			"https://eu-central-1.console.aws.amazon.com/console/home?region=eu-central-1",
		},
		{
			"arn:aws" + role, "us-east-1",
			"https://signin.aws.amazon.com",
			"https://us-east-1.console.aws.amazon.com/console/home?region=us-east-1",
		},
		{
			"arn:aws" + role, "",
			"https://signin.aws.amazon.com",
			"https://console.aws.amazon.com/console/home",
		},
		{
			"", "",
			"https://signin.aws.amazon.com",
			"https://console.aws.amazon.com/console/home",
		},
		{
			"arn:aws-cn" + role, "",
			"https://signin.amazonaws.cn",
			"https://console.amazonaws.cn/console/home",
		},
		{
			"arn:aws-cn" + role, "cn-north-1",
			"https://signin.amazonaws.cn",
			"https://cn-north-1.console.amazonaws.cn/console/home?region=cn-north-1",
		},
		{
			"", "cn-northwest-1",
			"https://cn-northwest-1.signin.amazonaws.cn",
			"https://cn-northwest-1.console.amazonaws.cn/console/home?region=cn-northwest-1",
		},
		{
			"arn:aws-us-gov" + role, "us-gov-west-1",
			"https://signin.amazonaws-us-gov.com",
			"https://us-gov-west-1.console.amazonaws-us-gov.com/console/home?region=us-gov-west-1",
		},
		{
			"", "us-gov-east-1",
			"https://us-gov-east-1.signin.amazonaws-us-gov.com",
			"https://us-gov-east-1.console.amazonaws-us-gov.com/console/home?region=us-gov-east-1",
		},
		{
			"arn:aws-eusc" + role, "",
			"https://eusc-de-east-1.signin.amazonaws-eusc.eu",
			"https://eusc-de-east-1.console.amazonaws-eusc.eu/console/home?region=eusc-de-east-1",
		},
		{
			"", "eusc-de-east-1",
			"https://eusc-de-east-1.signin.amazonaws-eusc.eu",
			"https://eusc-de-east-1.console.amazonaws-eusc.eu/console/home?region=eusc-de-east-1",
		},
		{
			"arn:aws-us-gov:iam::123456789012:mfa/gus", "",
			"https://signin.amazonaws-us-gov.com",
			"https://console.amazonaws-us-gov.com/console/home",
		},
		{
			"GAHT12345678", "us-east-1",
			"https://signin.aws.amazon.com",
			"https://us-east-1.console.aws.amazon.com/console/home?region=us-east-1",
		},
		// A region of another partition is not the role's.
		{
			"arn:aws-cn" + role, "eu-central-1",
			"https://signin.amazonaws.cn",
			"https://console.amazonaws.cn/console/home",
		},
		{
			"arn:aws" + role, "us-gov-west-1",
			"https://signin.aws.amazon.com",
			"https://console.aws.amazon.com/console/home",
		},
	} {
		to, err := console.New(c.arn, c.region)
		if err != nil {
			t.Errorf("%q in %q: %v", c.arn, c.region, err)
			continue
		}
		home, err := to.Destination("")
		if to.SignInURL() != c.signIn || home != c.home || err != nil {
			t.Errorf("%q in %q: %s, %s, %v", c.arn, c.region, to.SignInURL(), home, err)
		}
		if post := to.Method() == "POST"; post == strings.Contains(c.signIn, "us-gov") {
			t.Errorf("%s is asked with %s", c.signIn, to.Method())
		}
	}
	for _, c := range []struct{ arn, region string }{
		{"arn:aws-iso" + role, ""},
		{"", "us-iso-east-1"},
		{"", "us-isob-east-1"},
		{"", "eu-isoe-west-1"},
		{"arn:elsewhere" + role, "eu-central-1"},
		{"", "evil.example/"},
		{"arn:aws" + role, "EU"},
		{"arn:aws" + role, "eu central"},
	} {
		if to, err := console.New(c.arn, c.region); err == nil {
			t.Errorf("%q in %q: %s", c.arn, c.region, to.SignInURL())
		}
	}
}

func TestDestination(t *testing.T) {
	to, err := console.New("arn:aws"+role, "eu-central-1")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"lambda":            "https://eu-central-1.console.aws.amazon.com/lambda/home?region=eu-central-1",
		"S3":                "https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1",
		"systems-manager":   "https://eu-central-1.console.aws.amazon.com/systems-manager/home?region=eu-central-1",
		"lambda/home":       "",
		"../evil":           "",
		"a b":               "",
		"lambda?region=x":   "",
		"日本":                "",
		"console.aws.com":   "",
		"javascript:alert":  "",
		"http://x.y/":       "",
		"https:///lambda":   "",
		"https://%zz":       "",
		"https://a\nb.test": "",

		"https://console.aws.amazon.com/":              "https://console.aws.amazon.com/",
		"https://Console.AWS.Amazon.com/x":             "https://Console.AWS.Amazon.com/x",
		"https://aws.amazon.com/x":                     "https://aws.amazon.com/x",
		"https://us-east-1.quicksight.aws.amazon.com/": "https://us-east-1.quicksight.aws.amazon.com/",
		page:                                   page,
		"http://console.aws.amazon.com/":       "",
		"https://user@console.aws.amazon.com/": "",
		"https://console.aws.amazon.com@evil.example/": "",
		"https://console.aws.amazon.com.evil.example/": "",
		"https://evilaws.amazon.com/":                  "",
		"https://evil.example/console.aws.amazon.com":  "",
		"https://cn-north-1.console.amazonaws.cn/":     "",
	} {
		if got, err := to.Destination(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestLink(t *testing.T) {
	question, err := console.TokenRequest(`A"SIA`, "s/e+c", "t=o&k")
	if err != nil || question.Get("Action") != "getSigninToken" || question.Has("SessionDuration") ||
		question.Get("Session") != `{"sessionId":"A\"SIA","sessionKey":"s/e+c","sessionToken":"t=o\u0026k"}` {
		t.Errorf("%v %v", question, err)
	}
	for answer, want := range map[string]string{
		`{"SigninToken":"abc-_"}`: "abc-_",
		`{"SigninToken":7}`:       "",
		`{}`:                      "",
		`null`:                    "",
		`[]`:                      "",
		"":                        "",
		"<html>":                  "",
	} {
		if got := console.ParseToken([]byte(answer)); got != want {
			t.Errorf("%s: %q", answer, got)
		}
	}
	for _, signIn := range []string{
		"https://signin.aws.amazon.com", "http://127.0.0.1:1/", "http://127.0.0.1:1/behind",
	} {
		link := console.Link(console.FederationURL(signIn), "a+b/c=&d", page)
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if !strings.HasPrefix(link, strings.TrimSuffix(signIn, "/")+"/federation?") || u.Fragment != "" ||
			len(q) != 4 || q.Get("Action") != "login" || q.Get("Issuer") != "awsmfa" ||
			q.Get("Destination") != page || q.Get("SigninToken") != "a+b/c=&d" {
			t.Errorf("%s", link)
		}
	}
}
