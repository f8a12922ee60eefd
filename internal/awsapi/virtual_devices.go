package awsapi

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"awsmfa/internal/msg"
)

// VirtualDevice is a virtual MFA device that was just created and is not yet enabled. AWS returns its key only now.
type VirtualDevice struct {
	Serial string
	// Seed is the key in Base32, as authenticator apps read it. It is a secret as long as the device exists.
	Seed string
}

// Format writes the serial number, and never the key, for every verb.
func (v VirtualDevice) Format(w fmt.State, _ rune) {
	_, _ = w.Write([]byte(v.Serial))
}

// CreateDevice creates a virtual device. path, such as "/" or "/team/", becomes part of its ARN, which policies may
// match. The SDK repeats a request that got no answer, and may then find the device of its own first try:
// DeviceNameTaken.
func (c *Client) CreateDevice(ctx context.Context, path, name string) (device VirtualDevice, err error) {
	err = c.change(ctx, func(ctx context.Context, client *iam.Client) error {
		out, err := client.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{
			Path: aws.String(path), VirtualMFADeviceName: aws.String(name),
		})
		if err != nil {
			return err
		}
		if out.VirtualMFADevice == nil || len(out.VirtualMFADevice.Base32StringSeed) == 0 {
			return msg.Errorf("the answer from IAM lacks the new MFA device").Hint(otherAnswers)
		}
		serial := aws.ToString(out.VirtualMFADevice.SerialNumber)
		if !IsSerial(serial) {
			return badSerial(serial)
		}
		device = VirtualDevice{Serial: serial, Seed: string(out.VirtualMFADevice.Base32StringSeed)}
		return nil
	})
	return device, err
}

// otherAnswers is the hint for an answer that IAM would not give.
const otherAnswers = "what answers may not be AWS: awsmfa doctor shows which settings lead elsewhere"

// EnableDevice enables a device for the user, with two consecutive codes of its authenticator.
func (c *Client) EnableDevice(ctx context.Context, user, serial, first, second string) error {
	return c.change(ctx, func(ctx context.Context, client *iam.Client) error {
		_, err := client.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
			UserName: aws.String(user), SerialNumber: aws.String(serial),
			AuthenticationCode1: aws.String(first), AuthenticationCode2: aws.String(second),
		})
		return err
	})
}

// ResyncDevice synchronizes a device with AWS, by two consecutive codes.
func (c *Client) ResyncDevice(ctx context.Context, user, serial, first, second string) error {
	return c.iam(ctx, func(ctx context.Context, client *iam.Client) error {
		_, err := client.ResyncMFADevice(ctx, &iam.ResyncMFADeviceInput{
			UserName: aws.String(user), SerialNumber: aws.String(serial),
			AuthenticationCode1: aws.String(first), AuthenticationCode2: aws.String(second),
		})
		return err
	})
}

// DeleteDevice deletes a virtual device that is enabled for nobody. A missing device is not an error.
func (c *Client) DeleteDevice(ctx context.Context, serial string) error {
	return c.change(ctx, func(ctx context.Context, client *iam.Client) error {
		_, err := client.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: aws.String(serial)})
		return unlessNoSuchEntity(err)
	})
}

// DeactivateDevice deactivates the user's device. A device that is no longer the user's is not an error.
func (c *Client) DeactivateDevice(ctx context.Context, user, serial string) error {
	return c.change(ctx, func(ctx context.Context, client *iam.Client) error {
		_, err := client.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{
			UserName: aws.String(user), SerialNumber: aws.String(serial),
		})
		return unlessNoSuchEntity(err)
	})
}

// LeftoverDevice looks for an unassigned device with this serial number, left by a try that was cut short (its key is
// lost). It returns the serial number as AWS spells it, or "" if there is none.
func (c *Client) LeftoverDevice(ctx context.Context, serial string) (found string, err error) {
	err = c.iam(ctx, func(ctx context.Context, client *iam.Client) error {
		for marker := (*string)(nil); ; { // without the SDK's paginator: see ListDevices
			page, err := client.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{
				AssignmentStatus: types.AssignmentStatusTypeUnassigned, Marker: marker,
			})
			if err != nil {
				return err
			}
			for _, d := range page.VirtualMFADevices {
				// IAM's names do not differ by case (IAM User Guide, "IAM name requirements").
				if spelt := aws.ToString(d.SerialNumber); strings.EqualFold(spelt, serial) {
					found = spelt
					return nil
				}
			}
			if !page.IsTruncated {
				return nil
			}
			marker = page.Marker
		}
	})
	return found, err
}

// IsDeviceName reports whether a path and a name are valid for a virtual device (IAM API Reference,
// "CreateVirtualMFADevice").
func IsDeviceName(path, name string) bool {
	return 0 < len(name) && len(name) <= 226 &&
		len(path) <= 512 && !strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' }) &&
		!strings.ContainsFunc(name, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
				strings.ContainsRune("_+=,.@-", r))
		})
}

// DeviceNameTaken reports whether CreateDevice failed because a device of that name exists, in use or left over.
func DeviceNameTaken(err error) bool { return hasCode(err, "EntityAlreadyExists") }

// CodesRefused reports whether AWS refused the two codes.
func CodesRefused(err error) bool { return hasCode(err, "InvalidAuthenticationCode") }

// DeviceInUse reports whether DeleteDevice failed because the device is enabled for a user.
func DeviceInUse(err error) bool { return hasCode(err, "DeleteConflict") }

// AccessDenied reports whether a policy denied the call.
func AccessDenied(err error) bool { return hasCode(err, "AccessDenied") }

// NotApplied reports whether AWS certainly refused a call, so that it changed nothing. After any other error AWS may
// have carried it out and the answer was lost, even the answer to an earlier attempt that the SDK made for the same
// call.
func NotApplied(err error) bool {
	return AccessDenied(err) || hasCode(err, "LimitExceeded") || hasCode(err, "ValidationError")
}
