package awsapi

import (
	"slices"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// An Answer is a row of the table of AWS's errors. Explain takes its messages from it, and docs/errors.md is made of
// it. The codes are those of the API references of AWS STS and IAM, and of their pages about common errors; the phrases
// about policies are those of "Troubleshoot access denied error messages" (IAM User Guide).
type Answer struct {
	// Codes are AWS's error codes, without the suffix Exception, which some services add.
	Codes []string
	// Calls are the actions that the row is for; nil means every one without a row of its own above.
	Calls []string
	// Said is a part of AWS's message that the row is limited to, "" for any message.
	Said string
	// Caller limits a row of AssumeRole to one caller.
	Caller Caller
	// Skewed limits the row to a computer whose clock differs by more than 5 minutes from AWS's.
	Skewed bool
	// Stored limits the row to a key that is in a store of awsmfa's.
	Stored bool
	// Message is what awsmfa says, with its hint. If it is nil, NoHint says why there is no hint: awsmfa does not
	// report the error as it is, or does not cause it.
	Message *msg.Error
	NoHint  string
}

// Caller is what assumes a role, as far as it decides which MFA AWS sees.
type Caller int

// The callers.
const (
	AnyCaller   Caller = iota
	UserWithMFA        // an IAM user's session with MFA, or the user's keys with a code
	UserNoMFA          // an IAM user's keys without a code
	Given              // a session from an external source
	OtherRole          // the session of another role
)

// refusal is an error that AWS answered with, and what messages about it name.
type refusal struct {
	service, call, host string
	code, said          string
	status              int
	keyID, region       string
	regionFrom          msg.Text // where the region is configured
	detours             msg.List // the settings that lead requests elsewhere than straight to AWS
	profile             string
	role                profile.Role // the role to be assumed, with the name of its session
	caller              Caller
	skewed, stored      bool
}

// refused is the message for an error about which awsmfa knows nothing more precise.
func (f refusal) refused() *msg.Error {
	return msg.Errorf("AWS refused %s: %s: %s", f.service+":"+f.call, msg.Foreign(f.code), msg.Foreign(f.said))
}

// denied is the message for a call that a policy denies.
func (f refusal) denied() *msg.Error {
	switch f.call {
	case "AssumeRole":
		return msg.Errorf("the role of profile %q cannot be assumed; AWS says: %s", f.role.Profile, msg.Foreign(f.said))
	case "AssumeRoleWithWebIdentity":
		return msg.Errorf("the role of profile %q cannot be assumed with its web identity token; AWS says: %s",
			f.profile, msg.Foreign(f.said))
	}
	return msg.Errorf("AWS denies %s: %s", f.service+":"+f.call, msg.Foreign(f.said))
}

// tokenRefused is the message for a web identity token that AWS does not accept.
func (f refusal) tokenRefused() *msg.Error {
	return msg.Errorf("AWS does not accept the web identity token of profile %q: %s", f.profile, msg.Foreign(f.said))
}

// wrongSecret is the message for a signature that AWS refuses for no other reason.
func (f refusal) wrongSecret() *msg.Error {
	return msg.Errorf("AWS refused the signature: the secret access key stored for %s is wrong", f.keyID)
}

// otherRegion is the message for a region that AWS does not know.
func (f refusal) otherRegion() *msg.Error {
	unknown := msg.Errorf("AWS knows no region %q at this endpoint", f.region)
	if f.regionFrom.IsEmpty() {
		return unknown.Hint("check --region or the profile's region")
	}
	return unknown.Hint("check %s", f.regionFrom)
}

// changed is the message for a request that AWS did not get as it was sent.
func (f refusal) changed() *msg.Error {
	if len(f.detours) == 0 {
		return f.refused().Hint("something in this network may have changed the request: try another network")
	}
	return f.refused().Hint("what this leads to may have changed the request, or may not be AWS: %s", f.detours)
}

// ownError is the message for an error in AWS itself.
func (f refusal) ownError() *msg.Error {
	return msg.Errorf("%s answers with an error of its own (HTTP status %d), even after retries", f.host, f.status).
		Hint("wait a minute and look at https://health.aws.amazon.com")
}

// Answers returns the table, with placeholders in its messages, for docs/errors.md.
func Answers() []Answer {
	return refusal{
		service: "STS", call: "CALL", host: "HOST", code: "CODE", said: "MESSAGE", keyID: "AKIA…", region: "REGION",
		profile: "PROFILE", role: profile.Role{Profile: "PROFILE", SessionName: "NAME"},
		detours: msg.List{"HTTPS_PROXY", "AWS_ENDPOINT_URL", "endpoint_url"},
	}.answers()
}

// answer returns the first row for the error, nil if there is none.
func (f refusal) answer() *Answer {
	code := strings.TrimSuffix(f.code, "Exception")
	all := f.answers()
	i := slices.IndexFunc(all, func(a Answer) bool {
		return slices.Contains(a.Codes, code) && (a.Calls == nil || slices.Contains(a.Calls, f.call)) &&
			strings.Contains(f.said, a.Said) && (a.Caller == AnyCaller || a.Caller == f.caller) &&
			(!a.Skewed || f.skewed) && (!a.Stored || f.stored)
	})
	if i < 0 {
		return nil
	}
	return &all[i]
}

// answers returns the rows: about keys, signatures, policies, roles, tokens, IAM, and the rest.
func (f refusal) answers() []Answer {
	return slices.Concat(f.keyAnswers(), f.policyAnswers(), f.roleAnswers(), f.tokenAnswers(), f.iamAnswers(),
		f.commonAnswers())
}

func (f refusal) keyAnswers() []Answer {
	return []Answer{
		{
			Codes: []string{"InvalidClientTokenId", "UnrecognizedClient"},
			Message: msg.Errorf("AWS does not know the access key %s: it was deleted or deactivated, "+
				"or it belongs to another partition", f.keyID).
				Hint("compare it with the user's access keys in the IAM console; " +
					"for China, GovCloud and the European Sovereign Cloud set the profile's region"),
		},
		{
			Codes: signatureCodes, Said: string(otherRegion),
			Message: f.otherRegion(),
		},
		{
			Codes: signatureCodes, Skewed: true,
			Message: msg.Errorf("this computer's clock differs from AWS's, so AWS refuses its signatures").
				Hint(SetClock),
		},
		{
			Codes: []string{"SignatureDoesNotMatch"}, Said: string(expiredSignature),
			Message: f.refused().Hint(SetClock),
		},
		{
			Codes: []string{"SignatureDoesNotMatch"}, Said: string(earlySignature),
			Message: f.refused().Hint(SetClock),
		},
		{
			Codes: []string{"SignatureDoesNotMatch"}, Stored: true,
			Message: f.wrongSecret().
				Hint("type the key with its whole secret into aws configure, and run awsmfa keys store again"),
		},
		{
			Codes: []string{"SignatureDoesNotMatch"},
			Message: f.wrongSecret().
				Hint("copy the secret again, whole, into the credentials file, or to where else the profile gets it"),
		},
		{
			Codes:   []string{"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"},
			Message: f.refused().Hint(SetClock),
		},
		{
			Codes:   []string{"IncompleteSignature", "MissingAuthenticationToken"},
			Message: f.changed(),
		},
		{
			Codes: []string{"OptInRequired"},
			Message: f.refused().
				Hint("the account of the access key is not active yet, or is suspended: " +
					"ask whoever owns the account to look at its Billing page in the console"),
		},
	}
}

// signatureCodes are the codes that a wrong clock or a wrong region may cause.
var signatureCodes = []string{"SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"}

// deniedCodes mean that a policy denies the call. (NotAuthorized is in older lists of common errors.)
var deniedCodes = []string{"AccessDenied", "NotAuthorized"}

var (
	assumesRole = []string{"AssumeRole"}
	webIdentity = []string{"AssumeRoleWithWebIdentity"}
)

// The kinds of policies that whoever manages the user's own policies cannot change.
const (
	organizationPolicy phrase = "service control policy"
	resourcePolicy     phrase = "resource control policy"
	boundary           phrase = "permissions boundary"
	sessionPolicy      phrase = "session policy"
	endpointPolicy     phrase = "VPC endpoint policy"
)

// UserPolicyDenies reports whether a call was denied by the user's own policies, as far as AWS's message tells.
func UserPolicyDenies(err error) bool {
	elsewhere := []phrase{organizationPolicy, resourcePolicy, boundary, sessionPolicy, endpointPolicy}
	return AccessDenied(err) && !slices.ContainsFunc(elsewhere, func(p phrase) bool { return isDenied(err, p) })
}

// policyAnswers are about policies. AWS names the kind of the policy that denies a call; the kinds that the user's own
// administrator cannot change come first.
func (f refusal) policyAnswers() []Answer {
	return []Answer{
		{
			Codes: deniedCodes, Said: "Encoded authorization failure message",
			Message: f.denied().
				Hint("whoever may decode the reason (sts:DecodeAuthorizationMessage) reads it with:  " +
					"aws sts decode-authorization-message --encoded-message MESSAGE"),
		},
		{
			Codes: deniedCodes, Said: string(organizationPolicy),
			Message: f.denied().
				Hint("a policy of the organization (AWS Organizations) forbids this, whatever the account allows: " +
					"ask whoever manages the organization"),
		},
		{
			Codes: deniedCodes, Said: string(resourcePolicy),
			Message: f.denied().
				Hint("a resource control policy of the organization that owns the role or the device forbids this: " +
					"ask whoever manages that organization"),
		},
		{
			Codes: deniedCodes, Said: string(boundary),
			Message: f.denied().
				Hint("the permissions boundary of the caller that AWS names does not allow this, " +
					"whatever its policies allow: ask whoever manages the account's users"),
		},
		{
			Codes: deniedCodes, Said: string(sessionPolicy),
			Message: f.denied().
				Hint("the caller's session was given out with a policy that does not allow this: " +
					"ask whoever gives out that session"),
		},
		{
			Codes: deniedCodes, Said: string(endpointPolicy),
			Message: f.denied().
				Hint("the policy of this network's VPC endpoint does not allow this: " +
					"ask whoever manages the network, or try from another one"),
		},
		{
			Codes: deniedCodes, Calls: assumesRole, Said: "sts:TagSession",
			Message: f.denied().
				Hint("the role's trust policy, and the caller's own, must allow sts:TagSession, too; " +
					"or remove session_tags from the profile, or transitive_session_tags from a role before it"),
		},
		{
			Codes: deniedCodes, Calls: assumesRole, Said: "sts:SetSourceIdentity",
			Message: f.denied().
				Hint("the role's trust policy, and the caller's own, must allow sts:SetSourceIdentity, too; " +
					"or remove source_identity from the profile, or from a role before it"),
		},
		{
			Codes: deniedCodes, Calls: webIdentity, Said: "sts:TagSession",
			Message: f.denied().
				Hint("the token has session tags: the role's trust policy must allow sts:TagSession, too"),
		},
		{
			Codes: deniedCodes, Calls: webIdentity, Said: "sts:SetSourceIdentity",
			Message: f.denied().
				Hint("the token has a source identity: the role's trust policy must allow sts:SetSourceIdentity, too"),
		},
		{
			Codes: deniedCodes, Calls: assumesRole, Said: "trust policy", Message: f.notTrusted(),
		},
		{
			Codes: deniedCodes, Calls: assumesRole, Said: "resource-based policy", Message: f.notTrusted(),
		},
		{
			Codes: deniedCodes, Said: "explicit deny in an identity-based policy",
			Message: f.denied().
				Hint("a policy of the caller that AWS names denies this, and no other policy can allow it; " +
					"many such policies deny what comes without MFA, or too long after the code (--refresh): " +
					"ask whoever manages the account's users"),
		},
		{
			Codes: deniedCodes, Said: "no identity-based policy allows",
			Message: f.denied().
				Hint("ask whoever manages the account's users to allow this in a policy of the caller that AWS names"),
		},
	}
}

// notTrusted is the message for a role whose trust policy denies the caller.
func (f refusal) notTrusted() *msg.Error {
	return f.denied().
		Hint("have the role's trust policy allow the caller that AWS names; it may require %s, "+
			"another role_session_name than %q, MFA, or a more recent code (--refresh)",
			f.externalID(), f.role.SessionName)
}

// externalID is the external_id that the role may require.
func (f refusal) externalID() msg.Text {
	if f.role.ExternalID != "" {
		return msg.Textf("another external_id")
	}
	return msg.Textf("an external_id")
}

// roleAnswers are about AssumeRole. Where AWS gives no reason, the role may not exist.
func (f refusal) roleAnswers() []Answer {
	return []Answer{
		{
			Codes: deniedCodes, Calls: assumesRole, Said: "root account",
			Message: NoRoleForRoot(f.role.Profile),
		},
		{
			Codes: deniedCodes, Calls: []string{"AssumeRole", "GetSessionToken"}, Said: string(wrongCode),
			NoHint: "awsmfa says that AWS refused the code, and takes another one",
		},
		{
			Codes: deniedCodes, Calls: []string{"AssumeRole", "GetSessionToken"}, Said: string(unknownDevice),
			NoHint: "awsmfa names the device and its setting; if it found the device itself, it looks again",
		},
		{
			Codes: deniedCodes, Calls: assumesRole, Caller: UserNoMFA,
			Message: f.denied().
				Hint("check that role_arn is exact (AWS says the same of a role that does not exist) "+
					"and that the role's trust policy allows this; it may require %s, "+
					"another role_session_name than %q, or MFA, which --no-mfa turns off",
					f.externalID(), f.role.SessionName),
		},
		{
			Codes: deniedCodes, Calls: assumesRole, Caller: Given,
			Message: f.denied().
				Hint("check that role_arn is exact (AWS says the same of a role that does not exist) "+
					"and that the role's trust policy allows this; it may require %s, "+
					"another role_session_name than %q, or MFA, which the source's credentials do not have: "+
					"awsmfa asks for a code only if these are a user's long-term keys",
					f.externalID(), f.role.SessionName),
		},
		{
			// Its session has no aws:MultiFactorAuthPresent.
			Codes: deniedCodes, Calls: assumesRole, Caller: OtherRole,
			Message: f.denied().
				Hint("check that role_arn is exact (AWS says the same of a role that does not exist) "+
					"and that the role's trust policy allows this; it may require %s, "+
					"another role_session_name than %q, or MFA, which AWS does not pass on through another role",
					f.externalID(), f.role.SessionName),
		},
		{
			Codes: deniedCodes, Calls: assumesRole,
			Message: f.denied().
				Hint("check that role_arn is exact (AWS says the same of a role that does not exist) "+
					"and that the role's trust policy allows this; it may require %s, "+
					"another role_session_name than %q, or a more recent code (--refresh)",
					f.externalID(), f.role.SessionName),
		},
		{
			Codes: []string{"ValidationError"}, Calls: assumesRole, Said: "MaxSessionDuration",
			Message: msg.Errorf("profile %q asks for %s, longer than the role allows",
				f.role.Profile, msg.Duration(f.role.Duration)).
				Hint("lower duration_seconds (or --duration), or have the role's maximum session duration raised"),
		},
		{
			Codes: []string{"ValidationError"}, Calls: assumesRole, Said: "role chaining",
			Message: msg.Errorf("profile %q asks for %s, "+
				"and AWS gives at most 1h to a role that is assumed with temporary credentials",
				f.role.Profile, msg.Duration(f.role.Duration)).
				Hint("set duration_seconds = 3600, or pass --duration 1h"),
		},
		{
			Codes: []string{"InvalidParameterValue"}, Calls: assumesRole, Said: "transitive tag keys",
			Message: f.refused().
				Hint("the previous role of the chain passes these tags on: " +
					"remove them from session_tags of this profile, or from transitive_session_tags of that role's"),
		},
		{
			Codes: []string{"ValidationError", "InvalidParameterValue"}, Calls: assumesRole,
			Message: f.refused().Hint("correct the setting in question in the profile of the role"),
		},
		{
			Codes: []string{"PackedPolicyTooLarge"}, Calls: assumesRole,
			Message: f.refused().
				Hint("the session tags are too long together: shorten session_tags, " +
					"or pass fewer on from role to role (transitive_session_tags)"),
		},
		{
			Codes: []string{"RegionDisabled"},
			Message: msg.Errorf("AWS STS is not active in region %q for the account", f.region).
				Hint("use another region (--region), or have an administrator activate STS there: " +
					"IAM console, Account settings"),
		},
		{
			Codes: []string{"MalformedPolicyDocument"}, NoHint: "awsmfa sends no policies",
		},
	}
}

// tokenAnswers are about temporary keys, and web identity tokens.
func (f refusal) tokenAnswers() []Answer {
	return []Answer{
		{
			Codes: []string{"ExpiredToken", "InvalidIdentityToken", "IDPRejectedClaim"}, Calls: webIdentity,
			Message: f.tokenRefused().Hint("have the system that writes the token file write a new token"),
		},
		{
			Codes: []string{"IDPCommunicationError"}, Calls: webIdentity,
			Message: f.tokenRefused().
				Hint("AWS cannot reach the token's issuer: try again; if that does not help, " +
					"the issuer's keys are not public, or it is down"),
		},
		{
			Codes: deniedCodes, Calls: webIdentity,
			Message: f.denied().
				Hint("check that role_arn is exact, and that the role's trust policy allows the token's issuer, " +
					"subject and audience"),
		},
		{
			Codes: []string{"ValidationError", "InvalidParameterValue"}, Calls: webIdentity,
			Message: f.refused().
				Hint("correct role_arn or role_session_name; the token file must hold one token and nothing else"),
		},
		{
			Codes: []string{"PackedPolicyTooLarge"}, Calls: webIdentity,
			Message: f.tokenRefused().Hint("its session tags are too long: have the issuer put fewer into the token"),
		},
		{
			Codes: []string{"PackedPolicyTooLarge"}, NoHint: "awsmfa sends no tags with this call",
		},
		{
			Codes: []string{"RequestEntityTooLarge"}, Calls: webIdentity,
			Message: f.tokenRefused().Hint("the token file must hold one token and nothing else"),
		},
		{
			Codes: []string{"ExpiredToken"},
			Message: msg.Errorf("AWS says that the credentials of %s have expired", f.keyID).
				Hint("awsmfa needs the long-term access key of an IAM user in the profile"),
		},
		{
			Codes: deniedCodes, Calls: []string{"GetSessionToken", "GetFederationToken"}, Said: "session credentials",
			Message: msg.Errorf("AWS gives no session for %s: it is itself a temporary key", f.keyID).
				Hint("put the long-term access key of an IAM user into the profile"),
		},
	}
}

// iamAnswers are about users, devices and access keys.
func (f refusal) iamAnswers() []Answer {
	return []Answer{
		{
			Codes:  []string{"NoSuchEntity"},
			Calls:  []string{"DeleteVirtualMFADevice", "DeactivateMFADevice", "DeleteAccessKey"},
			NoHint: "it is gone already, which is what awsmfa wants",
		},
		{
			Codes: []string{"NoSuchEntity"}, Calls: []string{"UpdateAccessKey"},
			Message: f.refused().
				Hint("another program has deleted the access key: run %s again, which looks at the keys that are there",
					msg.Command("rotate", f.profile)),
		},
		{
			Codes: []string{"NoSuchEntity"}, Calls: []string{"EnableMFADevice"},
			Message: f.refused().Hint("another program has deleted the device or the user: run this again"),
		},
		{
			Codes: []string{"NoSuchEntity"}, Calls: []string{"ResyncMFADevice"},
			Message: f.refused().Hint("the user has no such device: %s shows those that there are",
				msg.Command("device", "list", f.profile)),
		},
		{
			Codes: []string{"NoSuchEntity"},
			Message: f.refused().
				Hint("the user was deleted or renamed meanwhile: ask whoever manages the account's users"),
		},
		{
			Codes: []string{"EntityAlreadyExists"}, Calls: []string{"CreateVirtualMFADevice"},
			NoHint: "awsmfa looks whose device it is, and says so",
		},
		{
			Codes: []string{"EntityAlreadyExists"},
			Message: f.refused().Hint("the device is in use already: %s shows the user's",
				msg.Command("device", "list", f.profile)),
		},
		{
			Codes:   []string{"EntityTemporarilyUnmodifiable"},
			Message: f.refused().Hint("the user was changed a moment ago: wait a minute, and run this again"),
		},
		{
			Codes:   []string{"ConcurrentModification"},
			Message: f.refused().Hint("another program is changing the same user or device: run this again"),
		},
		{
			Codes: []string{"LimitExceeded"}, Calls: []string{"CreateVirtualMFADevice"},
			Message: f.refused().
				Hint("the account has as many virtual MFA devices as AWS allows: have an administrator delete " +
					"those that aws iam list-virtual-mfa-devices --assignment-status Unassigned lists"),
		},
		{
			Codes: []string{"LimitExceeded"}, Calls: []string{"EnableMFADevice"},
			Message: f.refused().Hint("a user has at most 8 MFA devices: remove one, with %s",
				msg.Command("device", "remove", f.profile)),
		},
		{
			Codes: []string{"LimitExceeded"}, Calls: []string{"CreateAccessKey"},
			NoHint: "awsmfa looks at both keys, and asks before it deletes one",
		},
		{
			Codes:  []string{"LimitExceeded"},
			NoHint: "the call creates nothing, so it reaches no limit, although the reference lists the code",
		},
		{
			Codes:  []string{"InvalidAuthenticationCode"},
			NoHint: "awsmfa says that AWS refused the codes, and takes two others",
		},
		{
			Codes: []string{"DeleteConflict"}, NoHint: "the device is enabled after all, and awsmfa says so",
		},
		{
			Codes: []string{"InvalidInput"}, Calls: []string{"CreateVirtualMFADevice"},
			Message: f.refused().Hint("choose another --name: letters, digits and _ + = , . @ -"),
		},
		{
			Codes:  []string{"InvalidInput"},
			NoHint: "awsmfa sends a key's ID as AWS lists it, and one of the two statuses",
		},
	}
}

// commonAnswers are about every call, after the rows for particular ones.
func (f refusal) commonAnswers() []Answer {
	return []Answer{
		{
			Codes:   deniedCodes,
			Message: f.denied().Hint("ask the administrator of the user's IAM policies"),
		},
		{
			Codes: []string{"Throttling", "TooManyRequests", "RequestLimitExceeded", "RequestThrottled"},
			Message: msg.Errorf("AWS is throttling this account's requests, even after retries").
				Hint("wait a minute; if many programs start at once, let them share one session"),
		},
		{
			Codes:   []string{"InternalFailure", "InternalServerError", "ServiceFailure", "ServiceUnavailable"},
			Message: f.ownError(),
		},
		{
			Codes: []string{"RequestTimeout", "RequestAborted"},
			Message: f.refused().
				Hint("the request reached AWS incomplete: check the network and the proxy settings, and try again"),
		},
		{
			Codes:  []string{"RequestEntityTooLarge"},
			NoHint: "awsmfa's requests are short, except the one with a token",
		},
		{
			Codes: []string{
				"InvalidAction", "UnknownOperation", "MissingAction", "MissingParameter", "InvalidParameterCombination",
				"InvalidQueryParameter", "MalformedQueryString", "MalformedHttpRequest",
			},
			Message: f.changed(),
		},
		{
			Codes: []string{"ValidationError", "InvalidParameterValue"},
			Message: f.refused().
				Hint("AWS's message names the value that it does not accept: correct it in the command or the profile"),
		},
	}
}
