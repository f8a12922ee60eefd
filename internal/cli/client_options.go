package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// clientOptions returns the options of a profile's AWS clients, and the endpoint of STS. region is the flag's; arn, a
// role's or a device's, decides the partition if no region is configured.
func (f *profileFlags) clientOptions(
	a *app, p profile.Profile, region, arn string,
) (awsapi.ClientOptions, awsapi.Endpoint, error) {
	if err := a.checkOwnRegion(region); err != nil && !f.offline {
		return awsapi.ClientOptions{}, awsapi.Endpoint{}, err
	}
	sts, where, err := a.stsEndpoint(p, region, arn)
	if err != nil {
		return awsapi.ClientOptions{}, awsapi.Endpoint{}, err
	}
	iam, err := a.endpoint(p, "iam")
	if err != nil {
		return awsapi.ClientOptions{}, awsapi.Endpoint{}, err
	}
	settings, err := awsapi.ReadSettings(p, a.Getenv, a.Home)
	if err != nil {
		return awsapi.ClientOptions{}, awsapi.Endpoint{}, err
	}
	if strings.EqualFold(a.Getenv("AWS_RETRY_MODE"), "legacy") {
		// The SDK rejects botocore's oldest mode. A child process gets the variable unchanged.
		os.Setenv("AWS_RETRY_MODE", string(awsapi.DefaultRetryMode)) //nolint:errcheck // the name is one
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		_, err := url.Parse(a.Getenv(name))
		if err != nil { // HOST:PORT alone is a proxy too; a value that is neither, Go would ignore
			_, err = url.Parse("http://" + a.Getenv(name))
		}
		if err != nil {
			// The value is not shown: it may hold a password.
			return awsapi.ClientOptions{}, awsapi.Endpoint{}, msg.Errorf("%s is not a URL", name).
				Hint("write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %% in a password as %%25")
		}
	}
	a.trace("profile: %s, region %s, endpoint %s", p.Name, where, cmp.Or(sts.URL, "AWS's own"))
	return awsapi.ClientOptions{
		Profile:    p.Name,
		Settings:   settings,
		Region:     where,
		RegionFrom: a.regionFrom(region, p),
		IAM:        iam,
		Proxy:      a.proxyNamed(sts.URL),
		Endpoints:  a.endpointsNamed(sts.URL, iam),
		Timeout:    time.Duration(f.Timeout),
		AppID:      "awsmfa",
		Now:        time.Now,
		Trace:      a.trace,
		Secret:     a.secrets.add,
	}, sts, nil
}

// proxyNamed returns the variable that names the proxy for requests to the endpoint, as Go chooses it, or "".
func (a *app) proxyNamed(endpoint string) string {
	names := []string{"HTTPS_PROXY", "https_proxy"}
	if strings.HasPrefix(endpoint, "http:") {
		names = []string{"HTTP_PROXY", "http_proxy"}
	}
	for _, name := range names {
		if a.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// endpointsNamed returns the variables and the setting that name the endpoints, for messages.
func (a *app) endpointsNamed(sts, iam string) (names msg.List) {
	if sts == "" && iam == "" {
		return nil
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL"} {
		if a.Getenv(name) != "" {
			names = append(names, name)
		}
	}
	if names == nil {
		return msg.List{"endpoint_url"}
	}
	return names
}

// stsEndpoint returns the endpoint of STS, and the region in which awsmfa calls AWS.
func (a *app) stsEndpoint(p profile.Profile, region, arn string) (sts awsapi.Endpoint, where string, err error) {
	if sts.URL, err = a.endpoint(p, "sts"); err != nil {
		return awsapi.Endpoint{}, "", err
	}
	legacy, err := a.usesLegacyEndpoint(p)
	if err != nil {
		return awsapi.Endpoint{}, "", err
	}
	where = a.clientRegion(region, p, arn)
	sts.Global = sts.URL == "" && legacy && awsapi.IsLegacyRegion(where)
	return sts, where, nil
}

// endpoint is the URL of a service's endpoint, "" for AWS's own. The order is every AWS client's: the service's
// variable, the variable for all services, the profile's services section, the profile itself. (AWS SDKs and Tools
// Reference Guide, "Service-specific endpoints".)
func (a *app) endpoint(p profile.Profile, service string) (string, error) {
	if ignore, err := a.choice(p, "ignore_configured_endpoint_urls", "true", "false"); err != nil || ignore == "true" {
		return "", err
	}
	variable := "AWS_ENDPOINT_URL_" + strings.ToUpper(service)
	from, text, where := variable, a.Getenv(variable), profile.Pos{}
	if text == "" {
		from, text = "AWS_ENDPOINT_URL", a.Getenv("AWS_ENDPOINT_URL")
	}
	if text == "" {
		var err error
		if text, where, err = p.ServiceEndpoint(service); err != nil {
			return "", err
		}
	}
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		if where.Line != 0 {
			from = fmt.Sprintf("endpoint_url (%s)", where)
		}
		return "", badEndpoint(from, p.Name)
	}
	return text, nil
}

// badEndpoint does not show the URL, which may hold a password.
func badEndpoint(from, profileName string) error {
	return msg.Errorf("%s, for profile %q, is not an endpoint's URL", from, profileName).
		Hint("write https://HOST or https://HOST:PORT, with no user and no password")
}

// usesLegacyEndpoint says whether the settings choose the global endpoint of STS. It has no FIPS and no dual-stack
// variant, so those settings win, as in botocore (args.py, _should_set_global_sts_endpoint).
func (a *app) usesLegacyEndpoint(p profile.Profile) (bool, error) {
	chosen, err := a.choice(p, "sts_regional_endpoints", "legacy", "regional")
	if err != nil || chosen != "legacy" {
		return false, err
	}
	for _, variant := range []string{"use_fips_endpoint", "use_dualstack_endpoint"} {
		if on, err := a.choice(p, variant, "true", "false"); err != nil || on == "true" {
			return false, err
		}
	}
	return true, nil
}

// choice is the value of a setting with two possible values, from its variable or else the profile: in lower case, or
// "".
func (a *app) choice(p profile.Profile, key, one, other string) (string, error) {
	variable, values := "AWS_"+strings.ToUpper(key), []string{one, other}
	isNone := func(v string) bool { return v != "" && v != one && v != other }
	value := strings.ToLower(a.Getenv(variable))
	if isNone(value) {
		return "", awsapi.BadVariable(variable, values)
	}
	if value == "" {
		setting, _ := p.Get(key)
		if value = strings.ToLower(setting); isNone(value) {
			return "", awsapi.BadSetting(p, key, values)
		}
	}
	return value, nil
}
