package cli

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

type profileCmd struct {
	Add    profileAddCmd    `cmd:"" help:"Add a role to the config file, as a profile."`
	Import profileImportCmd `cmd:"" help:"Add the profiles of a file to the config file, such as a team's."`
}

type profileAddCmd struct {
	Name        string `arg:"" name:"name"`
	RoleARN     string `name:"role-arn" required:""`
	Source      string `required:""`
	ExternalID  string `name:"external-id"`
	SessionName string
	Duration    durationFlag `short:"d"`
	Region      string
}

func (*profileAddCmd) help() flagHelp {
	return flagHelp{
		"<name>":       msg.Textf("The new profile's name."),
		"role-arn":     msg.Textf("The role: arn:aws:iam::ACCOUNT:role/NAME."),
		"source":       msg.Textf("The profile whose credentials assume the role."),
		"external-id":  msg.Textf("The external ID, if the role's trust policy requires one."),
		"session-name": msg.Textf("The name of the role's sessions. Else the MFA device's."),
		"duration":     msg.Textf("How long the role's sessions last: 15m to 12h, or seconds (1h)."),
		"region":       msg.Textf("The profile's region. Else the source's."),
	}
}

func (*profileAddCmd) Help() string {
	return `  awsmfa profile add developer --role-arn arn:aws:iam::123456789012:role/Developer --source prod
  awsmfa exec developer -- aws sts get-caller-identity

Adds a profile to ~/.aws/config that every AWS client understands, and changes no line that is there. It writes
no mfa_serial: awsmfa takes the source's device, and the AWS CLI would ask for a code for each role.`
}

func (c *profileAddCmd) Run(a *app) error {
	if err := checkRegion(c.Region); err != nil {
		return &usageError{err}
	}
	added := profile.NewSection{Name: c.Name}
	var seconds string
	if c.Duration != 0 {
		seconds = strconv.Itoa(int(time.Duration(c.Duration) / time.Second))
	}
	files := a.files()
	region := c.Region
	if source, err := profile.Load(files, c.Source); err == nil { // otherwise usable says why
		region = cmp.Or(region, source.Region) // no AWS client takes it from the source by itself
	}
	for _, set := range []profile.Setting{
		{Key: "role_arn", Value: c.RoleARN},
		{Key: "source_profile", Value: c.Source},
		{Key: "external_id", Value: c.ExternalID},
		{Key: "role_session_name", Value: c.SessionName},
		{Key: "duration_seconds", Value: seconds},
		{Key: "region", Value: region},
	} {
		if set.Value != "" {
			added.Settings = append(added.Settings, set)
		}
	}
	sections := []profile.NewSection{added}
	after, err := profile.WithSections(files, sections)
	if err != nil {
		return err
	}
	if err := usable(after, c.Name); err != nil {
		return msg.Errorf("the profile was not added: %s", err).Wrap(err)
	}
	if err := profile.AddSections(files, sections); err != nil {
		return err
	}
	a.say(msg.Textf("profile %q is in %s; try:  %s", c.Name, msg.Path(files.Config),
		msg.Command("exec", c.Name, "--", "aws", "sts", "get-caller-identity")))
	return nil
}

// usable returns the error for a profile of which no session could be obtained.
func usable(l *profile.Library, name string) error {
	p, err := l.Load(name)
	if err != nil {
		return err
	}
	chain, err := p.Chain()
	if err == nil && chain.Kind == profile.KindSSO {
		_, err = chain.Base.SSO()
	}
	return err
}

type profileImportCmd struct {
	File string `arg:"" name:"file"`
	Yes  bool   `short:"y"`
}

func (*profileImportCmd) help() flagHelp {
	return flagHelp{
		"<file>": msg.Textf("A file in the format of ~/.aws/config."),
		"yes":    msg.Textf("Add the profiles without asking."),
	}
}

func (*profileImportCmd) Help() string {
	return `  awsmfa profile import team.ini

Takes the profiles of a file: roles, and profiles of IAM Identity Center with their sso-session. It shows what it would
add to ~/.aws/config, and asks. A profile that is there already is left as it is.

A file with keys, with a command line (credential_process, mfa_process) or with any setting that is not about roles or
IAM Identity Center is refused as a whole. mfa_serial is left out, because it names one person's device.`
}

func (c *profileImportCmd) Run(a *app) error {
	read, err := profile.ReadSections(c.File)
	if err != nil {
		return err
	}
	added, err := a.missing(read)
	if err != nil {
		return err
	}
	if len(added) == 0 {
		a.say(msg.Textf("%s has no profile to add", msg.Path(c.File)))
		return nil
	}
	files := a.files()
	after, err := profile.WithSections(files, added)
	if err != nil {
		return err
	}
	if err := a.checkImported(after, added); err != nil {
		return err
	}
	for i, s := range added {
		text := s.Text()
		if i > 0 {
			text = "\n" + text
		}
		if err := a.print(text); err != nil {
			return err
		}
	}
	ctx, stop := a.catchSignals()
	defer stop()
	q := question{text: msg.Textf("Add these lines to %s?", msg.Path(files.Config)), yes: c.Yes}
	if err := a.agreed(ctx, q, msg.Errorf("nothing was added")); err != nil {
		return err
	}
	if err := profile.AddSections(files, added); err != nil {
		return err
	}
	a.say(msg.Textf("the profiles are in %s; %s shows them", msg.Path(files.Config), msg.Command("list")))
	return nil
}

// missing returns those of the sections that the config file lacks, and says why it leaves profiles out.
func (a *app) missing(read []profile.NewSection) (added []profile.NewSection, err error) {
	have, err := profile.WithSections(a.files(), nil)
	if err != nil {
		return nil, err
	}
	signIns := map[string]bool{} // the sso-sessions of the profiles to add
	for _, s := range read {
		if s.SSOSession {
			continue
		}
		switch at, _, err := have.Find(s); {
		case err != nil:
			return nil, err
		case at.Line != 0:
			a.say(msg.Textf("profile %q is there already (%s), and is left as it is", s.Name, at))
			continue
		case s.Get("role_arn") == "" && s.Get("sso_session") == "" && s.Get("sso_start_url") == "":
			a.say(msg.Textf("profile %q (%s) is left out: it is neither a role nor one of IAM Identity Center",
				s.Name, s.Where))
			continue
		}
		if s.Device.Line != 0 {
			a.say(msg.Textf("mfa_serial (%s) is left out: it names one person's device", s.Device))
		}
		added, signIns[s.Get("sso_session")] = append(added, s), true
	}
	for _, s := range slices.Backward(read) {
		if !s.SSOSession || !signIns[s.Name] {
			continue
		}
		switch at, same, err := have.Find(s); {
		case err != nil:
			return nil, err
		case at.Line == 0:
			added = slices.Insert(added, 0, s)
		case !same: // the new profiles would sign in elsewhere
			return nil, msg.Errorf("[sso-session %s] is there already (%s), with other settings than at %s",
				msg.Escaped(s.Name), at, s.Where).Hint("give one of the two another name")
		}
	}
	return added, nil
}

// checkImported returns the error for a profile that could never be used. A source may be added later.
func (a *app) checkImported(after *profile.Library, added []profile.NewSection) error {
	for _, s := range added {
		if s.SSOSession {
			continue
		}
		switch err := usable(after, s.Name); {
		case profile.NotFound(err):
			a.warn(msg.Errorf("profile %q cannot be used yet: %s", s.Name, err).Wrap(err))
		case err != nil:
			return msg.Errorf("nothing was added: %s", err).Wrap(err)
		}
	}
	return nil
}
