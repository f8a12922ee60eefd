package mfa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"awsmfa/internal/msg"
)

// Virtual is a virtual MFA device that was just created: an authenticator app must learn its key before it can be
// enabled, and AWS shows the key this once.
type Virtual struct {
	Serial string
	// Seed is the key in Base32, as authenticator apps take it. It is a secret for as long as the device lives.
	Seed string
}

// Format writes the serial number and no key, for every verb.
func (v Virtual) Format(w fmt.State, _ rune) {
	_, _ = w.Write([]byte(v.Serial))
}

// Create makes a virtual device that nobody's authenticator knows yet. path is "/" or the folder of it: part of its ARN,
// which policies look at. Errors are the SDK's. The SDK tries again what got no answer, and may then be told of its own
// device: NameTaken.
func Create(ctx context.Context, client *Client, path, name string) (Virtual, error) {
	out, err := client.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{
		Path: aws.String(path), VirtualMFADeviceName: aws.String(name),
	})
	if err != nil {
		return Virtual{}, err
	}
	if out.VirtualMFADevice == nil || len(out.VirtualMFADevice.Base32StringSeed) == 0 {
		return Virtual{}, msg.NotAWS("AWS IAM", http.StatusOK, errors.New("the answer holds no device"))
	}
	serial := aws.ToString(out.VirtualMFADevice.SerialNumber)
	if !IsSerial(serial) {
		return Virtual{}, msg.ListedNoSerial(serial)
	}
	return Virtual{Serial: serial, Seed: string(out.VirtualMFADevice.Base32StringSeed)}, nil
}

// Enable gives a device to the user, with two consecutive codes of its authenticator. Errors are the SDK's.
func Enable(ctx context.Context, client *Client, user, serial, first, second string) error {
	_, err := client.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
		UserName: aws.String(user), SerialNumber: aws.String(serial),
		AuthenticationCode1: aws.String(first), AuthenticationCode2: aws.String(second),
	})
	return err
}

// Resync tells AWS, by two consecutive codes, where a device's clock is. Errors are the SDK's.
func Resync(ctx context.Context, client *Client, user, serial, first, second string) error {
	_, err := client.ResyncMFADevice(ctx, &iam.ResyncMFADeviceInput{
		UserName: aws.String(user), SerialNumber: aws.String(serial),
		AuthenticationCode1: aws.String(first), AuthenticationCode2: aws.String(second),
	})
	return err
}

// Delete removes a virtual device that is enabled for nobody. One that is gone already is no error. Errors are the SDK's.
func Delete(ctx context.Context, client *Client, serial string) error {
	_, err := client.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: aws.String(serial)})
	if hasCode(err, "NoSuchEntity") {
		return nil
	}
	return err
}

// Deactivate takes a device away from the user. One that is not the user's any more is no error. Errors are the SDK's.
func Deactivate(ctx context.Context, client *Client, user, serial string) error {
	_, err := client.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{
		UserName: aws.String(user), SerialNumber: aws.String(serial),
	})
	if hasCode(err, "NoSuchEntity") {
		return nil
	}
	return err
}

// Leftover looks for a device of that serial number that nobody has, and returns its serial number as AWS spells it, ""
// when there is none: an earlier try that was cut short leaves one, and its key is lost. Errors are the SDK's.
func Leftover(ctx context.Context, client *Client, serial string) (found string, err error) {
	for marker := (*string)(nil); ; { // without the SDK's paginator, see Devices
		page, err := client.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{
			AssignmentStatus: types.AssignmentStatusTypeUnassigned, Marker: marker,
		})
		if err != nil {
			return "", err
		}
		for _, d := range page.VirtualMFADevices {
			// IAM's names are the same in capitals and small letters (IAM User Guide, "IAM name requirements").
			if found := aws.ToString(d.SerialNumber); strings.EqualFold(found, serial) {
				return found, nil
			}
		}
		if !page.IsTruncated {
			return "", nil
		}
		marker = page.Marker
	}
}

// IsName says whether AWS would take a path and a name for those of a virtual device (IAM API Reference,
// "CreateVirtualMFADevice").
func IsName(path, name string) bool {
	return 0 < len(name) && len(name) <= 226 && len(path) <= 512 && !strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' }) &&
		!strings.ContainsFunc(name, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_+=,.@-", r))
		})
}

// NameTaken says that a device of that name is there: Create's answer to a leftover, and to a device in use.
func NameTaken(err error) bool { return hasCode(err, "EntityAlreadyExists") }

// CodesRefused says that AWS did not take the two codes.
func CodesRefused(err error) bool { return hasCode(err, "InvalidAuthenticationCode") }

// InUse says that a device could not be deleted because it is enabled for somebody.
func InUse(err error) bool { return hasCode(err, "DeleteConflict") }

// Denied says that a policy does not let the user do it.
func Denied(err error) bool { return hasCode(err, "AccessDenied") }

// NotApplied says that AWS refused a call for sure, so that nothing came of it. After any other error it may have been
// carried out, and only the answer been lost, also that of an earlier attempt which the SDK made for the same call.
func NotApplied(err error) bool {
	return Denied(err) || hasCode(err, "LimitExceeded") || hasCode(err, "ValidationError")
}

func hasCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.TrimSuffix(api.ErrorCode(), "Exception") == code
}
