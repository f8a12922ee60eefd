package session

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// Settings are a profile's on how AWS is reached, or those of the environment, which come first. The zero value of each is
// the SDK's usual.
type Settings struct {
	caBundle    func() ([]byte, error) // reads the certificates, as PEM: only who asks AWS needs them
	fips        aws.FIPSEndpointState
	dualStack   aws.DualStackEndpointState
	maxAttempts int
	retryMode   aws.RetryMode
}

// UsualRetryMode is the SDK's.
const UsualRetryMode = aws.RetryModeStandard

// ReadSettings takes the settings out of a profile (AWS SDKs and Tools Reference Guide, "Settings reference"), or out of
// their variables, which come first. One that cannot be understood is a *msg.Error with its place. home is what ~ stands
// for in a file's path.
func ReadSettings(p profile.Profile, getenv func(string) string, home string) (Settings, error) {
	s := Settings{caBundle: caBundle(p, getenv("AWS_CA_BUNDLE"), home)}
	for _, setting := range []struct {
		key, variable, want string
		read                func(value string) bool
	}{
		{"use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", "true or false", func(v string) bool {
			s.fips = map[string]aws.FIPSEndpointState{
				"true": aws.FIPSEndpointStateEnabled, "false": aws.FIPSEndpointStateDisabled,
			}[strings.ToLower(v)]
			return s.fips != aws.FIPSEndpointStateUnset
		}},
		{"use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", "true or false", func(v string) bool {
			s.dualStack = map[string]aws.DualStackEndpointState{
				"true": aws.DualStackEndpointStateEnabled, "false": aws.DualStackEndpointStateDisabled,
			}[strings.ToLower(v)]
			return s.dualStack != aws.DualStackEndpointStateUnset
		}},
		{"max_attempts", "AWS_MAX_ATTEMPTS", "a number from 1", func(v string) bool {
			n, err := strconv.Atoi(v)
			s.maxAttempts = n
			return err == nil && n >= 1
		}},
		{"retry_mode", "AWS_RETRY_MODE", "legacy, standard or adaptive", func(v string) bool {
			if strings.EqualFold(v, "legacy") { // botocore's oldest; the SDK's usual stands for it
				return true
			}
			mode, err := aws.ParseRetryMode(strings.ToLower(v))
			s.retryMode = mode
			return err == nil
		}},
	} {
		if value := getenv(setting.variable); value != "" {
			if !setting.read(value) {
				return Settings{}, msg.BadSettingVariable(setting.variable, setting.want)
			}
			continue
		}
		if value, _ := p.Get(setting.key); value != "" && !setting.read(value) {
			at := p.Where(setting.key)
			return Settings{}, msg.ProfileBadSetting(p.Name, setting.key, setting.want, at.File, at.Line)
		}
	}
	return s, nil
}

// caBundle reads the certificates that the variable names, else the setting; it is nil where neither does.
func caBundle(p profile.Profile, variable, home string) func() ([]byte, error) {
	setting, _ := p.Get("ca_bundle")
	file := cmp.Or(variable, setting)
	if file == "" {
		return nil
	}
	return func() ([]byte, error) {
		pem, err := certificates(profile.ExpandHome(file, home))
		switch at := p.Where("ca_bundle"); {
		case err == nil:
			return pem, nil
		case variable != "":
			return nil, msg.BadCABundleVariable(file, err)
		default:
			return nil, msg.ProfileBadCABundle(p.Name, profile.ExpandHome(file, home), at.File, at.Line, err)
		}
	}
}

// certificates reads a file of certificates, of which it has one at least.
func certificates(file string) ([]byte, error) {
	pem, err := bounded.ReadFile(file)
	switch {
	case err != nil:
		return nil, err
	case !x509.NewCertPool().AppendCertsFromPEM(pem):
		return nil, errors.New("there is no certificate in it")
	}
	return pem, nil
}

// options are the settings as the SDK takes them.
func (s Settings) options() []func(*config.LoadOptions) error {
	var all []func(*config.LoadOptions) error
	if s.caBundle != nil {
		all = append(all, func(o *config.LoadOptions) error {
			pem, err := s.caBundle()
			o.CustomCABundle = bytes.NewReader(pem)
			return err
		})
	}
	if s.fips != aws.FIPSEndpointStateUnset {
		all = append(all, config.WithUseFIPSEndpoint(s.fips))
	}
	if s.dualStack != aws.DualStackEndpointStateUnset {
		all = append(all, config.WithUseDualStackEndpoint(s.dualStack))
	}
	if s.maxAttempts != 0 {
		all = append(all, config.WithRetryMaxAttempts(s.maxAttempts))
	}
	if s.retryMode != "" {
		all = append(all, config.WithRetryMode(s.retryMode))
	}
	return all
}
