package cli

import (
	"slices"
	"strings"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/shells"
)

// baseCredentials returns the credentials at the beginning of a chain: an IAM user's long-term keys, or an external
// source. The endpoints are those of p, the profile at the end of the chain, as in botocore.
func (a *app) baseCredentials(
	p profile.Profile, c profile.Chain, sts awsapi.Endpoint,
) (profile.Keys, *awsapi.ExternalSource, error) {
	keys, err := c.Base.LongTermKeys()
	if c.Kind == profile.KindKeys && (err == nil || len(c.Roles) == 0) {
		return keys, nil, err
	}
	x := &awsapi.ExternalSource{
		Profile: c.Base, Kind: c.Kind, STS: sts, URL: map[string]string{},
		Getenv: a.Getenv, Home: a.Home, Environ: a.Environ, Stderr: a.Stderr,
	}
	if c.Kind == profile.KindSSO || c.Kind == profile.KindCredentialSource {
		x.Hidden = hiddenKeys(c)
	}
	switch c.Kind {
	case profile.KindKeys: // a session that another program wrote there can assume a role
		if _, err := c.Base.KeyPair(); err != nil {
			return profile.Keys{}, nil, err
		}
	case profile.KindProcess:
		if x.Environ, err = a.processEnviron(c.Base); err != nil {
			return profile.Keys{}, nil, err
		}
	case profile.KindCredentialSource:
		exported := a.Getenv(varProfile) != "" && a.Getenv("AWS_SESSION_TOKEN") != ""
		if from, _ := c.Base.Get("credential_source"); from == profile.FromEnvironment && exported {
			return profile.Keys{}, nil, a.ownSessionInEnvironment(c.Base.Name)
		}
	case profile.KindSSO, profile.KindLogin:
		for _, service := range []string{"sso", "sso_oidc", "signin"} {
			if x.URL[service], err = a.endpoint(p, service); err != nil {
				return profile.Keys{}, nil, err
			}
		}
		x.ReadSignIn()
	case profile.KindNone, profile.KindRole, profile.KindSource: // a chain has none of these
	case profile.KindWebIdentity: // it needs only the files
	}
	return profile.Keys{}, x, nil
}

// ownSessionInEnvironment is the error for credential_source = Environment where awsmfa itself set the variables.
func (a *app) ownSessionInEnvironment(profileName string) *msg.Error {
	from := a.Getenv(varProfile)
	return msg.Errorf("profile %q takes its credentials from the environment (credential_source), "+
		"which has the session of profile %q from awsmfa", profileName, from).
		Hint("have %s evaluated first, or name profile %s as its source_profile",
			msg.Command("env", "--unset"), msg.Word(from))
}

// hiddenKeys returns a notice about each key pair that another source overrides: it may be left over.
func hiddenKeys(chain profile.Chain) (notices []msg.Text) {
	for _, c := range chain.Conflicts() {
		if c.Ignored.Kind == profile.KindKeys && c.Profile == chain.Base.Name {
			notices = append(notices, msg.Textf("%s", c.Warning()))
		}
	}
	return notices
}

// isCalled reports whether another awsmfa runs this one, as a credential_process.
func (a *app) isCalled() bool { return a.Getenv(varCallers) != "" }

// processEnviron is the environment for credential_process. It names the profiles that led to the program, to detect a
// cycle: the program may be awsmfa.
func (a *app) processEnviron(p profile.Profile) (environ []string, err error) {
	names := []string{p.Name}
	if before := a.Getenv(varCallers); before != "" {
		names = append(strings.Split(before, "\n"), p.Name)
	}
	if slices.Contains(names[:len(names)-1], p.Name) {
		return nil, msg.Errorf("profile %q would call itself: %s (credential_process, %s)",
			p.Name, msg.Chain(names), p.Where("credential_process")).
			Hint("let credential_process name the profile that has the keys or the role")
	}
	return apply(a.Environ, []shells.Var{{Name: varCallers, Value: strings.Join(names, "\n")}}, sameVariable), nil
}
