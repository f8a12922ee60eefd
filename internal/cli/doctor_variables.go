package cli

import (
	"net/url"
	"os"
	"strings"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// variables looks at those that AWS clients heed before a profile, or before what awsmfa sets, a line for each that
// matters.
func (d *doctor) variables() []check {
	const name = "variables"
	found := d.exported(name)
	found = append(found, d.besideKeys(name)...)
	found = append(found, d.routing(name)...)
	if len(found) == 0 {
		return []check{passed(name, msg.NothingWins)}
	}
	return found
}

// exported looks at the keys in the environment: whose they are, and how long they last.
func (d *doctor) exported(name string) []check {
	id, secret, token := d.Getenv("AWS_ACCESS_KEY_ID"), d.Getenv("AWS_SECRET_ACCESS_KEY"), d.Getenv("AWS_SESSION_TOKEN")
	left, expires, err := d.expiration()
	switch {
	case id == "" && secret == "":
		if expires && left <= 0 {
			return []check{warning(name, msg.StaleExpiration(-left))}
		}
		return nil
	case secret == "":
		return []check{failed(name, msg.HalfKeysExported("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))}
	case id == "":
		return []check{failed(name, msg.HalfKeysExported("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"))}
	case err != nil:
		return []check{failed(name, err)}
	case strings.HasPrefix(id, "AKIA") && token != "":
		return []check{failed(name, msg.TokenWithLongTermKey(id))}
	case expires && left <= 0 && token == "":
		return []check{failed(name, msg.StaleExpiration(-left))}
	case expires && left <= 0:
		return []check{failed(name, msg.ExportedExpired(id, -left, d.line))}
	}
	says := d.Getenv(varProfile)
	switch owner := d.ownerOf(id, says); {
	case says == "":
		return []check{warning(name, msg.ExportedKeys(id))}
	case token == "":
		return []check{warning(name, msg.ExportedLongTerm(id, says, d.line))}
	case owner != "" && owner != says:
		return []check{warning(name, msg.ExportedOfAnother(id, owner, says, d.line))}
	case says != d.flags.Name:
		return []check{warning(name, msg.ExportedElsewhere(id, says, d.flags.Name, d.line))}
	}
	found := []check{passed(name, msg.ExportedSession(id, says, left))}
	if p, err := profile.Load(d.files(), says); err == nil && p.Kind() == profile.KindKeys {
		found = append(found, passed(name, msg.ProfileNamed(says)))
	}
	return found
}

// expiration is how long the exported session still lasts, where the environment says so.
func (d *doctor) expiration() (left time.Duration, expires bool, err error) {
	text := d.Getenv("AWS_CREDENTIAL_EXPIRATION")
	if text == "" {
		return 0, false, nil
	}
	end, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, false, msg.BadExpiration()
	}
	return time.Until(end), true, nil
}

// ownerOf is the profile whose kept session has that access key, first if it is that one's, or "" where none is known:
// profiles of the same keys share a session.
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
		if s, _, found := d.cachedSession(p, func(string, string) {}); found && s.AccessKeyID == id {
			return name
		}
	}
	return ""
}

// besideKeys looks at what some AWS clients prefer to exported keys, or send with them.
func (d *doctor) besideKeys(name string) (found []check) {
	exported := d.Getenv("AWS_ACCESS_KEY_ID") != ""
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if value := d.Getenv(variable); value != "" && exported {
			found = append(found, warning(name, msg.ProfileBesideKeys(variable, value)))
		}
	}
	if token := d.Getenv("AWS_SECURITY_TOKEN"); token != "" && token != d.Getenv("AWS_SESSION_TOKEN") {
		if exported {
			found = append(found, failed(name, msg.StaleSecurityToken()))
		} else {
			found = append(found, warning(name, msg.StaleSecurityToken()))
		}
	}
	return found
}

// routing reports variables that send requests to other hosts: endpoints, certificates and proxies. URLs are never shown whole: they may hold a password.
func (d *doctor) routing(name string) (found []check) {
	for _, variable := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM"} {
		value := d.Getenv(variable)
		if value == "" || strings.EqualFold(d.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
			continue
		}
		if where := origin(value); where != "" {
			found = append(found, warning(name, msg.EndpointElsewhere(variable, where)))
		} else {
			found = append(found, failed(name, msg.BadEndpoint(variable, d.flags.Name)))
		}
	}
	if bundle := d.Getenv("AWS_CA_BUNDLE"); bundle != "" {
		if _, err := os.Stat(profile.ExpandHome(bundle, d.Home)); err != nil {
			found = append(found, failed(name, msg.BundleNotThere(bundle, err)))
		}
	}
	for _, variable := range []string{"HTTPS_PROXY", "https_proxy"} { // Go's order, and the first one counts
		if value := d.Getenv(variable); value != "" {
			if host := proxyHost(value); host != "" {
				found = append(found, passed(name, msg.ThroughProxy(variable, host)))
			}
			break
		}
	}
	return found
}

// origin is a URL's scheme and host, "" of what is none.
func origin(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// proxyHost is the host of a proxy, whose URL may lack its scheme; "" of what is none.
func proxyHost(text string) string {
	for _, full := range []string{text, "http://" + text} {
		if u, err := url.Parse(full); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}
