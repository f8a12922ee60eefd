package msg

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// The messages of package profile. Names and paths come from files and arguments, so they are shown with [quoted] and
// [place], never raw; the text of a malformed line is never shown, for it may be a secret that lost its key.

// place shows where something stands, as compilers do: file:line, or the file alone when line is 0.
func place(file string, line int) string {
	if line == 0 {
		return path(file)
	}
	return path(file) + ":" + strconv.Itoa(line)
}

// ProfileNameEmpty: a profile was asked for by an empty name.
func ProfileNameEmpty() *Error {
	return &Error{oldText: "the profile's name is empty", oldHint: "name one: awsmfa env default"}
}

// ProfileNotFound: no section of the two files is called name. near are the names most like it, best first; some are
// the first of all count names, for when nothing is near.
func ProfileNotFound(name, config, credentials string, near, some []string, count int) *Error {
	e := &Error{oldText: "profile " + quoted(name) + " is neither in " + path(config) + " nor in " + path(credentials)}
	switch {
	case len(near) == 1:
		e.oldHint = "did you mean " + quoted(near[0]) + "?"
	case len(near) > 1:
		e.oldHint = "did you mean one of " + list(near) + "?"
	case count == 0:
		e.oldHint = "there are no profiles yet: run awsmfa setup " + word(name)
	case count == len(some):
		e.oldHint = "the profiles are " + list(some)
	default:
		e.oldHint = "there are " + strconv.Itoa(count) + " profiles, first " + list(some)
	}
	return e
}

// ProfileNoFiles: a profile was asked for and neither file exists.
func ProfileNoFiles(name, config, credentials string) *Error {
	if config == "" && credentials == "" {
		return &Error{
			oldText: "profile " + quoted(name) + " cannot be looked for: there is no home directory",
			oldHint: "set HOME (on Windows USERPROFILE), or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
		}
	}
	return &Error{
		oldText: "profile " + quoted(name) + " is not there: neither " + path(config) + " nor " + path(credentials) + " exists",
		oldHint: "run awsmfa setup " + word(name),
	}
}

// ProfileFilesRenamed: the profile is not there, and nor are the files, each of which has one beside it that is called
// the same with ".txt" behind.
func ProfileFilesRenamed(name string, files []string) *Error {
	return &Error{oldText: "profile " + quoted(name) + " is not there: " + missingTXT(files[0]), oldHint: renameBack(files[0])}
}

// FileRenamed is what doctor says of such a file.
func FileRenamed(file string) error {
	return &Error{oldText: missingTXT(file), oldHint: renameBack(file)}
}

// NoKeysButRenamed is the hint where a profile has no keys, and a file is such a one.
func NoKeysButRenamed(file string) string { return missingTXT(file) + "; " + renameBack(file) }

func missingTXT(file string) string {
	return path(file) + " does not exist, but " + path(file+".txt") + " does"
}

// renameBack gives the line to type, in any shell: ren is cmd's and PowerShell's.
func renameBack(file string) string {
	line := "mv " + word(file+".txt") + " " + word(file)
	if runtime.GOOS == "windows" {
		line = `ren "` + path(file+".txt") + `" ` + filepath.Base(file)
	}
	return "an editor has put .txt behind its name, which Windows does not show; rename it: " + line
}

// ProfileNeedsPrefix: the config file has [name] or [Profile name], which every AWS client ignores there.
func ProfileNeedsPrefix(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " is not read: its header at " + place(file, line) + " is not one that a config file knows",
		oldHint: "in a config file write [profile " + headerName(name) + "]",
	}
}

// ProfileHasPrefix: the credentials file has [profile name], which AWS clients do not read as profile name.
func ProfileHasPrefix(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " is not read: its header at " + place(file, line) + " is not one that a credentials file knows",
		oldHint: "in a credentials file write [" + escaped(name) + "]",
	}
}

// headerName is name as a config file's header spells it: quoted where it has white space.
func headerName(name string) string {
	if strings.ContainsAny(name, " \t") {
		return quoted(name)
	}
	return escaped(name)
}

// ProfileFileUnreadable: a file is there and could not be read, for the reason in err.
func ProfileFileUnreadable(file string, reason string, err error) *Error {
	return &Error{oldText: "reading " + path(file) + ": " + reason, oldHint: "make it readable for your user", err: err}
}

// ProfileFileDirectory: where a file should be is a directory.
func ProfileFileDirectory(file string) *Error {
	return &Error{oldText: path(file) + " is a directory, not a file", oldHint: "a file belongs there: move the directory away"}
}

// ProfileFileUTF16: a file is UTF-16, as Windows PowerShell 5.1 writes with >.
func ProfileFileUTF16(file string) *Error {
	return &Error{oldText: path(file) + " is UTF-16; save it as UTF-8", oldHint: "Windows PowerShell writes UTF-16 with >; use an editor, or Set-Content -Encoding ascii"}
}

// ProfileNotUTF8: a line that is needed is not UTF-8. likely is the encoding that the file may be in.
func ProfileNotUTF8(file string, line int, likely string) *Error {
	return &Error{oldText: place(file, line) + " is not UTF-8; it may be " + likely, oldHint: "save the file as UTF-8"}
}

// NotUTF8ForCLI: comments count, for the AWS CLI reads all of a file or nothing.
func NotUTF8ForCLI(file string, line int, likely string) *Error {
	return &Error{
		oldText: place(file, line) + " is not UTF-8, so that every aws command fails: Unable to parse config file; it may be " + likely,
		oldHint: "save the file as UTF-8",
	}
}

// NotANSIForCLI: the AWS CLI reads the file in the code page, and the line has bytes that are no character there.
func NotANSIForCLI(file string, line int, page uint32) *Error {
	return &Error{
		oldText: place(file, line) + " cannot be read in code page " + number(page) +
			", as the AWS CLI reads it on Windows, so that every aws command fails: Unable to parse config file",
		oldHint: "write that line, also where it is a comment, in ASCII",
	}
}

// MarkForCLI: the file begins with UTF-8's byte order mark, which botocore takes for a line before the first section.
func MarkForCLI(file string) *Error {
	return &Error{
		oldText: place(file, 1) + " begins with a byte order mark, so that every aws command fails: Unable to parse config file",
		oldHint: "save the file as UTF-8 without a byte order mark",
	}
}

func number(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// ProfileNUL: a line that is needed holds a NUL byte.
func ProfileNUL(file string, line int) *Error {
	return &Error{oldText: "a NUL byte at " + place(file, line), oldHint: "the file is damaged or not text; save it as UTF-8"}
}

// ProfileBadHeader: a section's header does not end with a bracket.
func ProfileBadHeader(file string, line int) *Error {
	return &Error{oldText: "a section header that does not end with ] at " + place(file, line), oldHint: "write [profile NAME] in a config file, [NAME] in a credentials file"}
}

// ProfileBadLine: a line of a section that is needed is neither a setting nor a comment. It is not shown.
func ProfileBadLine(file string, line int) *Error {
	return &Error{oldText: "neither key = value nor a comment at " + place(file, line), oldHint: "fix the line, or put a # before it"}
}

// ProfileBeforeSection: a setting stands before the first section.
func ProfileBeforeSection(file string, line int) *Error {
	return &Error{oldText: "a line before the first section at " + place(file, line), oldHint: "put [default] above it"}
}

// ProfileSectionTwice: two headers of a file, first and second between their brackets, are the same profile's.
func ProfileSectionTwice(file string, firstLine int, first string, secondLine int, second string) *Error {
	return &Error{
		oldText: path("["+first+"]") + " at " + place(file, firstLine) + " and " + path("["+second+"]") + " at " + place(file, secondLine) +
			" have the same name; AWS clients do not agree which one counts",
		oldHint: "put all settings under one of the two, and delete the other",
	}
}

// ProfileNameAmbiguous: the value of a setting that names a section, whole or without what may be a comment, and there
// is a section of either name.
func ProfileNameAmbiguous(key, whole, short, file string, line int) *Error {
	return &Error{
		oldText: key + " at " + place(file, line) + " may name " + quoted(whole) + " or, with a comment, " + quoted(short) + ", and there are both",
		oldHint: "rename one of the two sections, or take the comment out of the line",
	}
}

// ProfileIsDefaults: a profile called default is wanted, and a file has [DEFAULT], which is no profile.
func ProfileIsDefaults(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " is not read: [DEFAULT] at " + place(file, line) + " holds defaults for every section of the file",
		oldHint: "write [default], in small letters",
	}
}

// WriteInstead is the hint where a setting is missing, and key is there, which is nearly its name.
func WriteInstead(meant, key, file string, line int) string {
	return "write " + meant + " instead of " + escaped(key) + " (" + place(file, line) + ")"
}

// SettingMisspelt: key is no setting of any AWS client, and nearly the name of one.
func SettingMisspelt(name, meant, key, file string, line int) error {
	return &Error{
		oldText: "profile " + quoted(name) + " has " + escaped(key) + " (" + place(file, line) + "), which no AWS client reads",
		oldHint: WriteInstead(meant, key, file, line),
	}
}

// ProfileServicesMissing: the profile's services setting names a section that is not in the config file.
func ProfileServicesMissing(name, services, file string, line int, config string) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " wants [services " + escaped(services) + "] (" + place(file, line) + "), which is not in " + path(config),
		oldHint: "add the section, or take the services line out",
	}
}

// ProfileNoKeys: the profile exists and says nothing of where its credentials come from.
func ProfileNoKeys(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has no access key (" + place(file, line) + ")",
		oldHint: "run aws configure --profile " + word(name),
	}
}

// ProfileHalfPair: one key of the pair is there, at file and line; the other, missing, is not in that file.
func ProfileHalfPair(name, have, file string, line int, missing string) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has " + have + " (" + place(file, line) + ") but no " + missing,
		oldHint: "add " + missing + " below it, or run aws configure --profile " + word(name),
	}
}

// ProfilePairApart: the two keys stand in different files, where AWS clients do not take them for a pair.
func ProfilePairApart(name, idFile string, idLine int, secretFile string, secretLine int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has aws_access_key_id at " + place(idFile, idLine) +
			" and aws_secret_access_key at " + place(secretFile, secretLine) + "; a pair stands in one file",
		oldHint: "move both keys to the credentials file",
	}
}

// ProfileKeyEmpty: one key of the pair is written with nothing after the equals sign.
func ProfileKeyEmpty(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has an empty " + key + " (" + place(file, line) + ")",
		oldHint: "run aws configure --profile " + word(name),
	}
}

// ProfileKeyGarbled: a key holds white space, a control character or a character outside ASCII, as no AWS key does.
func ProfileKeyGarbled(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has white space or a strange character in " + key + " (" + place(file, line) + ")",
		oldHint: "copy the key again; mind indented lines below it, which continue it",
	}
}

// ProfilePasted: the profile's pair is a session, which key tells.
func ProfilePasted(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " holds a session that was pasted in, ended or not, in place of the user's own keys (" +
			key + ", " + place(file, line) + ")",
		oldHint: "put those back: run awsmfa setup " + word(name),
	}
}

// ProfileTokenLeft: the token of a session stands beside keys that are a user's.
func ProfileTokenLeft(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " holds the token of a session that was pasted in (" + key + ", " + place(file, line) +
			") beside the user's own keys",
		oldHint: "take that line out, or run awsmfa setup " + word(name),
	}
}

// ProfilePastedHides: the session stands in the credentials file, from line pair on, and hides another source.
func ProfilePastedHides(name, key, file string, line, pair int, over, overFile string, overLine int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " holds a session that was pasted in, ended or not (" + key + ", " + place(file, line) + "); " +
			place(overFile, overLine) + " has a " + over + ", which " + place(file, pair) + " hides",
		oldHint: "take the pair and its token out of " + path(file) + ": then " + over + " decides",
	}
}

// ProfileKeysPassedOver: a user's own keys are wanted, and the profile's pair is passed over for what key says.
func ProfileKeysPassedOver(name, key, file string, line int, pairFile string, pairLine int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has a key pair (" + place(pairFile, pairLine) + ") that does not count, for " + key + " (" +
			place(file, line) + ") comes first",
		oldHint: "take one of the two out, or name a profile that has only the user's own keys",
	}
}

// ProfileRoleLost: key, a source for a role, stands in a profile that has no role.
func ProfileRoleLost(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has " + key + " (" + place(file, line) + ") and no role_arn",
		oldHint: "add the role_arn, or take the line out",
	}
}

// ProfileRoleEmpty: role_arn is there with nothing after the equals sign.
func ProfileRoleEmpty(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has an empty role_arn (" + place(file, line) + ")",
		oldHint: "give the role's ARN, arn:aws:iam::ACCOUNT:role/NAME, or take the line out",
	}
}

// usersOnly is the hint where a command is about an IAM user, and the profile is something else.
const usersOnly = "MFA devices, access keys and their policies are an IAM user's: name a profile with a user's own keys"

// ProfileRole: a user's own keys are wanted, and the profile is a role that is assumed with those of profile source.
func ProfileRole(name, source, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " is a role (role_arn, " + place(file, line) + "), assumed with the keys of profile " +
			quoted(source) + "; it has no key pair of its own",
		oldHint: "name the profile with the keys: " + word(source),
	}
}

// ProfileRoleAlone: the profile is a role and names nothing usable to assume it with.
func ProfileRoleAlone(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " is a role (role_arn, " + place(file, line) + ") and names no profile to assume it with",
		oldHint: "add source_profile with the name of the profile that has the keys",
	}
}

// ProfileRoleFromSurroundings: a user's own keys are wanted, and the profile has what its machine, container or
// environment gives.
func ProfileRoleFromSurroundings(name, source, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has the credentials of its surroundings (credential_source = " +
			escaped(source) + ", " + place(file, line) + "); it has no key pair of its own",
		oldHint: usersOnly,
	}
}

// ProfileWebIdentity: a user's own keys are wanted, and the profile signs in with a web identity token.
func ProfileWebIdentity(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " signs in with a web identity token (web_identity_token_file, " + place(file, line) + "); it has no key pair of its own",
		oldHint: usersOnly,
	}
}

// ProfileProcess: a user's own keys are wanted, and the profile's credentials are printed by a program.
func ProfileProcess(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " gets its credentials from a program (credential_process, " + place(file, line) + "); it has no key pair of its own",
		oldHint: usersOnly,
	}
}

// ProfileSSO: a user's own keys are wanted, and the profile signs in through IAM Identity Center.
func ProfileSSO(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " signs in through IAM Identity Center (" + key + ", " + place(file, line) + "); it has no key pair of its own",
		oldHint: usersOnly,
	}
}

// ProfileLogin: a user's own keys are wanted, and the profile signs in with the console's password, through aws login.
func ProfileLogin(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " signs in through the console (login_session, " + place(file, line) + "); it has no key pair of its own",
		oldHint: usersOnly,
	}
}

// way shows the profiles of a chain in their order.
func way(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = quoted(n)
	}
	return strings.Join(q, " → ")
}

// ProfileLoop: the source profiles lead back to one of them, the last name.
func ProfileLoop(names []string, file string, line int) *Error {
	return &Error{
		oldText: "the source profiles go round in a circle: " + way(names) + " (" + place(file, line) + ")",
		oldHint: "end the chain with a profile that has credentials of its own",
	}
}

// ProfileSourceUnreadable: the source profile of profile name cannot be read.
func ProfileSourceUnreadable(name, file string, line int, err error) *Error {
	return &Error{oldText: "source_profile of profile " + quoted(name) + " (" + place(file, line) + "): " + err.Error(), err: err}
}

// ProfileTwoSources: a role has source_profile and credential_source.
func ProfileTwoSources(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has both source_profile and credential_source (" + place(file, line) + ")",
		oldHint: "take one of the two lines out",
	}
}

// ProfileBadCredentialSource: credential_source is none of those that there are.
func ProfileBadCredentialSource(name, source string, all []string, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": there is no credential_source = " + escaped(source) + " (" + place(file, line) + ")",
		oldHint: "use one of " + strings.Join(all, ", "),
	}
}

// ProfileBadRoleARN: role_arn is not the ARN of a role.
func ProfileBadRoleARN(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": role_arn is not the ARN of a role (" + place(file, line) + ")",
		oldHint: "it looks like arn:aws:iam::ACCOUNT:role/NAME, with the account's twelve digits",
	}
}

// ProfileBadRoleDuration: duration_seconds is not one that AWS takes for a role.
func ProfileBadRoleDuration(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": duration_seconds is not between 900 and 43200 (" + place(file, line) + ")",
		oldHint: "give it in seconds: 3600 is an hour, 43200 are twelve",
	}
}

// ProfileBadWord: a role's setting is not one that AWS takes: others are what it may have beside letters and digits.
func ProfileBadWord(name, key, others string, longest int, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": " + key + " is not one that AWS takes (" + place(file, line) + ")",
		oldHint: "write 2 to " + strconv.Itoa(longest) + " characters, each an ASCII letter, a digit or one of " + others,
	}
}

// ProfileTagsRefused: AWS takes no such tags.
func ProfileTagsRefused(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": session_tags are not ones that AWS takes (" + place(file, line) + ")",
		oldHint: "at most 50, each key once and not beginning with aws:, keys up to 128 and values up to 256 letters, digits, blanks and _.:/=+-@",
	}
}

// ProfileBadTags: session_tags cannot be read.
func ProfileBadTags(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": session_tags are not key=value,key=value (" + place(file, line) + ")",
		oldHint: "write each tag as key=value, with commas between",
	}
}

// ProfileNoSuchTag: transitive_session_tags names a key that session_tags does not have.
func ProfileNoSuchTag(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": transitive_session_tags names " + quoted(key) + ", which session_tags does not have (" + place(file, line) + ")",
		oldHint: "give the tag a value in session_tags, or take it out of transitive_session_tags",
	}
}

// ProfileSSOMissing: sso_session names a section that the config file does not have.
func ProfileSSOMissing(name, session, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " wants [sso-session " + escaped(session) + "] (" + place(file, line) + "), which is not in the config file",
		oldHint: "run aws configure sso, or fix the name",
	}
}

// ProfileSSOIncomplete: a setting is missing that signing in through IAM Identity Center needs.
func ProfileSSOIncomplete(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " (" + place(file, line) + ") signs in through IAM Identity Center, and " + key + " is missing",
		oldHint: "run aws configure sso --profile " + word(name),
	}
}

// ProfileSSODiffers: a setting is not the same in the profile and in its sso-session section.
func ProfileSSODiffers(name, session, key, file string, line int, sessionFile string, sessionLine int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has another " + key + " (" + place(file, line) + ") than its [sso-session " +
			escaped(session) + "] (" + place(sessionFile, sessionLine) + ")",
		oldHint: "take one of the two lines out",
	}
}

// SourcePassedOver: two settings say where the profile's credentials come from, and the first decides.
func SourcePassedOver(name, won, file string, line int, over, overFile string, overLine int) error {
	return &Error{
		oldText: "profile " + quoted(name) + " has " + won + " (" + place(file, line) + ") and " + over + " (" + place(overFile, overLine) +
			"): the first decides, the second is passed over",
		oldHint: "take the one out that is not meant",
	}
}

// ProfileIncludesItself: the profiles that include_profile names lead back to one of them, the last name.
func ProfileIncludesItself(names []string, file string, line int) *Error {
	return &Error{
		oldText: "include_profile goes round in a circle: " + way(names) + " (" + place(file, line) + ")",
		oldHint: "take one of the include_profile lines out",
	}
}

// ProfileIncludeMissing: include_profile names a profile that the config file does not have.
func ProfileIncludeMissing(name, included, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " includes profile " + quoted(included) + " (" + place(file, line) + "), which is not in the config file",
		oldHint: "fix the name, or take the include_profile line out",
	}
}

// ProfileBadSetting: the value of a setting is none that it can have. The value is not shown: it may be pasted from
// anywhere.
func ProfileBadSetting(name, key, want, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": " + key + " is not " + want + " (" + place(file, line) + ")",
		oldHint: "fix the line, or take it out",
	}
}

// ProfileBadCABundle: the file that ca_bundle names has no certificates, for the reason in err.
func ProfileBadCABundle(name, bundle, file string, line int, err error) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": its ca_bundle (" + place(file, line) + ") names " + path(bundle) + ": " + innermost(err),
		oldHint: "name a PEM file with the certificates to trust, by its whole path", err: err,
	}
}

// BadCABundleVariable: the file that AWS_CA_BUNDLE names has no certificates, for the reason in err.
func BadCABundleVariable(bundle string, err error) *Error {
	return &Error{
		oldText: "AWS_CA_BUNDLE names " + path(bundle) + ": " + innermost(err),
		oldHint: "name a PEM file with the certificates to trust, by its whole path, or unset AWS_CA_BUNDLE", err: err,
	}
}
