package cli

import (
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
)

// variables checks the variables that AWS clients prefer to a profile, or to the variables that awsmfa sets: one line
// for each that matters.
func (d *doctor) variables() []check {
	name := msg.Textf("variables")
	found := d.exported(name).checks
	found = append(found, d.besideKeys(name)...)
	found = append(found, d.routing(name)...)
	if len(found) == 0 {
		return []check{passed(name, msg.Textf("none overrides what awsmfa sets"))}
	}
	return found
}

// exportedKeys are the keys in the environment.
type exportedKeys struct {
	id      string
	half    bool      // an access key ID without a secret access key, or the other way round
	profile string    // the profile whose session awsmfa put into the environment, "" if none
	cached  bool      // the cache has this session
	end     time.Time // of the session, as the cache or the variables have it; else zero
	checks  []check
}

// ended reports whether the session has ended.
func (k exportedKeys) ended() bool { return !k.end.IsZero() && !k.end.After(time.Now()) }

// exported checks the keys in the environment: whose they are, and how long they last.
func (d *doctor) exported(name msg.Text) exportedKeys {
	id, secret, token := d.Getenv("AWS_ACCESS_KEY_ID"), d.Getenv("AWS_SECRET_ACCESS_KEY"), d.Getenv("AWS_SESSION_TOKEN")
	left, expires, err := d.expiration()
	k := exportedKeys{id: id, half: (id == "") != (secret == ""), profile: d.Getenv(varProfile)}
	k.end, k.cached = d.endOf(id, left, expires && err == nil)
	isPast := expires && left <= 0
	switch {
	case id == "" && secret == "":
		if isPast {
			k.checks = []check{warning(name, staleExpiration(left))}
		}
	case secret == "":
		k.checks = []check{failed(name, halfExported("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))}
	case id == "":
		k.checks = []check{failed(name, halfExported("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"))}
	case err != nil && !k.ended():
		k.checks = []check{failed(name, err)}
	case strings.HasPrefix(id, "AKIA") && token != "":
		k.checks = []check{failed(name, msg.
			Errorf("%s is exported, a long-term key, with the session token of another key: AWS refuses the two", id).
			Hint("unset AWS_SESSION_TOKEN"))}
	case isPast && (token == "" || !k.ended()):
		k.checks = []check{failed(name, staleExpiration(left))}
	case token != "" && k.ended():
		k.checks = []check{failed(name, msg.
			Errorf("%s is exported, a session that ended %s ago", id, msg.Left(time.Since(k.end))).
			Hint("type:  %s", d.line))}
	default:
		k.checks = d.exportedSession(name, token, k)
	}
	return k
}

// endOf returns when the exported session ends: as the cache has it, else AWSMFA_EXPIRES, else
// AWS_CREDENTIAL_EXPIRATION, until which left is the time.
func (d *doctor) endOf(id string, left time.Duration, expires bool) (end time.Time, cached bool) {
	if memory, err := session.ReadMemory(d.cache()); err == nil && id != "" {
		if s, found := memory.Find(id); found {
			return s.Expiration, true
		}
	}
	if end, ok := d.ownEnd(); ok {
		return end, false
	}
	if expires {
		return time.Now().Add(left), false
	}
	return time.Time{}, false
}

// ownEnd is the time in AWSMFA_EXPIRES.
func (d *doctor) ownEnd() (end time.Time, ok bool) {
	seconds, err := strconv.ParseInt(d.Getenv(varExpires), 10, 64)
	return time.Unix(seconds, 0), err == nil
}

// endTolerance is how much the two variables with the end of a session may differ: one has whole seconds.
const endTolerance = 2 * time.Second

// replaced reports whether another program has exported keys over awsmfa's session, and set the end of its own.
func (d *doctor) replaced(k exportedKeys) bool {
	left, expires, err := d.expiration()
	end, ok := d.ownEnd()
	return !k.cached && ok && expires && err == nil && (time.Until(end)-left).Abs() > endTolerance
}

// exportedSession checks exported keys that AWS would accept, as far as the variables tell.
func (d *doctor) exportedSession(name msg.Text, token string, k exportedKeys) []check {
	switch owner := d.ownerOf(k); {
	case k.profile == "":
		set := msg.List(sessionVars[:3])
		if token == "" {
			set = set[:2]
		}
		return []check{warning(name, msg.
			Errorf("%s is exported, and not by awsmfa: AWS clients prefer it to any profile", k.id).
			Hint("unset %s; %s replaces them", set, msg.Command("env")))}
	case token == "":
		return []check{warning(name, msg.
			Errorf("AWSMFA_PROFILE is %q, but %s is exported, a long-term key without MFA", k.profile, k.id).
			Hint("type:  %s", d.line))}
	case owner != "" && owner != k.profile:
		return []check{warning(name, msg.
			Errorf("%s is exported, a session of profile %q, but AWSMFA_PROFILE is %q", k.id, owner, k.profile).
			Hint("type:  %s", d.line))}
	case d.replaced(k):
		return []check{warning(name, msg.
			Errorf("%s is exported, and not by awsmfa: AWS_CREDENTIAL_EXPIRATION and AWSMFA_EXPIRES differ", k.id).
			Hint("type:  %s", d.line))}
	case k.profile != d.flags.Name:
		return []check{warning(name, msg.
			Errorf("%s is exported, a session of profile %q, not of %q", k.id, k.profile, d.flags.Name).
			Hint("type:  %s", d.line))}
	}
	text := msg.Textf("%s is exported, a session of profile %q", k.id, k.profile)
	if !k.end.IsZero() {
		text = msg.Textf("%s is exported, a session of profile %q for another %s", k.id, k.profile,
			msg.Left(time.Until(k.end)))
	}
	found := []check{passed(name, text)}
	p, err := profile.Load(d.files(), k.profile)
	if keys, _ := p.LongTermKeys(); err == nil && p.Kind() == profile.KindKeys && keys.Store == "" {
		found = append(found, check{ // no error: the session lasts, and no variable wins over it
			name: name, status: isWarning, text: msg.Textf("aws --profile %s ignores the exported session "+
				"and uses the long-term keys in the AWS files, without MFA: leave --profile out", msg.Word(k.profile)),
		})
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

// ownerOf is the profile whose cached session the keys are, or "". Profiles of the same keys share a session, so the
// one that AWSMFA_PROFILE names is tried before the others; it also owns the session that its credential_process gets
// from awsmfa.
func (d *doctor) ownerOf(k exportedKeys) string {
	if k.profile == "" || !k.cached {
		return ""
	}
	owns := func(p profile.Profile, err error) bool {
		if err != nil {
			return false
		}
		c := d.cached(p)
		return c.found && c.session.AccessKeyID == k.id
	}
	p, err := profile.Load(d.files(), k.profile)
	if owns(p, err) {
		return k.profile
	}
	if err == nil {
		if _, name, ours := calledByProcess(p); ours && owns(profile.Load(d.files(), name)) {
			return k.profile
		}
	}
	all, err := profile.Open(d.files())
	if err != nil {
		return ""
	}
	for _, name := range all.Names() {
		if owns(all.Load(name)) {
			return name
		}
	}
	return ""
}

// besideKeys checks the variables that some AWS clients prefer to exported keys, or send with them.
func (d *doctor) besideKeys(name msg.Text) (found []check) {
	exported := d.Getenv("AWS_ACCESS_KEY_ID") != ""
	if value := d.Getenv("AWS_PROFILE"); value != "" && exported {
		found = append(found, warning(name, msg.Errorf("AWS_PROFILE is %q while keys are exported: "+
			"the SDK for JavaScript uses the profile, other AWS clients the keys", value).
			Hint("unset %s; %s does so", "AWS_PROFILE", msg.Command("env"))))
	}
	if value := d.Getenv("AWS_DEFAULT_PROFILE"); value != "" && exported {
		found = append(found, warning(name, msg.Errorf("AWS_DEFAULT_PROFILE is %q while keys are exported: "+
			"the AWS CLI and boto3 use the profile's region and other settings with the keys", value).
			Hint("unset %s; %s does so", "AWS_DEFAULT_PROFILE", msg.Command("env"))))
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

// besideEndpoint checks the variables that AWS clients prefer to the endpoint of exec --server.
func (d *doctor) besideEndpoint(name msg.Text) (found []check) {
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if value := d.Getenv(variable); value != "" {
			found = append(found, warning(name, msg.Errorf("%s is %q: "+
				"AWS clients use that profile, not the endpoint of exec --server", variable, value).
				Hint("unset %s", variable)))
		}
	}
	return found
}

// routing checks the variables for endpoints, certificates and proxies. URLs are never shown whole: one may hold a
// password.
func (d *doctor) routing(name msg.Text) (found []check) {
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
