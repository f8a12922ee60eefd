package msg

// The messages of what writes the config and credentials files. Each means that nothing was changed. A value that was
// refused is not shown: it may be a secret, pasted where something else was asked for.

const unchanged = "nothing was changed"

// WriteNameRefused: a new section of this name would not be read as that name by every AWS client.
func WriteNameRefused(name string) *Error {
	return &Error{
		oldText: "a new profile cannot be called " + quoted(name) + ": not every AWS client would read that name",
		oldHint: "use letters, digits and . _ - / + @, with no blanks, quotes or brackets",
	}
}

// WriteNameCodePage: some clients would read the name in the code page and others as UTF-8. ascii is one that all read.
func WriteNameCodePage(name, ascii string, page uint32) *Error {
	return &Error{
		oldText: "a new profile cannot be called " + quoted(name) + ": on this computer the AWS CLI reads its files in code page " +
			number(page) + ", and other AWS clients in UTF-8",
		oldHint: "use letters, digits and . _ - / + @ only, such as " + word(ascii),
	}
}

// WriteValueCodePage is WriteNameCodePage for the value of a setting.
func WriteValueCodePage(key string, page uint32) *Error {
	return &Error{
		oldText: "the value for " + quoted(key) + " is not ASCII: on this computer the AWS CLI reads its files in code page " +
			number(page) + ", and other AWS clients in UTF-8",
		oldHint: "use names and paths of ASCII characters",
	}
}

// WriteNoPath: there is no path to write to. variable is the one that names it.
func WriteNoPath(variable string) *Error {
	return &Error{oldText: "there is no file to write to", oldHint: "name one with " + variable}
}

// WriteSectionThere: the credentials file has a section of that name, which is never touched.
func WriteSectionThere(name, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " is there already (" + place(file, line) + "), and a section that is there is never touched",
		oldHint: "name another profile, or take that section out first",
	}
}

// WriteSourceThere: the config file already says where the profile's credentials come from, with key.
func WriteSourceThere(name, key, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " already says where its credentials come from (" + key + ", " + place(file, line) + ")",
		oldHint: "name another profile for the new keys",
	}
}

// WriteKeyGarbled: key, one of the access key pair, is not what AWS gives out.
func WriteKeyGarbled(key string) *Error {
	return &Error{
		oldText: key + " is empty or has white space, a quote or a strange character in it",
		oldHint: "copy it again, whole, with nothing before or behind it",
	}
}

// WriteNoKeyID does not show what it was given, which may be the secret.
func WriteNoKeyID() *Error {
	return &Error{oldText: "that is not an access key ID", oldHint: "it is 20 capital letters and digits, such as AKIA…; are ID and secret in each other's place?"}
}

// WriteTemporaryID: the key id is one that STS gave out (ASIA…).
func WriteTemporaryID() *Error {
	return &Error{
		oldText: "that is a temporary key (an ASIA… id); a session is never written to a credentials file",
		oldHint: "give the user's own key (AKIA…)",
	}
}

// WriteSettingRefused: key is not a name for a setting, or one that does not belong into a config file.
func WriteSettingRefused(key string) *Error {
	return &Error{
		oldText: "the setting " + quoted(key) + " is not one to write to a config file",
		oldHint: "names have letters, digits, _ and -; keys and tokens go elsewhere",
	}
}

// WriteValueRefused: the value for key would not be read back as it is.
func WriteValueRefused(key string) *Error {
	return &Error{
		oldText: "the value for " + quoted(key) + " cannot be written so that every AWS client reads it back",
		oldHint: "give one line with no blanks at its ends, no quotes about it and no # or ; after a blank",
	}
}

// WriteConflict: the setting key is there with the value have, and the value want was to be written.
func WriteConflict(name, key, have, want, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + " has " + key + " = " + quoted(have) + " (" + place(file, line) + "), not " + quoted(want),
		oldHint: "what is there is never changed: edit that line, or leave it",
	}
}

// WriteIndented: lines cannot be added between the profile's section and the indented header at file:line, because
// some AWS client would take them, or the header, for a part of what is above.
func WriteIndented(name, file string, line int) *Error {
	return &Error{
		oldText: "nothing can be added to profile " + quoted(name) + ": the header below it is indented further than its settings (" + place(file, line) + ")",
		oldHint: "move that header to the beginning of its line",
	}
}

// WriteReadOnlyFile: the file may not be written.
func WriteReadOnlyFile(file string, err error) *Error {
	return &Error{oldText: path(file) + " is read-only; " + unchanged, oldHint: "make it writable for your user, or name another file", err: err}
}

// WriteReadOnlyDirectory: no file can be made in the directory that file is in, and so file cannot be replaced.
func WriteReadOnlyDirectory(dir, file string, err error) *Error {
	return &Error{
		oldText: "the directory " + path(dir) + " is read-only, so that " + path(file) + " cannot be replaced; " + unchanged,
		oldHint: "make the directory writable for your user, or name a file elsewhere", err: err,
	}
}

// WriteOwner: the new file could not be given to the owner, group or access list of the old one.
func WriteOwner(file string, err error) *Error {
	return &Error{
		oldText: path(file) + " belongs to another user or group, and a new one cannot be given to them; " + unchanged,
		oldHint: "run as the file's owner, or make the file your own", err: err,
	}
}

// WriteNotAFile: what stands at the path is a pipe, a device or the like.
func WriteNotAFile(file string) *Error {
	return &Error{oldText: path(file) + " is not a regular file; " + unchanged, oldHint: "a regular file belongs there"}
}

// WriteTooManyLinks: the symbolic links from the path on go round in a circle.
func WriteTooManyLinks(file string) *Error {
	return &Error{oldText: path(file) + " is a symbolic link that leads nowhere: too many links", oldHint: "look at it with ls -l"}
}

// WriteBusy: other programs kept changing the file.
func WriteBusy(file string) *Error {
	return &Error{oldText: path(file) + " is being changed by another program; " + unchanged, oldHint: "try again when that is done"}
}

// WriteFailed: the system refused, for the reason given.
func WriteFailed(file, reason string, err error) *Error {
	return &Error{oldText: "writing " + path(file) + ": " + reason + "; " + unchanged, oldHint: "fix that and try again", err: err}
}

// WriteMisread: the new text, read back before it was put in place, did not say what was meant.
func WriteMisread(file string, err error) *Error {
	return &Error{
		oldText: "the new lines for " + path(file) + " would not be read back as they were meant; " + unchanged,
		oldHint: "add them by hand, and please report this", err: err,
	}
}
