package awsapi

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// Settings are the connection settings of the environment and of a profile. The zero value means the SDK's defaults.
type Settings struct {
	caBundle    func() ([]byte, error) // reads the certificates, as PEM, when a client is made
	fips        aws.FIPSEndpointState
	dualStack   aws.DualStackEndpointState
	maxAttempts int
	retryMode   aws.RetryMode
}

// DefaultRetryMode is the SDK's.
const DefaultRetryMode = aws.RetryModeStandard

// A setting is one of a profile, with its variable.
type setting struct {
	key, variable string
	values        []string // the valid ones; nil for a number
	read          func(value string) bool
}

// all returns the settings that have a few values, or a number; read puts a value into s.
func (s *Settings) all() []setting {
	return []setting{
		{"use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", trueOrFalse, func(v string) bool {
			s.fips = map[string]aws.FIPSEndpointState{
				"true": aws.FIPSEndpointStateEnabled, "false": aws.FIPSEndpointStateDisabled,
			}[strings.ToLower(v)]
			return s.fips != aws.FIPSEndpointStateUnset
		}},
		{"use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", trueOrFalse, func(v string) bool {
			s.dualStack = map[string]aws.DualStackEndpointState{
				"true": aws.DualStackEndpointStateEnabled, "false": aws.DualStackEndpointStateDisabled,
			}[strings.ToLower(v)]
			return s.dualStack != aws.DualStackEndpointStateUnset
		}},
		{"max_attempts", "AWS_MAX_ATTEMPTS", nil, func(v string) bool {
			n, err := strconv.Atoi(v)
			s.maxAttempts = n
			return err == nil && n >= 1
		}},
		{"retry_mode", "AWS_RETRY_MODE", []string{"legacy", "standard", "adaptive"}, func(v string) bool {
			if strings.EqualFold(v, "legacy") { // botocore's oldest, which the SDK lacks: use its default
				return true
			}
			mode, err := aws.ParseRetryMode(strings.ToLower(v))
			s.retryMode = mode
			return err == nil
		}},
	}
}

// ReadSettings returns the settings of the variables, which come first, and of a profile (AWS SDKs and Tools
// Reference Guide, "Settings reference"). An invalid setting is a *msg.Error with its position. home is the home
// directory, for ~.
func ReadSettings(p profile.Profile, getenv func(string) string, home string) (Settings, error) {
	s := Settings{caBundle: caBundle(p, getenv("AWS_CA_BUNDLE"), home)}
	for _, setting := range s.all() {
		if value := getenv(setting.variable); value != "" {
			if !setting.read(value) {
				return Settings{}, BadVariable(setting.variable, setting.values)
			}
			continue
		}
		if value, _ := p.Get(setting.key); value != "" && !setting.read(value) {
			return Settings{}, BadSetting(p, setting.key, setting.values)
		}
	}
	return s, nil
}

var trueOrFalse = []string{"true", "false"}

// BadVariable is the error for a setting's variable with an invalid value. values are the valid ones; nil stands for a
// number, 1 or more.
func BadVariable(variable string, values []string) *msg.Error {
	const fix = "correct the variable, or unset it"
	if values == nil {
		return msg.Errorf("%s must be a number, 1 or more", variable).Hint(fix)
	}
	return msg.Errorf("%s must be one of: %s", variable, msg.List(values)).Hint(fix)
}

// BadSetting is BadVariable for a setting in a profile. It does not show the value, which may have been pasted by
// mistake.
func BadSetting(p profile.Profile, key string, values []string) *msg.Error {
	const fix = "correct the line, or remove it"
	if values == nil {
		return msg.Errorf("profile %q: %s must be a number, 1 or more (%s)", p.Name, key, p.Where(key)).Hint(fix)
	}
	return msg.Errorf("profile %q: %s must be one of: %s (%s)", p.Name, key, msg.List(values), p.Where(key)).Hint(fix)
}

// caBundle returns a func that reads the certificates named by the variable, else by the setting, or nil if there are
// none.
func caBundle(p profile.Profile, variable, home string) func() ([]byte, error) {
	setting, _ := p.Get("ca_bundle")
	file := cmp.Or(variable, setting)
	if file == "" {
		return nil
	}
	return func() ([]byte, error) {
		pem, err := certificates(profile.ExpandHome(file, home))
		switch {
		case err == nil:
			return pem, nil
		case variable != "":
			return nil, msg.Errorf("AWS_CA_BUNDLE names %s: %s", msg.Path(file), err).
				Hint("name a PEM file with the certificates to trust, by its full path, or unset AWS_CA_BUNDLE").
				Wrap(err)
		default:
			return nil, msg.Errorf("profile %q: its ca_bundle (%s) names %s: %s", p.Name, p.Where("ca_bundle"),
				msg.Path(profile.ExpandHome(file, home)), err).
				Hint("name a PEM file with the certificates to trust, by its full path").
				Wrap(err)
		}
	}
}

// certificates reads a file of at least one certificate.
func certificates(file string) ([]byte, error) {
	pem, err := bounded.ReadFile(file)
	switch {
	case err != nil:
		return nil, msg.Errorf("%s", msg.Cause(err)).Wrap(err)
	case !x509.NewCertPool().AppendCertsFromPEM(pem):
		return nil, msg.Errorf("it has no certificate")
	}
	return pem, nil
}

// options returns the settings as the SDK's options.
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
