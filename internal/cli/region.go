package cli

import (
	"cmp"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/partition"
	"awsmfa/internal/profile"
	"awsmfa/shells"
)

// region returns the configured region, "" if there is none: --region (flag), else the user's own AWS_REGION, else the
// user's own AWS_DEFAULT_REGION, else the profile's. console and setup need no default: without a region AWS's console
// chooses one, and setup asks for it.
func (a *app) region(flag string, p profile.Profile) string {
	_, own := a.ownRegion()
	return cmp.Or(flag, own, p.Region)
}

// regionFrom says where the configured region stands; empty if there is none.
func (a *app) regionFrom(flag string, p profile.Profile) msg.Text {
	variable, own := a.ownRegion()
	switch a.region(flag, p) {
	case "":
		return msg.Text{}
	case own:
		return msg.Textf("%s", variable)
	case p.Region:
		return msg.Textf("the region of profile %q (%s)", p.Name, p.Where("region"))
	}
	return msg.Textf("%s", "--region")
}

// clientRegion returns the region in which awsmfa calls AWS: the configured one, else the default of arn's partition,
// and not a source profile's, which the command would not have either.
func (a *app) clientRegion(flag string, p profile.Profile, arn string) string {
	return cmp.Or(a.region(flag, p), partition.DefaultRegion(arn))
}

// setRegion returns the variables for the configured region. It sets both if the flag or the profile has a region. The
// user's own variable wins over the profile: it stays, and the other variable gets its value. If neither the flag nor
// the profile has one, awsmfa leaves the user's variables as they are, even if only one is set, and unsets a region
// that it set for another profile.
func (a *app) setRegion(flag string, p profile.Profile) (vars []shells.Var) {
	if cmp.Or(flag, p.Region) == "" {
		return unsetRegion(a.Getenv)
	}
	region := a.region(flag, p)
	var ours []string
	for _, name := range regionVars {
		if flag != "" || a.Getenv(name) == "" || isOurs(name, a.Getenv) {
			vars, ours = append(vars, shells.Var{Name: name, Value: region}), append(ours, name)
		}
	}
	switch len(ours) {
	case len(regionVars):
		return append(vars, shells.Var{Name: varRegion, Value: region})
	case 0:
		return unsetIfSet(varRegion, a.Getenv)
	}
	return append(vars, shells.Var{Name: varRegion, Value: ours[0] + ":" + region})
}

// unsetRegion unsets the region that awsmfa set, unless the user has changed it.
func unsetRegion(getenv func(string) string) []shells.Var {
	var vars []shells.Var
	for _, name := range regionVars {
		if isOurs(name, getenv) {
			vars = append(vars, unset(name)...)
		}
	}
	return append(vars, unsetIfSet(varRegion, getenv)...)
}

// ownRegion returns the variable in which the user set a region, and the region. One that awsmfa set for another
// profile does not count.
func (a *app) ownRegion() (variable, region string) {
	for _, name := range regionVars {
		if r := a.Getenv(name); r != "" && !isOurs(name, a.Getenv) {
			return name, r
		}
	}
	return "", ""
}

// isOurs reports whether a variable has the region that awsmfa set. AWSMFA_REGION is that region; if awsmfa set only
// one variable, its name and a colon come before the region.
func isOurs(name string, getenv func(string) string) bool {
	only, region, one := strings.Cut(getenv(varRegion), ":")
	if !one {
		return only != "" && getenv(name) == only
	}
	return name == only && getenv(name) == region
}

// checkRegion returns an error if name, from a flag or a profile, does not have the form of a region's name.
func checkRegion(name string) error {
	if !isRegion(name) {
		return badRegion(name).Hint("region names look like ap-northeast-1")
	}
	return nil
}

// checkOwnRegion is checkRegion for the user's own variable, unless the flag wins over it.
func (a *app) checkOwnRegion(flag string) error {
	variable, region := a.ownRegion()
	if flag != "" || isRegion(region) {
		return nil
	}
	return badRegion(region).Hint("region names look like ap-northeast-1; correct %s, or unset it", variable)
}

func badRegion(name string) *msg.Error { return msg.Errorf("%q cannot be a region", name) }

// checkProfileRegion is checkRegion for the profile's region, also if a flag or a variable wins over it.
func checkProfileRegion(p profile.Profile) error {
	if !isRegion(p.Region) {
		return msg.Errorf("profile %q: region is not a region's name (%s)", p.Name, p.Where("region")).
			Hint("fix the line, or take it out")
	}
	return nil
}

// isRegion reports whether name has the form of a region's name, or is "". Only AWS knows which regions exist.
func isRegion(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
