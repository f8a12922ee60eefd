package awsapi

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"awsmfa/internal/msg"
)

// Device is an MFA device of an IAM user.
type Device struct {
	// Serial is the serial number: an ARN, or the number printed on a hardware token.
	Serial string
	// Enabled is when the device was enabled for the user; zero if IAM was not asked.
	Enabled time.Time
}

// DeviceKind is a kind of MFA device.
type DeviceKind int

// The kinds: an authenticator app, a hardware token that shows codes, a FIDO security key or passkey.
const (
	App DeviceKind = iota
	Hardware
	SecurityKey
)

// Kind returns the device's kind, by its serial number: an app's is an ARN with :mfa/, a security key's an ARN with
// :u2f/, a hardware token's is not an ARN. (IAM User Guide, "IAM identifiers".)
func (d Device) Kind() DeviceKind {
	switch {
	case d.IsSecurityKey():
		return SecurityKey
	case strings.HasPrefix(d.Serial, "arn:"):
		return App
	}
	return Hardware
}

// IsSerial reports whether text can be a device's serial number: within AWS's limits, and, if it is an ARN, a complete
// ARN of an MFA device (IAM User Guide, "IAM identifiers").
func IsSerial(text string) bool {
	if !withinLimits(text) {
		return false
	}
	parts := strings.SplitN(text, ":", 6)
	if parts[0] != "arn" {
		return true // a hardware token's
	}
	if len(parts) != 6 || parts[2] != "iam" || len(parts[4]) != 12 || strings.Trim(parts[4], "0123456789") != "" {
		return false
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	return (kind == "mfa" || kind == "u2f" || kind == "sms-mfa") && name != "" && !strings.HasSuffix(name, "/")
}

// withinLimits reports whether text has the length and the characters of a serial number (AWS STS API Reference,
// "GetSessionToken", SerialNumber).
func withinLimits(text string) bool {
	return 9 <= len(text) && len(text) <= 256 && !strings.ContainsFunc(text, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("_+=/:,.@-", r))
	})
}

// IsSecurityKey reports whether the device is a FIDO security key or passkey, which works only in a browser:
// GetSessionToken has no parameter for its answer. Its ARN is arn:PARTITION:iam::ACCOUNT:u2f/….
func (d Device) IsSecurityKey() bool {
	resource := d.Serial
	for range 5 { // arn, partition, service, region, account
		_, after, found := strings.Cut(resource, ":")
		if !found {
			return false
		}
		resource = after
	}
	return strings.HasPrefix(resource, "u2f/")
}

// ListDevices lists the MFA devices of the user whose access key the client has. The request names no user: IAM then
// takes the one who signed it, and so does a policy that lets users list only their own devices. Errors are the SDK's,
// ctx's, or a *msg.Error for an answer that IAM would not give; so are those of the other calls to IAM.
func (c *Client) ListDevices(ctx context.Context) (devices []Device, err error) {
	err = c.iam(ctx, func(ctx context.Context, client *iam.Client) error {
		for marker := (*string)(nil); ; {
			// The SDK's paginator would put the client into an interface; then the linker keeps its 160 methods, 5 MB.
			page, err := client.ListMFADevices(ctx, &iam.ListMFADevicesInput{Marker: marker})
			if err != nil {
				return err
			}
			for _, d := range page.MFADevices {
				serial := aws.ToString(d.SerialNumber)
				if !withinLimits(serial) {
					return badSerial(serial)
				}
				devices = append(devices, Device{Serial: serial, Enabled: aws.ToTime(d.EnableDate)})
			}
			if !page.IsTruncated {
				return nil
			}
			marker = page.Marker
		}
	})
	return devices, err
}

func badSerial(serial string) *msg.Error {
	return msg.Errorf("the answer from IAM names an MFA device %q, which is not a serial number", serial).
		Hint(otherAnswers)
}

// NameDevice is the hint for a user whose devices cannot be listed.
func NameDevice() msg.Text {
	return msg.Textf("name the device with --serial, or with mfa_serial in the profile's section of the config file: " +
		"then no list is needed")
}

// NotListed is the error for devices that could not be listed. err is AWS's answer in words, and its hint is this
// error's too; where a policy denies the list, NameDevice is the better hint.
func NotListed(profile string, err error) *msg.Error {
	return msg.Errorf("finding the MFA device of profile %q: %s", profile, err).Wrap(err)
}

// NoDevice is the error for a user without a device; base is the profile with the user's keys. err may be nil.
func NoDevice(profile, base string, err error) *msg.Error {
	return msg.Errorf("the IAM user of profile %q has no MFA device", profile).
		Hint("%s adds one; a user who needs none gets a session with --no-mfa", msg.Command("setup", base)).
		Wrap(err)
}

// OnlySecurityKeys is the error for a user whose devices are all security keys.
func OnlySecurityKeys(profile string, serials []string) *msg.Error {
	return msg.Errorf("the IAM user of profile %q has only security keys (%s), which work only in a browser",
		profile, msg.List(serials)).
		Hint("add an authenticator app to the same user, with %s or in the IAM console: "+
			"a user may have several devices", msg.Command("device", "add"))
}

// UnusableKey is the error for a security key that was named as the device, by the variable if it is not "".
func UnusableKey(serial, variable string) *msg.Error {
	if variable != "" {
		return msg.Errorf("%s, from %s, is a security key, which works only in a browser", serial, variable).
			Hint("unset %s: then awsmfa finds the device itself", variable)
	}
	return msg.Errorf("%s is a security key, which works only in a browser", serial).
		Hint("name an authenticator app's device, arn:…:mfa/NAME, in mfa_serial or --serial; " +
			"without either awsmfa finds the device")
}
