package cli

import (
	"strconv"
	"strings"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/shells"
)

// awsmfa's own variables.
const (
	varProfile  = "AWSMFA_PROFILE"           // the profile of the session in the environment
	varExpires  = "AWSMFA_EXPIRES"           // when the session in the environment ends, in seconds since 1970
	varPrevious = "AWSMFA_PREVIOUS"          // the profile before, for `mfa -`
	varRegion   = "AWSMFA_REGION"            // the region that awsmfa set; any other region is the user's
	varSecret   = "AWSMFA_SECRET_ACCESS_KEY" // an answer to setup
	varCallers  = "AWSMFA_CALLERS"           // the profiles whose credential_process led to this run
	varDepth    = "AWSMFA_DEPTH"             // how many subshells of exec are nested
	varSandbox  = "AWSMFA_SANDBOX"           // the demo's home directory; it has no keyring, and no files elsewhere
	varDevice   = "AWS_MFA_SERIAL"           // aws-vault's: the device, where the profile names none
)

var (
	sessionVars = []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", varExpires,
	}
	// regionVars are both needed: most clients read the first, boto3 and AWS CLI 1 only the second.
	regionVars = []string{"AWS_REGION", "AWS_DEFAULT_REGION"}
	// preferredVars are variables that some client prefers to the session, or to the endpoint of exec --server.
	preferredVars = []string{
		"AWS_PROFILE",                 // SDK for JavaScript, v3
		"AWS_DEFAULT_PROFILE",         // botocore, but AWS CLI 2, before AWS_PROFILE
		"AWS_SECURITY_TOKEN",          // botocore, before AWS_SESSION_TOKEN
		"AWS_ACCESS_KEY",              // s3cmd; before an endpoint: SDKs for Go and Java, minio-go
		"AWS_SECRET_KEY",              // as AWS_ACCESS_KEY
		"AWS_CREDENTIAL_FILE",         // botocore and boto, before an endpoint
		"AWS_WEB_IDENTITY_TOKEN_FILE", // SDK for .NET, before keys; before an endpoint: all
		"AWS_ROLE_ARN",                // goes with AWS_WEB_IDENTITY_TOKEN_FILE
	}
	// besideEndpointVars are variables that some client prefers to the endpoint's address, and none to keys. env leaves
	// them set, since it could not restore the container's own.
	besideEndpointVars = []string{
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", // all
		"AMAZON_ACCESS_KEY_ID", "AMAZON_SECRET_ACCESS_KEY", "AMAZON_SESSION_TOKEN", // SDK for JavaScript, v2
		"MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", // minio-go
	}
)

// setVars returns the variables for a session; region is the flag's. The keys come last: a readonly variable before
// them stops the evaluated line while no key is set. The warnings are about endpoint settings, for a command that reads
// the user's AWS files.
func (a *app) setVars(p profile.Profile, s session.Session, region string) (vars []shells.Var, warnings []*msg.Error) {
	vars = unset(preferredVars...)
	for i := range vars {
		vars[i].AnyScope = true
	}
	vars = append(vars, a.setRegion(region, p)...)
	settings, warnings := a.settingVars(p)
	vars = append(vars, settings...)
	vars = append(vars,
		shells.Var{Name: "AWS_ACCESS_KEY_ID", Value: s.AccessKeyID},
		shells.Var{Name: "AWS_SECRET_ACCESS_KEY", Value: s.SecretAccessKey},
		orUnset("AWS_SESSION_TOKEN", s.SessionToken),
	)
	until, seconds := "", "" // credentials of a program may have no end
	if !s.Expiration.IsZero() {
		until = s.Expiration.UTC().Format(time.RFC3339)
		seconds = strconv.FormatInt(s.Expiration.Unix(), 10)
	}
	return append(vars,
		orUnset("AWS_CREDENTIAL_EXPIRATION", until),
		orUnset(varExpires, seconds),
		shells.Var{Name: varProfile, Value: p.Name},
	), warnings
}

func orUnset(name, value string) shells.Var {
	return shells.Var{Name: name, Value: value, Unset: value == ""}
}

// unsetVars unsets every variable that setVars sets.
func unsetVars(getenv func(string) string) []shells.Var {
	return append(unset(append(sessionVars, varProfile, varDepth)...), unsetRegion(getenv)...)
}

// unsetIfSet unsets a variable if it is set.
func unsetIfSet(name string, getenv func(string) string) []shells.Var {
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

// apply returns environ after the changes in vars; same compares names, on Windows without regard to case.
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
