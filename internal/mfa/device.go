// Package mfa knows MFA devices, as IAM lists them, and where the six digits of a token code come from: a flag, a
// command, the person at the terminal. It never obtains a session, and never shows or keeps a code.
package mfa

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"awsmfa/internal/msg"
)

// Client is the SDK's client of IAM, under a name that others may use who do not speak to AWS themselves.
type Client = iam.Client

// Device is an MFA device of an IAM user.
type Device struct {
	// Serial is what AWS calls the serial number: an ARN, or what stands on the back of a hardware token.
	Serial string
	// Enabled is since when it is the user's; zero where IAM was not asked.
	Enabled time.Time
}

// Kind is what sort of device one is.
type Kind int

// The kinds: an authenticator app, a token that shows codes, a FIDO key or passkey.
const (
	App Kind = iota
	Hardware
	SecurityKey
)

// Kind tells the sort by the serial number: an authenticator app's is an ARN with :mfa/, a security key's one with
// :u2f/, a hardware token's is no ARN. (IAM User Guide, "IAM identifiers".)
func (d Device) Kind() Kind {
	switch {
	case d.IsSecurityKey():
		return SecurityKey
	case strings.HasPrefix(d.Serial, "arn:"):
		return App
	}
	return Hardware
}

// IsSerial says whether text can be a device's serial number: one that AWS would take, and, where it is an ARN, a
// device's and whole (IAM User Guide, "IAM identifiers").
func IsSerial(text string) bool {
	if !withinLimits(text) {
		return false
	}
	parts := strings.SplitN(text, ":", 6)
	if parts[0] != "arn" {
		return true // of a hardware token
	}
	if len(parts) != 6 || parts[2] != "iam" || len(parts[4]) != 12 || strings.Trim(parts[4], "0123456789") != "" {
		return false
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	return (kind == "mfa" || kind == "u2f" || kind == "sms-mfa") && name != "" && !strings.HasSuffix(name, "/")
}

// withinLimits says whether AWS would take text for a serial number (AWS STS API Reference, "GetSessionToken",
// SerialNumber).
func withinLimits(text string) bool {
	return 9 <= len(text) && len(text) <= 256 && !strings.ContainsFunc(text, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_+=/:,.@-", r))
	})
}

// IsSecurityKey says whether the device is a FIDO key or passkey, which AWS takes in a browser only: GetSessionToken has
// no place for its answer. Their ARNs are arn:PARTITION:iam::ACCOUNT:u2f/…; an authenticator app's has :mfa/, a
// hardware token's serial number is no ARN. (IAM User Guide, "IAM identifiers".)
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

// Devices lists the MFA devices of the user whose key cfg holds. The user is not named: IAM takes the one who signs,
// and so does a policy that lets users list only their own. Errors are the SDK's,
// or a *msg.Error of an answer that IAM cannot have given.
func Devices(ctx context.Context, client *Client) ([]Device, error) {
	var devices []Device
	for marker := (*string)(nil); ; {
		// Not with the SDK's paginator: it puts the client into an interface, and then the linker keeps all 160 of its
		// calls, 5 MB.
		page, err := client.ListMFADevices(ctx, &iam.ListMFADevicesInput{Marker: marker})
		if err != nil {
			return nil, err
		}
		for _, d := range page.MFADevices {
			if serial := aws.ToString(d.SerialNumber); !withinLimits(serial) {
				return nil, msg.ListedNoSerial(serial)
			}
			devices = append(devices, Device{Serial: aws.ToString(d.SerialNumber), Enabled: aws.ToTime(d.EnableDate)})
		}
		if !page.IsTruncated {
			return devices, nil
		}
		marker = page.Marker
	}
}
