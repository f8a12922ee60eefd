package cli

import (
	"cmp"
	"strings"
	"time"

	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/shells"
)

// The variables. AWS_REGION is for most tools, AWS_DEFAULT_REGION for boto3 and the AWS CLI, which read only that one.
const (
	varProfile = "AWSMFA_PROFILE"           // what the last env set
	varRegion  = "AWSMFA_REGION"            // the region that awsmfa set, so that a region of the user's own is known from it
	varSecret  = "AWSMFA_SECRET_ACCESS_KEY" // the answer to setup's question
	varCallers = "AWSMFA_CALLERS"           // the profiles whose credential_process led to this run
	varDepth   = "AWSMFA_DEPTH"             // how many of exec's subshells stand inside one another
)

var (
	sessionVars = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"}
	regionVars  = []string{"AWS_REGION", "AWS_DEFAULT_REGION"}
	// preferredVars are those that some client prefers to the session, or to the endpoint of exec --server.
	preferredVars = []string{
		"AWS_PROFILE",                 // SDK for JavaScript, v3; terraform's S3 backend
		"AWS_DEFAULT_PROFILE",         // botocore, before AWS_PROFILE
		"AWS_SECURITY_TOKEN",          // botocore, before AWS_SESSION_TOKEN
		"AWS_ACCESS_KEY",              // s3cmd; before an endpoint: SDKs for Go and Java, minio-go
		"AWS_SECRET_KEY",              // as AWS_ACCESS_KEY
		"AWS_CREDENTIAL_FILE",         // botocore and boto, before an endpoint
		"AWS_WEB_IDENTITY_TOKEN_FILE", // SDK for .NET, before keys; before an endpoint: all
		"AWS_ROLE_ARN",                // goes with AWS_WEB_IDENTITY_TOKEN_FILE
	}
	// besideEndpointVars are the endpoint's own kin: clients read them before its address, and none before keys. In a
	// shell they stay, since env could not bring back the container's own.
	besideEndpointVars = []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}
)

// setVars is what puts a session into an environment; region is the flag's. The keys come last: what cannot be set or
// removed, because the user made it readonly, stops the line before anything of the session is there. The warnings are
// about endpoint settings, for a command that sees the user's AWS files.
func (a *app) setVars(p profile.Profile, s session.Session, region string) (vars []shells.Var, warnings []string) {
	vars = append(unset(preferredVars...), setRegion(p, region, a.Getenv)...)
	settings, warnings := a.settingVars(p)
	vars = append(vars, settings...)
	vars = append(vars,
		shells.Var{Name: "AWS_ACCESS_KEY_ID", Value: s.AccessKeyID},
		shells.Var{Name: "AWS_SECRET_ACCESS_KEY", Value: s.SecretAccessKey},
		orUnset("AWS_SESSION_TOKEN", s.SessionToken),
	)
	until := "" // what a program gives need not end
	if !s.Expiration.IsZero() {
		until = s.Expiration.UTC().Format(time.RFC3339)
	}
	vars = append(vars, orUnset("AWS_CREDENTIAL_EXPIRATION", until), shells.Var{Name: varProfile, Value: p.Name})
	return vars, warnings
}

func orUnset(name, value string) shells.Var {
	return shells.Var{Name: name, Value: value, Unset: value == ""}
}

// unsetVars removes all that setVars sets.
func unsetVars(getenv func(string) string) []shells.Var {
	return append(unset(append(sessionVars, varProfile, varDepth)...), unsetRegion(getenv)...)
}

// setRegion sets both variables, since no client reads both, where the flag or the profile has a region. A variable of
// the user's own wins over the profile, and stays as it is; the other one gets its region, too. With no region, what
// awsmfa set for another profile is removed.
func setRegion(p profile.Profile, flag string, getenv func(string) string) (vars []shells.Var) {
	if cmp.Or(flag, p.Region) == "" {
		return unsetRegion(getenv)
	}
	region := regionFor(flag, p, getenv)
	var ours []string
	for _, name := range regionVars {
		if flag != "" || getenv(name) == "" || isOurs(name, getenv) {
			vars, ours = append(vars, shells.Var{Name: name, Value: region}), append(ours, name)
		}
	}
	switch len(ours) {
	case len(regionVars):
		return append(vars, shells.Var{Name: varRegion, Value: region})
	case 0:
		return orNothing(varRegion, getenv)
	}
	return append(vars, shells.Var{Name: varRegion, Value: ours[0] + ":" + region})
}

// unsetRegion removes the region that awsmfa set, where it still stands as it was set.
func unsetRegion(getenv func(string) string) []shells.Var {
	var vars []shells.Var
	for _, name := range regionVars {
		if isOurs(name, getenv) {
			vars = append(vars, unset(name)...)
		}
	}
	return append(vars, orNothing(varRegion, getenv)...)
}

// isOurs says whether a variable holds the region that awsmfa set. AWSMFA_REGION is that region, behind the variable's
// name and a colon where the other variable is the user's.
func isOurs(name string, getenv func(string) string) bool {
	only, region, one := strings.Cut(getenv(varRegion), ":")
	if !one {
		return only != "" && getenv(name) == only
	}
	return name == only && getenv(name) == region
}

// orNothing removes a variable where there is one.
func orNothing(name string, getenv func(string) string) []shells.Var {
	if getenv(name) == "" {
		return nil
	}
	return unset(name)
}

func unset(names ...string) []shells.Var {
	var vars []shells.Var
	for _, name := range names {
		vars = append(vars, shells.Var{Name: name, Unset: true})
	}
	return vars
}

// apply returns environ with vars carried out; same says whether two names are one variable, which on Windows does not
// hang on their case.
func apply(environ []string, vars []shells.Var, same func(a, b string) bool) []string {
	var out []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		replaced := false
		for _, v := range vars {
			replaced = replaced || same(name, v.Name)
		}
		if !replaced {
			out = append(out, entry)
		}
	}
	for _, v := range vars {
		if !v.Unset {
			out = append(out, v.Name+"="+v.Value)
		}
	}
	return out
}
