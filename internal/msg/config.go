package msg

// The messages of credential-process and config.

// ProcessHelp stands under the usage in credential-process --help.
const ProcessHelp = `For credential_process in a profile of the config file; awsmfa config writes that profile:

  [profile prod-mfa]
  credential_process = awsmfa credential-process prod

Then every AWS client that is told to use prod-mfa has prod's session: aws --profile prod-mfa s3 ls. Prints secrets, as
JSON, for the client that called it. When a code is needed, it is asked for on the terminal, whoever called.`

// ConfigHelp stands under the usage in config --help.
const ConfigHelp = `Prints a profile for ~/.aws/config, called PROFILE-mfa, whose credentials come from awsmfa: with it the AWS CLI,
terraform, boto3 and IDEs need no variables at all:

  awsmfa config prod --write
  aws --profile prod-mfa s3 ls

It has the region and the other settings of PROFILE that are not about credentials. No secret is written.`

// WouldCallItself: the new profile would bear the name of the one that it uses.
func WouldCallItself(name string) error {
	return &Error{
		oldText: "a profile " + quoted(name) + " that uses profile " + quoted(name) + " would call itself",
		oldHint: "give it another name with --as",
	}
}

// ConfigNoName: the profile's name is one that no profile should have, for the reason in err, and so is the one made from it.
func ConfigNoName(err error) error {
	return &Error{
		oldText: err.Error(), err: err,
		oldHint: "name the new profile with --as: letters, digits and . _ - / + @ are safe",
	}
}

// ConfigNotPrintable: the profile would not reach whoever reads it as it is.
func ConfigNotPrintable(name string) error {
	return &Error{
		oldText: "profile " + quoted(name) + " is not ASCII, and what is printed here goes through the console's code page",
		oldHint: "add --write, which adds it to the config file itself",
	}
}

// ConfigNotNeeded: the profile gets its credentials from a program already.
func ConfigNotNeeded(name, file string, line int) error {
	return &Error{
		oldText: "profile " + quoted(name) + " has a credential_process already (" + place(file, line) + ")",
		oldHint: "every AWS client can use it as it is: aws --profile " + word(name),
	}
}

// ConfigTaken: there is a profile of that name, with credentials of its own.
func ConfigTaken(name, file string, line int) error {
	return &Error{
		oldText: "profile " + quoted(name) + " is there already (" + place(file, line) + "), and its credentials come from elsewhere",
		oldHint: "give the new one another name with --as",
	}
}

// ConfigOddPath: this program lies where not every AWS client could start it.
func ConfigOddPath(path string) error {
	return &Error{
		oldText: "credential_process cannot name " + quoted(path) + ": AWS clients do not agree on how such a path is written",
		oldHint: "put awsmfa into a directory without quotes, $, %, ! and the like in its name",
	}
}

// ConfigOddName: the profile's name is one that not every AWS client would hand on.
func ConfigOddName(name string) error {
	return &Error{
		oldText: "credential_process cannot name profile " + quoted(name) + ": AWS clients do not agree on how such a name is written",
		oldHint: "rename the profile: letters, digits and . _ - / + @ are safe",
	}
}

// ConfigQuoted: on Windows there are clients that cannot run a program with quotes about its path or profile.
func ConfigQuoted(command string) string {
	return "terraform and whatever else is made with AWS's SDK for Go takes no quotes on Windows, and will not get this started: " +
		command + "; a directory and a profile without blanks in their names would serve it"
}

// ConfigLeftOut: a setting is not copied, since it has no spelling that all AWS clients read back as it is.
func ConfigLeftOut(key, file string, line int) string {
	return "the setting " + quoted(key) + " (" + place(file, line) + ") is left out: it cannot be written so that every AWS client reads it back"
}

// ConfigAdded says how the new profile is used, also when it was there already.
func ConfigAdded(name, from, file string) string {
	return "profile " + quoted(name) + " is in " + path(file) + " and gives the session of " + quoted(from) + "; try:  aws --profile " + word(name) +
		" sts get-caller-identity"
}
