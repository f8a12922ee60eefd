package cli

import (
	"slices"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/shells"
)

// baseCredentials returns the credentials at the beginning of a chain: an IAM user's long-term keys, or an external
// source. The endpoints are those of p, the profile at the end of the chain, as in botocore.
func (a *app) baseCredentials(
	p profile.Profile, c profile.Chain, sts session.Endpoint,
) (profile.Keys, *session.ExternalSource, error) {
	keys, err := c.Base.LongTermKeys()
	if c.Kind == profile.KindKeys && (err == nil || len(c.Roles) == 0) {
		return keys, nil, err
	}
	x := &session.ExternalSource{
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
		if from, _ := c.Base.Get("credential_source"); from == profile.FromEnvironment && a.Getenv(varProfile) != "" && a.Getenv("AWS_SESSION_TOKEN") != "" {
			return profile.Keys{}, nil, msg.OwnSessionInEnvironment(c.Base.Name, a.Getenv(varProfile))
		}
	case profile.KindSSO, profile.KindLogin:
		for _, service := range []string{"sso", "sso_oidc", "signin"} {
			if x.URL[service], err = a.endpoint(p, service); err != nil {
				return profile.Keys{}, nil, err
			}
		}
		x.ReadSignIn()
	default: // web identity needs only the files
	}
	return profile.Keys{}, x, nil
}

// hiddenKeys says of each key pair that it is passed over: where it was left behind, somebody may think that it counts.
func hiddenKeys(chain profile.Chain) (said []string) {
	for _, c := range chain.Conflicts() {
		if c.Ignored.Kind == profile.KindKeys && c.Profile == chain.Base.Name {
			said = append(said, c.Warning().Error())
		}
	}
	return said
}

// processEnviron is the environment for credential_process. It names the profiles that led to the program, to detect a
// cycle: the program may be awsmfa.
func (a *app) processEnviron(p profile.Profile) (environ []string, err error) {
	names := []string{p.Name}
	if before := a.Getenv(varCallers); before != "" {
		names = append(strings.Split(before, "\n"), p.Name)
	}
	if slices.Contains(names[:len(names)-1], p.Name) {
		at := p.Where("credential_process")
		return nil, msg.CallsItself(names, at.File, at.Line)
	}
	return apply(a.Environ, []shells.Var{{Name: varCallers, Value: strings.Join(names, "\n")}}, sameVariable), nil
}
