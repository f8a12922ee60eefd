package cli

import (
	"net/url"
	"os"
	"strings"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// variables checks the variables that AWS clients prefer to a profile, or to the variables that awsmfa sets: one line
// for each that matters.
func (d *doctor) variables() []check {
	const name = "variables"
	found := d.exported(name)
	found = append(found, d.besideKeys(name)...)
	found = append(found, d.routing(name)...)
	if len(found) == 0 {
		return []check{passed(name, msg.Textf("none overrides what awsmfa sets"))}
	}
	return found
}

// exported checks the keys in the environment: whose they are, and how long they last.
func (d *doctor) exported(name string) []check {
	id, secret, token := d.Getenv("AWS_ACCESS_KEY_ID"), d.Getenv("AWS_SECRET_ACCESS_KEY"), d.Getenv("AWS_SESSION_TOKEN")
	left, expires, err := d.expiration()
	switch {
	case id == "" && secret == "":
		if expires && left <= 0 {
			return []check{warning(name, staleExpiration(left))}
		}
		return nil
	case secret == "":
		return []check{failed(name, halfExported("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))}
	case id == "":
		return []check{failed(name, halfExported("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"))}
	case err != nil:
		return []check{failed(name, err)}
	case strings.HasPrefix(id, "AKIA") && token != "":
		return []check{failed(name, msg.
			Errorf("%s is exported, a long-term key, with the session token of another key: AWS refuses the two", id).
			Hint("unset AWS_SESSION_TOKEN"))}
	case expires && left <= 0 && token == "":
		return []check{failed(name, staleExpiration(left))}
	case expires && left <= 0:
		return []check{failed(name, msg.Errorf("%s is exported, a session that ended %s ago", id, msg.Left(-left)).
			Hint("type:  %s", d.line))}
	}
	return d.exportedSession(name, id, token, left)
}

// exportedSession checks exported keys that AWS would accept; left is 0 where the environment does not say when they
// end.
func (d *doctor) exportedSession(name, id, token string, left time.Duration) []check {
	exported := d.Getenv(varProfile)
	switch owner := d.ownerOf(id, exported); {
	case exported == "":
		return []check{warning(name, msg.
			Errorf("%s is exported, and not by awsmfa: AWS clients prefer it to any profile", id).
			Hint("unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; %s replaces them",
				msg.Command("env")))}
	case token == "":
		return []check{warning(name, msg.
			Errorf("AWSMFA_PROFILE is %q, but %s is exported, a long-term key without MFA", exported, id).
			Hint("type:  %s", d.line))}
	case owner != "" && owner != exported:
		return []check{warning(name, msg.
			Errorf("%s is exported, a session of profile %q, but AWSMFA_PROFILE is %q", id, owner, exported).
			Hint("type:  %s", d.line))}
	case exported != d.flags.Name:
		return []check{warning(name, msg.
			Errorf("%s is exported, a session of profile %q, not of %q", id, exported, d.flags.Name).
			Hint("type:  %s", d.line))}
	}
	text := msg.Textf("%s is exported, a session of profile %q for another %s", id, exported, msg.Left(left))
	if left == 0 {
		text = msg.Textf("%s is exported, a session of profile %q", id, exported)
	}
	found := []check{passed(name, text)}
	if p, err := profile.Load(d.files(), exported); err == nil && p.Kind() == profile.KindKeys {
		found = append(found, passed(name, msg.Textf("aws --profile %s ignores the exported session "+
			"and uses the long-term keys in the AWS files, without MFA: leave --profile out", msg.Word(exported))))
	}
	return found
}

func halfExported(set, missing string) error {
	return msg.Errorf("%s is exported without %s: most AWS clients fail", set, missing).Hint("unset %s", set)
}

func staleExpiration(left time.Duration) error {
	return msg.Errorf("AWS_CREDENTIAL_EXPIRATION is %s in the past, so the AWS CLI and boto3 refuse exported keys",
		msg.Left(-left)).Hint("unset AWS_CREDENTIAL_EXPIRATION")
}

// expiration is how long the exported session still lasts, if the environment says so.
func (d *doctor) expiration() (left time.Duration, expires bool, err error) {
	text := d.Getenv("AWS_CREDENTIAL_EXPIRATION")
	if text == "" {
		return 0, false, nil
	}
	end, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, false, msg.Errorf("AWS_CREDENTIAL_EXPIRATION is not a time: the AWS CLI and boto3 fail").
			Hint("unset AWS_CREDENTIAL_EXPIRATION")
	}
	return time.Until(end), true, nil
}

// ownerOf is the profile whose cached session has that access key, or "". Profiles of the same keys share a session, so
// first is tried before the others.
func (d *doctor) ownerOf(id, first string) string {
	if first == "" {
		return ""
	}
	all, err := profile.Open(d.files())
	if err != nil {
		return ""
	}
	names, err := all.Names()
	if err != nil {
		return ""
	}
	for _, name := range append([]string{first}, names...) {
		p, err := all.Load(name)
		if err != nil {
			continue
		}
		if c := d.cached(p); c.found && c.session.AccessKeyID == id {
			return name
		}
	}
	return ""
}

// besideKeys checks the variables that some AWS clients prefer to exported keys, or send with them.
func (d *doctor) besideKeys(name string) (found []check) {
	exported := d.Getenv("AWS_ACCESS_KEY_ID") != ""
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if value := d.Getenv(variable); value != "" && exported {
			found = append(found, warning(name, msg.Errorf("%s is %q while keys are exported: "+
				"the SDK for JavaScript uses the profile, other AWS clients the keys", variable, value).
				Hint("unset %s; %s does so", variable, msg.Command("env"))))
		}
	}
	if token := d.Getenv("AWS_SECURITY_TOKEN"); token != "" && token != d.Getenv("AWS_SESSION_TOKEN") {
		stale := msg.Errorf("AWS_SECURITY_TOKEN is set and differs from AWS_SESSION_TOKEN: "+
			"the AWS CLI and boto3 send it instead").
			Hint("unset AWS_SECURITY_TOKEN; %s does so", msg.Command("env"))
		if exported {
			found = append(found, failed(name, stale))
		} else {
			found = append(found, warning(name, stale))
		}
	}
	return found
}

// routing checks the variables for endpoints, certificates and proxies. URLs are never shown whole: one may hold a
// password.
func (d *doctor) routing(name string) (found []check) {
	for _, variable := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM"} {
		value := d.Getenv(variable)
		if value == "" || strings.EqualFold(d.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
			continue
		}
		if where := origin(value); where != "" {
			found = append(found, warning(name, msg.
				Errorf("%s makes AWS clients use %s instead of AWS", variable, where).
				Hint("unset it, unless that is intended")))
		} else {
			found = append(found, failed(name, badEndpoint(variable, d.flags.Name)))
		}
	}
	if bundle := d.Getenv("AWS_CA_BUNDLE"); bundle != "" {
		if _, err := os.Stat(profile.ExpandHome(bundle, d.Home)); err != nil {
			found = append(found, failed(name, msg.
				Errorf("AWS_CA_BUNDLE names %s: %s", msg.Path(bundle), msg.Cause(err)).
				Hint("correct it, or unset it").Wrap(err)))
		}
	}
	for _, variable := range []string{"HTTPS_PROXY", "https_proxy"} { // Go's order, and the first one counts
		if value := d.Getenv(variable); value != "" {
			if host := proxyHost(value); host != "" {
				found = append(found, passed(name, msg.Textf("%s: requests to AWS go through %s", variable, host)))
			}
			break
		}
	}
	return found
}

// origin is a URL's scheme and host, or "" if text is not a URL.
func origin(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// proxyHost is the host of a proxy's URL, which may lack its scheme, or "" if text is not a URL.
func proxyHost(text string) string {
	for _, full := range []string{text, "http://" + text} {
		if u, err := url.Parse(full); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}
