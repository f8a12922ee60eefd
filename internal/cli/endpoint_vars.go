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

// A command that is given a session is told no profile, so the endpoint settings of the profile reach it as variables,
// and those of [default] must not. What awsmfa sets for one profile is not the user's: it is passed over, and removed,
// when the next one is asked for.

// varSettings names the variables that awsmfa set, each with a hash of the value, by which one that the user has
// changed since is known.
const varSettings = "AWSMFA_SETTINGS"

const (
	varIgnore    = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
	varEndpoints = "AWS_ENDPOINT_URL"
)

// endpointSettingVars are the settings that have a variable, and the value of one that says nothing, where there is
// one.
var endpointSettingVars = []struct {
	keys           [2]string // the second is another place for the same
	variable, none string
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

// withoutVariable are the endpoint settings for which there is no variable.
var withoutVariable = []string{"s3.addressing_style", "s3.use_accelerate_endpoint", "s3.use_dualstack_endpoint"}

// forgetSettings takes the variables that awsmfa set before out of what this run sees. It returns their names.
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
		os.Unsetenv(name) //nolint:errcheck // the SDK reads it, and it was there
	}
	return ours
}

// marked is a variable as varSettings names it.
func marked(name, value string) string {
	h := fnv.New32a()
	h.Write([]byte(value))
	return fmt.Sprintf("%s:%08x", name, h.Sum32())
}

// unsetSettings removes the variables that awsmfa set before, but for those in vars.
func (a *app) unsetSettings(vars []shells.Var) (gone []shells.Var) {
	for _, name := range append(a.ours, varSettings) {
		if !isAmong(name, vars) && (name != varSettings || a.Getenv(name) != "") {
			gone = append(gone, unset(name)...)
		}
	}
	return gone
}

// settingVars are the variables for the profile's endpoint settings, and what has to be said of those that no variable
// can hand on or keep off. A variable of the user's own wins.
func (a *app) settingVars(p profile.Profile) (vars []shells.Var, warnings []string) {
	set := func(name, value string) {
		if value != "" && a.Getenv(name) == "" && !isAmong(name, vars) {
			vars = append(vars, shells.Var{Name: name, Value: value})
		}
	}
	for _, s := range endpointSettingVars {
		value := cmp.Or(p.Below(s.keys[0]), p.Below(s.keys[1]))
		if value == "" && p.Unnamed(s.keys[0])+p.Unnamed(s.keys[1]) != "" {
			value = s.none
		}
		set(s.variable, value)
	}
	lost, leak := a.setEndpoints(p, set)
	var theirs []string
	for _, key := range withoutVariable {
		if p.Below(key) != "" {
			lost = append(lost, key)
		}
		if p.Unnamed(key) != "" {
			theirs = append(theirs, key)
		}
	}
	if len(lost) > 0 {
		warnings = append(warnings, msg.SettingsLost(p.Name, lost))
	}
	if len(theirs) > 0 {
		warnings = append(warnings, msg.DefaultSettings(p.Name, theirs))
	}
	if leak {
		warnings = append(warnings, msg.DefaultEndpoints(p.Name))
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

// setEndpoints is settingVars for the endpoints' URLs. Those of [default] would hold for all services that the profile
// says nothing of; where no URL has to reach the command, one variable keeps them off, else they leak. Lost are those
// that no variable can name.
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
			case below.Key != "endpoint_url" || a.Getenv(varEndpoints) != "": // the user's for all wins over the service's
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

// hasEndpoint says whether the user has set a variable for the endpoint of a service.
func (a *app) hasEndpoint() bool {
	return slices.ContainsFunc(a.Environ, func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		return strings.HasPrefix(name, varEndpoints+"_") && value != ""
	})
}
