package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"time"

	"awsmfa/internal/ancestor"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/term"
)

type setupCmd struct {
	sessionFlags
	enrollFlags

	AccessKeyID string `name:"access-key-id" help:"The access key ID of a new profile, instead of a question. Its secret is asked for, or is AWSMFA_SECRET_ACCESS_KEY, or see --secret-stdin." placeholder:"ID"`
	SecretStdin bool   `help:"Read the secret access key of a new profile from the first line of stdin."`
	NoNote      bool   `help:"Do not note the device in the config file."`
}

// Help is Kong's hook for what stands under the usage.
func (*setupCmd) Help() string { return msg.SetupHelp }

// Run is the first day: each step looks first whether it is done.
func (c *setupCmd) Run(a *app) error {
	if err := c.settle(a); err != nil {
		return err
	}
	ctx, stop := a.catchSignals()
	defer stop()
	a.say(msg.AWSCLI(awsVersion(ctx)))
	p, err := c.ensureProfile(ctx, a)
	if err != nil {
		return err
	}
	x, err := c.account(ctx, a, p)
	if err != nil {
		return err
	}
	a.say(msg.KeysAre(x.who.ARN))
	serial, err := c.ensureDevice(ctx, x)
	if err != nil {
		return err
	}
	if err := c.note(ctx, a, p, serial); err != nil {
		return err
	}
	if p, err = c.load(a); err != nil {
		return err
	}
	c.Serial = serial
	a.say(msg.FirstSession)
	s, err := c.session(a, p)
	if err != nil {
		return err
	}
	a.say(msg.SessionUntil(s.Expiration))
	shell, _ := ancestor.Shell(a.Getenv)
	line, err := a.lineFor(shell, "env", p.Name)
	if err != nil {
		return err
	}
	a.say(msg.EachDay(line))
	return nil
}

// ensureProfile reads the profile, and makes it when there is none of that name. One that is there is left as it is.
func (c *setupCmd) ensureProfile(ctx context.Context, a *app) (profile.Profile, error) {
	p, err := c.load(a)
	if !profile.NotFound(err) {
		return p, err
	}
	a.say(msg.NewProfile(c.Name))
	id, secret, region, err := c.connection(ctx, a)
	if err != nil {
		return p, err
	}
	if err := profile.AddKeys(a.files(), c.Name, id, secret); err != nil {
		return p, err
	}
	if region != "" {
		if err := profile.AddConfig(a.files(), c.Name, []profile.Setting{{Key: "region", Value: region}}); err != nil {
			return p, err
		}
	}
	a.say(msg.ProfileMade(c.Name, a.files().Credentials))
	return c.load(a)
}

// connection takes the connection settings of a new profile, each from where it was given or else from the person.
func (c *setupCmd) connection(ctx context.Context, a *app) (id string, secret profile.Secret, region string, err error) {
	id, region = c.AccessKeyID, c.Region
	text := a.Getenv("AWSMFA_SECRET_ACCESS_KEY")
	if c.SecretStdin {
		line, err := bufio.NewReader(a.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", secret, "", msg.StdinFailed(err)
		}
		text = strings.TrimSpace(line)
	}
	if id != "" && text != "" { // a script's: a region may well not be wanted
		return id, profile.NewSecret(text), region, nil
	}
	tty, err := term.Open()
	if err != nil {
		return "", secret, "", msg.NobodyToAskKeys(c.Name, err)
	}
	defer tty.Close()
	if id == "" {
		if id, err = tty.Ask(ctx, msg.AskAccessKeyID); err != nil {
			return "", secret, "", answered(ctx, err)
		}
	}
	if text == "" {
		if text, err = tty.AskSecret(ctx, msg.AskSecretAccessKey); err != nil {
			return "", secret, "", answered(ctx, err)
		}
	}
	if region == "" {
		if region, err = tty.Ask(ctx, msg.AskRegion); err != nil {
			return "", secret, "", answered(ctx, err)
		}
	}
	if id == "" || text == "" {
		return "", secret, "", msg.NoAnswerGiven()
	}
	return id, profile.NewSecret(text), region, nil
}

// ensureDevice finds the user's device, and adds one when there is none that a session can be had with.
func (c *setupCmd) ensureDevice(ctx context.Context, x *account) (serial string, err error) {
	devices, err := x.devices(ctx)
	if err != nil {
		return "", err
	}
	named := x.profile.MFASerial
	if c.Serial != "" {
		named = c.Serial
	}
	var usable []mfa.Device
	for _, d := range devices {
		if d.Serial == named {
			usable = []mfa.Device{d}
			break
		}
		if !d.SecurityKey() {
			usable = append(usable, d)
		}
	}
	switch len(usable) {
	case 0:
		serial, err := x.enroll(ctx, c.enrollFlags)
		if err == nil {
			x.app.say(msg.DeviceEnabled(serial))
		}
		return serial, err
	case 1:
		x.app.say(msg.DeviceThere(usable[0].Serial))
		return usable[0].Serial, nil
	}
	d, err := choose(x.profile.Name)(ctx, usable)
	return d.Serial, err
}

// note offers to write mfa_serial into the config file, so that other tools find the device too.
func (c *setupCmd) note(ctx context.Context, a *app, p profile.Profile, serial string) error {
	if p.MFASerial == serial || c.NoNote {
		return nil
	}
	if p.MFASerial != "" {
		a.warn(msg.OtherSerial(p.MFASerial, serial))
		return nil
	}
	wanted, err := confirm(ctx, msg.NoteSerial(a.files().Config), true, c.Yes)
	if err != nil || !wanted {
		return err
	}
	return profile.AddConfig(a.files(), p.Name, []profile.Setting{{Key: "mfa_serial", Value: serial}})
}

// awsVersion asks the AWS CLI for its version; "" when there is none. awsmfa does not need it.
func awsVersion(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "aws", "--version").CombinedOutput()
	if err != nil {
		return ""
	}
	version, _, _ := strings.Cut(string(out), " ")
	return strings.TrimPrefix(version, "aws-cli/")
}
