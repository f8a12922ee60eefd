package msg

import (
	"strconv"
	"time"
)

// The messages of roles, and of credentials that come from elsewhere than a user's own keys.

// RoleNeedsOwnCode says why a code is asked for although a session may be kept.
func RoleNeedsOwnCode(profile string, duration time.Duration) string {
	return "profile " + quoted(profile) + " asks for " + short(duration) + ", and through an MFA session AWS gives a role 1h at most: " +
		"it is assumed with the access key itself, which takes a code of its own"
}

// ChainTooLong: a role that is assumed with another one asks for more than an hour.
func ChainTooLong(profile, before string, duration time.Duration) error {
	return &Error{
		oldText: "profile " + quoted(profile) + " asks for " + short(duration) + ", and AWS gives a role that is assumed with another one (profile " +
			quoted(before) + ") 1h at most",
		oldHint: "set duration_seconds = 3600, or pass --duration 1h: awsmfa renews it without a code",
	}
}

// ChainedTooLong: AWS said so of credentials that came from elsewhere.
func ChainedTooLong(profile string, duration time.Duration, err error) error {
	return &Error{
		oldText: "profile " + quoted(profile) + " asks for " + short(duration) + ", and AWS gives a role that is assumed with temporary credentials 1h at most",
		oldHint: "set duration_seconds = 3600, or pass --duration 1h", err: err,
	}
}

// RoleTooLong: the role itself allows less than was asked for.
func RoleTooLong(profile string, duration time.Duration, err error) error {
	return &Error{
		oldText: "profile " + quoted(profile) + " asks for " + short(duration) + ", more than the role allows",
		oldHint: "lower duration_seconds (or --duration), or have the role's maximum session duration raised", err: err,
	}
}

// RoleDenied: AWS does not let the caller assume the role. aws are its words.
func RoleDenied(profile, aws string, noMFA, outside, chained bool, err error) error {
	wants := "a more recent code (--refresh)"
	switch {
	case noMFA:
		wants = "MFA, which --no-mfa leaves out"
	case outside:
		wants = "MFA, which its source's credentials do not have: awsmfa asks for a code where these are a user's long-term keys"
	case chained: // aws:MultiFactorAuthPresent is not there in a role's session
		wants = "MFA, which does not reach it through another role"
	}
	return &Error{
		oldText: "the role of profile " + quoted(profile) + " cannot be assumed; AWS says: " + Foreign(aws),
		oldHint: "role_arn must be exact (AWS says the same of a role that is not there), and the role's trust policy must allow this; " +
			"it may ask for an external_id, or for " + wants,
		err: err,
	}
}

// SourceGone: AWS no longer takes the credentials that profile source has from elsewhere.
func SourceGone(profile, source string, err error) error {
	return &Error{
		oldText: "AWS no longer takes the credentials of profile " + quoted(source) + ", with which the role of profile " + quoted(profile) + " is assumed",
		oldHint: "they do not come from awsmfa: renew them where profile " + quoted(source) + " has them from", err: err,
	}
}

// SourceGonePasted is SourceGone where they are a session that stands in place of the user's own keys.
func SourceGonePasted(profile, source, file string, line int, err error) error {
	return &Error{
		oldText: "AWS no longer takes the session that was pasted into profile " + quoted(source) + ", in place of the user's own keys (" +
			place(file, line) + "), with which the role of profile " + quoted(profile) + " is assumed",
		oldHint: "put those back: run awsmfa setup " + word(source), err: err,
	}
}

// SourceGoneHides is SourceGone where they stand in a file, and hide another source.
func SourceGoneHides(profile, source, file string, line int, over, overFile string, overLine int, err error) error {
	return &Error{
		oldText: "AWS no longer takes the session of profile " + quoted(source) + " (" + place(file, line) + "), with which the role of profile " +
			quoted(profile) + " is assumed; " + place(overFile, overLine) + " has a " + over + ", which it hides",
		oldHint: "take the pair and its token out of " + path(file) + ": then " + over + " decides", err: err,
	}
}

// NothingInEnvironment: credential_source = Environment, and there is no key pair in it.
func NothingInEnvironment(profile string) error {
	return &Error{
		oldText: "profile " + quoted(profile) + " takes its credentials from the environment (credential_source), which has none",
		oldHint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
	}
}

// OwnSessionInEnvironment: credential_source = Environment, and what the environment holds was put there by awsmfa.
func OwnSessionInEnvironment(profile, from string) error {
	return &Error{
		oldText: "profile " + quoted(profile) + " takes its credentials from the environment (credential_source), which holds the session of profile " +
			quoted(from) + " that awsmfa put there",
		oldHint: "have awsmfa env --unset evaluated first, or name profile " + word(from) + " as its source_profile",
	}
}

// NothingAround: neither the instance nor the container gave credentials.
func NothingAround(profile, source string, err error) error {
	return &Error{
		oldText: "profile " + quoted(profile) + " takes its credentials from its surroundings (credential_source = " + escaped(source) + "), and none came: " + innermost(err),
		oldHint: "this works only where AWS gives a role to the machine or the container", err: err,
	}
}

// NoContainer: the variables that tell where a container's role is asked for are not set, or name a place that no AWS
// client would ask.
func NoContainer(profile string, refused bool) error {
	e := &Error{
		oldText: "profile " + quoted(profile) + " takes its credentials from its container (credential_source), and this is none",
		oldHint: "AWS sets AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI in a container",
	}
	if refused {
		e.oldText = "profile " + quoted(profile) + ": AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor of this machine"
		e.oldHint = "AWS clients ask for credentials nowhere else"
	}
	return e
}

// TokenUnreadable: the file with a token cannot be read.
func TokenUnreadable(profile, file string, err error) error {
	return &Error{
		oldText: "profile " + quoted(profile) + ": the token in " + path(file) + " cannot be read: " + innermost(err),
		oldHint: "whoever runs this program has to put it there", err: err,
	}
}

// WebIdentityNeedsRole: web_identity_token_file without role_arn.
func WebIdentityNeedsRole(profile, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(profile) + " has web_identity_token_file (" + place(file, line) + ") and no role_arn",
		oldHint: "add the role that the token is good for",
	}
}

// WebIdentityRefused: AWS does not take the token.
func WebIdentityRefused(profile, aws string, err error) error {
	return &Error{
		oldText: "AWS does not take the web identity token of profile " + quoted(profile) + ": " + Foreign(aws),
		oldHint: "have whoever writes the token file write a new one", err: err,
	}
}

// WebIdentityDenied: the role is not for who the token says.
func WebIdentityDenied(profile, aws string, err error) error {
	return &Error{
		oldText: "the role of profile " + quoted(profile) + " cannot be assumed with its web identity token; AWS says: " + Foreign(aws),
		oldHint: "role_arn must be exact, and the role's trust policy must allow the token's issuer, subject and audience", err: err,
	}
}

// SSOExpired: the AWS CLI keeps no token, or none that is still good.
func SSOExpired(profile string, err error) error {
	return &Error{
		oldText: "the sign-in of profile " + quoted(profile) + " to IAM Identity Center has ended, or there was none",
		oldHint: "sign in with: aws sso login --profile " + word(profile), err: err,
	}
}

// SSODenied: the person who signed in has no such role in that account.
func SSODenied(profile, account, role string, err error) error {
	return &Error{
		oldText: "IAM Identity Center gives you no role " + quoted(role) + " in account " + quoted(account) + " (profile " + quoted(profile) + ")",
		oldHint: "look at sso_account_id and sso_role_name, or ask for the permission set", err: err,
	}
}

// LoginExpired: the session of aws login has ended.
func LoginExpired(profile string, err error) error {
	return &Error{
		oldText: "the sign-in of profile " + quoted(profile) + " through the console has ended, or there was none",
		oldHint: "sign in with: aws login --profile " + word(profile), err: err,
	}
}

// LoginDenied: the user may not renew the session of aws login.
func LoginDenied(profile string, err error) error {
	return &Error{
		oldText: "the sign-in of profile " + quoted(profile) + " through the console is not renewed: AWS does not allow its user signin:CreateOAuth2Token",
		oldHint: "have whoever manages the user allow it (AWS's policy SignInLocalDevelopmentAccess does)", err: err,
	}
}

// SignInUnreadable: the file that the AWS CLI keeps a sign-in in is there, and why says what is wrong with it.
func SignInUnreadable(profile, file, why string, login bool) error {
	command := "aws sso login --profile "
	if login {
		command = "aws login --profile "
	}
	return &Error{
		oldText: "the sign-in of profile " + quoted(profile) + " cannot be used: " + path(file) + " " + why,
		oldHint: "have it written anew with: " + command + word(profile),
	}
}

// SignInNotJSON and those below say what is wrong with a sign-in's file. Nothing of it is shown.
const SignInNotJSON = "is not JSON as the AWS CLI writes it"

// SignInLacks: a field is missing, or is none of what it should be.
func SignInLacks(field string) string { return "has no usable " + field }

// SignInNoDate: a field should be a date.
func SignInNoDate(field string) string { return "has a date that cannot be read (" + field + ")" }

// SignInNotReadable: the system refused.
func SignInNotReadable(err error) string { return "could not be read or written: " + innermost(err) }

// ProcessFailed: the program that gives the credentials ended with an exit code.
func ProcessFailed(profile string, code int, file string, line int) error {
	return &Error{
		oldText: "the credential_process of profile " + quoted(profile) + " (" + place(file, line) + ") ended with exit code " + strconv.Itoa(code),
		oldHint: "what it had to say stands above; run it by itself to see more",
	}
}

// ProcessGarbled: what the program printed are no credentials.
// wrong is the field that is missing or has a value that it cannot have, "" where it is not JSON.
func ProcessGarbled(profile, wrong, file string, line int) error {
	e := &Error{
		oldText: "the credential_process of profile " + quoted(profile) + " (" + place(file, line) + ") did not print credentials as AWS clients read them",
		oldHint: "it has to print JSON with Version 1, AccessKeyId and SecretAccessKey",
	}
	switch wrong {
	case "":
		e.oldText += ": it is not JSON"
	case "Version":
		e.oldText += ": Version is not 1"
	case "Expiration":
		e.oldText += ": Expiration is no date with a time zone"
		e.oldHint = "write it like 2026-01-02T15:04:05Z; credentials that do not end have no Expiration"
	default:
		e.oldText += ": " + escaped(wrong) + " is missing or not text"
	}
	return e
}

// ProcessStale: what the program printed is over.
func ProcessStale(profile string, end time.Time, file string, line int) error {
	return &Error{
		oldText: "the credential_process of profile " + quoted(profile) + " (" + place(file, line) + ") printed credentials that ended at " +
			end.UTC().Format(time.RFC3339),
		oldHint: "run it by itself; if it should not have ended yet, look at this computer's clock",
	}
}

// ProcessTooMuch: the program printed on and on, and was cut off.
func ProcessTooMuch(profile, file string, line int) error {
	return &Error{
		oldText: "the credential_process of profile " + quoted(profile) + " (" + place(file, line) + ") printed more than credentials",
		oldHint: "it has to print JSON with Version 1, AccessKeyId and SecretAccessKey, and nothing else",
	}
}

// ProcessHangs: the program is over, and what it has started keeps its stdout.
func ProcessHangs(profile string, file string, line int) error {
	return &Error{
		oldText: "the credential_process of profile " + quoted(profile) + " (" + place(file, line) + ") is over, and a program that it left behind keeps its output open",
		oldHint: "start that program with its output closed: every AWS client would wait for it",
	}
}

// ProcessTooSlow: the program did not end.
func ProcessTooSlow(profile string, limit time.Duration, file string, line int) error {
	return &Error{
		oldText: "the credential_process of profile " + quoted(profile) + " (" + place(file, line) + ") was not done within " + short(limit),
		oldHint: "run it by itself to see what it waits for",
	}
}

// CallsItself: the program that gives a profile's credentials is awsmfa, which was asked for that very profile. names are
// the profiles in the order in which they were asked for.
func CallsItself(names []string, file string, line int) error {
	return &Error{
		oldText: "profile " + quoted(names[len(names)-1]) + " would call itself: " + way(names) + " (credential_process, " + place(file, line) + ")",
		oldHint: "let credential_process name the profile that has the keys or the role",
	}
}
