// Package console knows the AWS console and how to sign in to it with a session: the hosts of each partition, the
// request for a sign-in token, and the link that contains the token. It sends, opens and prints nothing itself.
//
// The procedure is AWS's (IAM User Guide, "Enable custom identity broker access to the AWS console"): the federation
// endpoint returns a sign-in token for a session, and anybody who opens a link with that token within 15 minutes is
// signed in until the session ends. The request never has a SessionDuration: AWS refuses it for a role that was assumed
// with another session, as nearly all of ours are.
package console

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/partition"
)

// Console is the console of one partition of AWS, in one region.
type Console struct {
	Partition partition.Partition
	region    string // "" leaves the choice to the console
}

// New returns the console of the partition in arn, a role's or an MFA device's ARN. If arn is not an ARN, the region
// decides the partition. A region of another partition is ignored. An error is a *msg.Error: the region's name is
// malformed, or awsmfa does not know the partition's hosts.
func New(arn, region string) (Console, error) {
	if strings.ContainsFunc(region, isOdd) { // it becomes part of a host's name
		return Console{}, msg.Errorf("%q cannot be a region", region).Hint("region names look like ap-northeast-1")
	}
	c := Console{Partition: partition.OfRegion(region), region: region}
	name := cmp.Or(partition.NameIn(arn), c.Partition.Name)
	if name != c.Partition.Name {
		c.Partition, _ = partition.Find(name)
		c.region = ""
	}
	if c.Partition.Domain == "" {
		return Console{}, msg.Errorf("awsmfa does not know the console of partition %q", name).
			Hint("check role_arn and the region; known are %s", msg.List(partition.Names()))
	}
	if c.Partition.SignInRegion == "" {
		c.region = cmp.Or(c.region, c.Partition.Region)
	}
	return c, nil
}

// SignInURL is the URL of AWS's sign-in service in the console's region: it also accepts sessions of regions that must
// be enabled first, and does not depend on the partition's home region.
func (c Console) SignInURL() string {
	if c.region == "" || c.region == c.Partition.SignInRegion {
		return "https://signin." + c.Partition.Domain
	}
	return "https://" + c.region + ".signin." + c.Partition.Domain
}

// Destination returns the URL of the page that text names: "" for the console's home, a service's short name as in the
// URLs of its pages (lambda, s3, cloudwatch), or a page's whole URL. That must be of this partition: AWS signs in to no
// other. The error is a *msg.Error.
func (c Console) Destination(text string) (string, error) {
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.User != nil || !within(u.Hostname(), c.Partition.Domain) {
			return "", msg.Errorf("%q is not a console page of the partition of the profile's role", text).
				Hint("--destination takes https://…%s/…, copied from the browser, or a service's short name, such as "+
					"lambda", c.Partition.Domain)
		}
		return u.String(), nil
	}
	name := strings.ToLower(text)
	switch {
	case strings.ContainsFunc(name, isOdd):
		return "", msg.Errorf("%q is not a console page", text).
			Hint("--destination takes a service's short name, such as lambda or s3, or a page's whole URL, https://…")
	case name == "":
		name = "console"
	}
	if c.region == "" {
		return "https://console." + c.Partition.Domain + "/" + name + "/home", nil
	}
	return "https://" + c.region + ".console." + c.Partition.Domain + "/" + name + "/home?region=" + c.region, nil
}

func within(host, domain string) bool {
	host = strings.ToLower(host)
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// isOdd reports whether r cannot be part of a region's or a service's name.
func isOdd(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-')
}

// Method is the HTTP method of the request for a sign-in token. With POST the session is not in the URL, which proxies
// write to their logs.
func (c Console) Method() string {
	if c.Partition.OnlyGET {
		return http.MethodGet
	}
	return http.MethodPost
}

// FederationURL is the URL of the federation endpoint of the sign-in service at signIn: SignInURL, or one from a
// setting.
func FederationURL(signIn string) string { return strings.TrimRight(signIn, "/") + "/federation" }

// TokenRequest returns the parameters that request a sign-in token for a session. They hold the session's secrets.
func TokenRequest(id, secret, token string) (url.Values, error) {
	session, err := json.Marshal(map[string]string{"sessionId": id, "sessionKey": secret, "sessionToken": token})
	return url.Values{"Action": {"getSigninToken"}, "Session": {string(session)}}, err
}

// ParseToken returns the sign-in token in the federation endpoint's answer, or "" if it has none.
func ParseToken(answer []byte) string {
	var a struct{ SigninToken string }
	if json.Unmarshal(answer, &a) != nil {
		return ""
	}
	return a.SigninToken
}

// Link is the link that signs a browser in and opens a page. It is a secret: anybody who has it can sign in.
func Link(federation, token, destination string) string {
	return federation + "?" + url.Values{
		"Action": {"login"}, "Issuer": {"awsmfa"}, "Destination": {destination}, "SigninToken": {token},
	}.Encode()
}
