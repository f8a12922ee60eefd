package cli

import (
	"strings"
	"time"

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
	// staleVars would win over the session, or spoil it: the SDK for JavaScript prefers AWS_PROFILE to keys, botocore
	// AWS_SECURITY_TOKEN to AWS_SESSION_TOKEN.
	staleVars = []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"}
)

// setVars is what puts a session into an environment. With no region, one that awsmfa set for another profile is
// removed, and one of the user's own is left. The keys come last: what cannot be set or removed, because the user made
// it readonly, stops the line before anything of the session is there.
func setVars(profile string, s session.Session, region string, getenv func(string) string) []shells.Var {
	vars := unset(staleVars...)
	if region == "" {
		vars = append(vars, unsetRegion(getenv)...)
	} else {
		for _, name := range append(regionVars, varRegion) {
			vars = append(vars, shells.Var{Name: name, Value: region})
		}
	}
	vars = append(vars,
		shells.Var{Name: "AWS_ACCESS_KEY_ID", Value: s.AccessKeyID},
		shells.Var{Name: "AWS_SECRET_ACCESS_KEY", Value: s.SecretAccessKey},
		orUnset("AWS_SESSION_TOKEN", s.SessionToken),
	)
	until := "" // what a program gives need not end
	if !s.Expiration.IsZero() {
		until = s.Expiration.UTC().Format(time.RFC3339)
	}
	return append(vars, orUnset("AWS_CREDENTIAL_EXPIRATION", until), shells.Var{Name: varProfile, Value: profile})
}

func orUnset(name, value string) shells.Var {
	return shells.Var{Name: name, Value: value, Unset: value == ""}
}

// unsetVars removes all that setVars sets.
func unsetVars(getenv func(string) string) []shells.Var {
	return append(unset(append(sessionVars, varProfile, varDepth)...), unsetRegion(getenv)...)
}

// unsetRegion removes the region that awsmfa set, where it still stands as it was set.
func unsetRegion(getenv func(string) string) []shells.Var {
	ours := getenv(varRegion)
	if ours == "" {
		return nil
	}
	var vars []shells.Var
	for _, name := range regionVars {
		if getenv(name) == ours {
			vars = append(vars, unset(name)...)
		}
	}
	return append(vars, unset(varRegion)...)
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
