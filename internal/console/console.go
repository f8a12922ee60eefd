// Package console knows the AWS console and how one signs in to it with a session: the hosts of each partition, the
// question for a sign-in token, the link made of the answer. It asks nobody itself, opens nothing and prints nothing.
//
// The way is AWS's own (IAM User Guide, "Enable custom identity broker access to the AWS console"): the federation
// endpoint gives a token for a session, and whoever opens a link with that token within 15 minutes is signed in, for as
// long as the session lasts. SessionDuration is never asked for: AWS refuses it for a role that was assumed with another
// session, as nearly all of ours are.
package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"awsmfa/internal/msg"
)

// Console is the console of one partition of AWS, in one region.
type Console struct {
	// Partition is aws, aws-cn, aws-us-gov or aws-eusc.
	Partition string
	region    string // "" leaves the choice to the console
	domain    string // of all the pages that AWS signs in to
	home      string // the region whose sign-in host bears no region's name
}

// New returns the console of the partition that an ARN, a role's or a device's, is of; where it is none, of the region's
// partition. A region of another partition is passed over. An error is a *msg.Error: the region cannot be one, or awsmfa
// does not know the partition's hosts.
//
// The hosts are those of "AWS Sign-In endpoints and quotas" (AWS General Reference); for China and GovCloud of their own
// user guides; for the European Sovereign Cloud of its own General Reference (docs.aws.eu).
func New(arn, region string) (Console, error) {
	if strings.ContainsFunc(region, isOdd) { // it is to be part of a host's name
		return Console{}, msg.Errorf("%q cannot be a region", region).Hint("region names look like ap-northeast-1")
	}
	c := Console{Partition: partitionOf(region), region: region}
	if parts := strings.SplitN(arn, ":", 3); len(parts) == 3 && parts[0] == "arn" && parts[1] != c.Partition {
		c = Console{Partition: parts[1]}
	}
	switch c.Partition {
	case "aws":
		c.domain, c.home = "aws.amazon.com", "us-east-1"
	case "aws-cn":
		c.domain, c.home = "amazonaws.cn", "cn-north-1"
	case "aws-us-gov":
		c.domain, c.home = "amazonaws-us-gov.com", "us-gov-west-1"
	case "aws-eusc": // every sign-in host bears a region's name, and there is one region so far
		c.domain = "amazonaws-eusc.eu"
		if c.region == "" {
			c.region = "eusc-de-east-1"
		}
	default:
		return Console{}, msg.Errorf("awsmfa does not know the console of partition %q", c.Partition).
			Hint("check role_arn and the region; known are aws, aws-cn, aws-us-gov and aws-eusc")
	}
	return c, nil
}

// partitionOf is a region's partition, by the names in AWS's endpoint rules (partitions.json). The isolated ones are
// told apart only so far as not to be taken for another.
func partitionOf(region string) string {
	for prefix, partition := range map[string]string{
		"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc",
		"us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f",
	} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	return "aws"
}

// SignInURL is the URL of AWS's sign-in service. It is the region's: that one also knows the sessions of regions which must
// be enabled first, and does without the partition's home region.
func (c Console) SignInURL() string {
	if c.region == "" || c.region == c.home {
		return "https://signin." + c.domain
	}
	return "https://" + c.region + ".signin." + c.domain
}

// Destination is the page that text means: "" for the console's home, a service's short name as it stands in the URLs of
// its pages (lambda, s3, cloudwatch), or a page's whole URL, which must be of this partition, for AWS signs in to no
// other. The error is a *msg.Error.
func (c Console) Destination(text string) (string, error) {
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.User != nil || !within(u.Hostname(), c.domain) {
			return "", msg.Errorf("%q is not a console page of the partition of the profile's role", text).
				Hint("--destination takes https://…%s/…, copied from the browser, or a service's short name, such as lambda", c.domain)
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
		return "https://console." + c.domain + "/" + name + "/home", nil
	}
	return "https://" + c.region + ".console." + c.domain + "/" + name + "/home?region=" + c.region, nil
}

func within(host, domain string) bool {
	host = strings.ToLower(host)
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// isOdd says of a character that it is in no region's and in no service's name.
func isOdd(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-')
}

// Method is how the federation endpoint is asked. AWS takes a POST, so that the session stands in no URL, which proxies
// keep in their logs; but not in GovCloud, as AWS's own toolkits have it (aws-toolkit-jetbrains, AwsConsoleUrlFactory).
func (c Console) Method() string {
	if c.Partition == "aws-us-gov" {
		return http.MethodGet
	}
	return http.MethodPost
}

// FederationURL is the URL of the federation endpoint of a sign-in service, which is SignIn's, or one that settings name.
func FederationURL(signIn string) string { return strings.TrimRight(signIn, "/") + "/federation" }

// TokenRequest is what asks the federation endpoint for a sign-in token for a session. It holds the session's secrets.
func TokenRequest(id, secret, token string) (url.Values, error) {
	session, err := json.Marshal(map[string]string{"sessionId": id, "sessionKey": secret, "sessionToken": token})
	return url.Values{"Action": {"getSigninToken"}, "Session": {string(session)}}, err
}

// ParseToken is the sign-in token in the federation endpoint's answer, or "" where there is none.
func ParseToken(answer []byte) string {
	var a struct{ SigninToken string }
	if json.Unmarshal(answer, &a) != nil {
		return ""
	}
	return a.SigninToken
}

// Link is the link that signs a browser in and leads it to a page. It is a secret: whoever has it is signed in.
func Link(federation, token, destination string) string {
	return federation + "?" + url.Values{
		"Action": {"login"}, "Issuer": {"awsmfa"}, "Destination": {destination}, "SigninToken": {token},
	}.Encode()
}
