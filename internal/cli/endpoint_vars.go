package cli

import (
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/shells"
)

// A command that is given a session is told no profile, so the endpoint settings of the profile reach it as variables, and
// those of [default] must not. What awsmfa sets for one profile is not the user's: it is passed over, and removed, when the
// next one is asked for.

// varSettings names the variables that awsmfa set, each with a hash of the value, by which one that the user has changed
// since is known.
const varSettings = "AWSMFA_SETTINGS"

const (
	varIgnore    = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
	varEndpoints = "AWS_ENDPOINT_URL"
)

// endpointSettingVars are the settings that have a variable, and the value of one that says nothing, where there is one.
var endpointSettingVars = []struct{ key, variable, none string }{
	{"use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", "false"},
	{"use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", "false"},
	{"sts_regional_endpoints", "AWS_STS_REGIONAL_ENDPOINTS", "regional"},
	{"account_id_endpoint_mode", "AWS_ACCOUNT_ID_ENDPOINT_MODE", "preferred"},
}

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
		again := slices.ContainsFunc(vars, func(v shells.Var) bool { return v.Name == name })
		if !again && (name != varSettings || a.Getenv(name) != "") {
			gone = append(gone, unset(name)...)
		}
	}
	return gone
}

// settingVars are the variables for the profile's endpoint settings. A variable of the user's own wins.
func (a *app) settingVars(p profile.Profile) []shells.Var {
	var vars []shells.Var
	set := func(name, value string) {
		if value != "" && a.Getenv(name) == "" {
			vars = append(vars, shells.Var{Name: name, Value: value})
		}
	}
	for _, s := range endpointSettingVars {
		value, _ := p.Get(s.key)
		if value == "" && p.Unnamed(s.key) != "" {
			value = s.none
		}
		set(s.variable, value)
	}
	a.setEndpoints(p, set)
	if lost := withoutVariable(p); len(lost) > 0 {
		a.warn(msg.SettingsLost(p.Name, lost))
	}
	if len(vars) > 0 {
		var marks []string
		for _, v := range vars {
			marks = append(marks, marked(v.Name, v.Value))
		}
		vars = append(vars, shells.Var{Name: varSettings, Value: strings.Join(marks, ",")})
	}
	return append(a.unsetSettings(vars), vars...)
}

// setEndpoints is settingVars for the endpoints' URLs. Those of [default] would hold for all services that the profile says
// nothing of; where no URL has to reach the command, one variable keeps them off.
func (a *app) setEndpoints(p profile.Profile, set func(name, value string)) {
	if ignore, _ := p.Get("ignore_configured_endpoint_urls"); strings.EqualFold(ignore, "true") {
		set(varIgnore, "true")
		return
	}
	own := false
	for _, entry := range a.Environ {
		own = own || strings.HasPrefix(entry, varEndpoints)
	}
	all, _ := p.Get("endpoint_url")
	set(varEndpoints, all)
	name, services := p.Services()
	for _, service := range services {
		for _, below := range service.Below {
			if below.Key == "endpoint_url" {
				set(varEndpoints+"_"+strings.ToUpper(service.Key), below.Value)
			}
		}
	}
	switch unnamed := p.Unnamed("endpoint_url") + p.Unnamed("services"); {
	case unnamed == "" || all != "" || a.Getenv(varEndpoints) != "":
	case name == "" && !own:
		set(varIgnore, "true")
	default:
		a.warn(msg.DefaultEndpoints(p.Name))
	}
}

// withoutVariable are the endpoint settings for which there is no variable: those of S3.
func withoutVariable(p profile.Profile) (lost []string) {
	s3, _ := p.Setting("s3")
	for _, below := range s3.Below {
		switch below.Key {
		case "addressing_style", "use_accelerate_endpoint", "use_dualstack_endpoint", "us_east_1_regional_endpoint":
			lost = append(lost, "s3."+below.Key)
		}
	}
	return lost
}
