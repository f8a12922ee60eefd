package cli

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/shells"
)

// A command with a session in its environment has no profile: clients read the endpoint settings of [default] instead
// of the profile's. So awsmfa passes the profile's settings in variables, and shields the command from those of
// [default]. A later run ignores and unsets variables that awsmfa set for another profile.

// varSettings lists the variables that awsmfa set, each with a hash of its value, to notice a later change by the user.
const varSettings = "AWSMFA_SETTINGS"

const (
	varIgnore    = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
	varEndpoints = "AWS_ENDPOINT_URL"
)

// endpointSettingVars are the settings that have a variable, and the variable's neutral value.
var endpointSettingVars = []struct {
	keys              [2]string // the second is another place for the same setting
	variable, neutral string
}{
	{[2]string{"use_fips_endpoint"}, "AWS_USE_FIPS_ENDPOINT", "false"},
	{[2]string{"use_dualstack_endpoint"}, "AWS_USE_DUALSTACK_ENDPOINT", "false"},
	{[2]string{"sts_regional_endpoints"}, "AWS_STS_REGIONAL_ENDPOINTS", "regional"},
	{[2]string{"account_id_endpoint_mode"}, "AWS_ACCOUNT_ID_ENDPOINT_MODE", "preferred"},
	{
		[2]string{"s3_us_east_1_regional_endpoint", "s3.us_east_1_regional_endpoint"},
		"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "legacy",
	},
}

// withoutVariable are the endpoint settings that have no variable.
var withoutVariable = []string{"s3.addressing_style", "s3.use_accelerate_endpoint", "s3.use_dualstack_endpoint"}

// isEndpointSetting reports whether the setting is about AWS clients' endpoints; one profile's are never used with
// another's session. The key is as in profile.Below.
func isEndpointSetting(key string) bool {
	for _, s := range endpointSettingVars {
		if slices.Contains(s.keys[:], key) {
			return true
		}
	}
	return slices.Contains(withoutVariable, key) ||
		slices.Contains([]string{"endpoint_url", "services", "ignore_configured_endpoint_urls"}, key)
}

// forgetSettings hides the variables that an earlier run set from this run and its children, and returns their names.
func (a *app) forgetSettings() (ours []string) {
	for _, entry := range strings.Split(a.Getenv(varSettings), ",") {
		name, _, _ := strings.Cut(entry, ":")
		if value := a.Getenv(name); value != "" && marked(name, value) == entry {
			ours = append(ours, name)
		}
	}
	if len(ours) == 0 {
		return nil
	}
	getenv := a.Getenv
	a.Getenv = func(name string) string {
		if slices.Contains(ours, name) {
			return ""
		}
		return getenv(name)
	}
	a.Environ = slices.DeleteFunc(a.Environ, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(ours, name)
	})
	for _, name := range ours {
		os.Unsetenv(name) //nolint:errcheck // the SDK reads it; a set variable can be unset
	}
	return ours
}

// marked is a variable's entry in varSettings.
func marked(name, value string) string {
	h := fnv.New32a()
	h.Write([]byte(value))
	return fmt.Sprintf("%s:%08x", name, h.Sum32())
}

// unsetSettings unsets the variables that an earlier run set, except those in vars.
func (a *app) unsetSettings(vars []shells.Var) (unsets []shells.Var) {
	for _, name := range append(a.ours, varSettings) {
		if !isAmong(name, vars) && (name != varSettings || a.Getenv(name) != "") {
			unsets = append(unsets, unset(name)...)
		}
	}
	return unsets
}

// settingVars returns the variables for the profile's endpoint settings. The user's own variables win. The warnings
// name settings of the profile that no variable can pass on, and settings of [default] that none can override.
func (a *app) settingVars(p profile.Profile) (vars []shells.Var, warnings []*msg.Error) {
	set := func(name, value string) {
		if value != "" && a.Getenv(name) == "" && !isAmong(name, vars) {
			vars = append(vars, shells.Var{Name: name, Value: value})
		}
	}
	for _, s := range endpointSettingVars {
		value := cmp.Or(p.Below(s.keys[0]), p.Below(s.keys[1]))
		if value == "" && p.Unnamed(s.keys[0])+p.Unnamed(s.keys[1]) != "" {
			value = s.neutral
		}
		set(s.variable, strings.ToLower(value)) // botocore reads a setting in any case, but its variable not
	}
	lost, leak := a.setEndpoints(p, set)
	var fromDefault []string
	for _, key := range withoutVariable {
		if p.Below(key) != "" {
			lost = append(lost, key)
		}
		if p.Unnamed(key) != "" {
			fromDefault = append(fromDefault, key)
		}
	}
	if len(lost) > 0 {
		warnings = append(warnings, msg.Errorf("%s of profile %q: there is no variable, so clients ignore it here",
			msg.List(lost), p.Name).
			Hint("%s makes a profile with which they read it", msg.Command("config", p.Name)))
	}
	if len(fromDefault) > 0 {
		warnings = append(warnings, msg.Errorf("%s of [default]: there is no variable to override it, "+
			"so clients use it for profile %q too", msg.List(fromDefault), p.Name))
	}
	if leak {
		warnings = append(warnings, msg.Errorf("the endpoints of [default] apply to the services "+
			"that neither profile %q nor a variable names", p.Name))
	}
	if len(vars) > 0 {
		var marks []string
		for _, v := range vars {
			marks = append(marks, marked(v.Name, v.Value))
		}
		vars = append(vars, shells.Var{Name: varSettings, Value: strings.Join(marks, ",")})
	}
	return append(a.unsetSettings(vars), vars...), warnings
}

func isAmong(name string, vars []shells.Var) bool {
	return slices.ContainsFunc(vars, func(v shells.Var) bool { return v.Name == name })
}

// setEndpoints is settingVars for the endpoints' URLs. Those of [default] would apply to all services that the profile
// does not name. If the command needs no URL, one variable disables them; else they leak. A lost setting has no
// variable.
func (a *app) setEndpoints(p profile.Profile, set func(name, value string)) (lost []string, leak bool) {
	if strings.EqualFold(p.Below("ignore_configured_endpoint_urls"), "true") {
		set(varIgnore, "true")
		return nil, false
	}
	all := cmp.Or(a.Getenv(varEndpoints), p.Below("endpoint_url"))
	set(varEndpoints, all)
	name, services := p.Services()
	for _, service := range services {
		variable := varEndpoints + "_" + strings.ToUpper(service.Key)
		for _, below := range service.Below {
			switch {
			case below.Key != "endpoint_url" || a.Getenv(varEndpoints) != "": // the user's variable wins
			case shells.IsName(variable):
				set(variable, below.Value)
			default:
				lost = append(lost, service.Key+"."+below.Key)
			}
		}
	}
	if all == "" && p.Unnamed("endpoint_url")+p.Unnamed("services") != "" {
		if name == "" && !a.hasEndpoint() {
			set(varIgnore, "true")
		} else {
			leak = !strings.EqualFold(a.Getenv(varIgnore), "true")
		}
	}
	if p.Unnamed("ignore_configured_endpoint_urls") != "" {
		set(varIgnore, "false")
	}
	return lost, leak
}

// hasEndpoint says whether the user has set a variable for a service's endpoint.
func (a *app) hasEndpoint() bool {
	return slices.ContainsFunc(a.Environ, func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		return strings.HasPrefix(name, varEndpoints+"_") && value != ""
	})
}
