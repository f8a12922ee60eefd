package awsapi

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"strings"
	"time"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/rewrite"
)

// ssoToken is a part of the AWS CLI's file about a sign-in to IAM Identity Center.
type ssoToken struct {
	Access  string `json:"accessToken"`
	Until   string `json:"expiresAt"`
	expires time.Time
}

// ssoToken reads the file. Its errors are *msg.Error: there is no sign-in, or the file is unusable.
func (x *ExternalSource) ssoToken() (t ssoToken, err error) {
	path, err := x.cachedSignIn()
	if err != nil {
		return ssoToken{}, err
	}
	if err := json.Unmarshal(x.SignIn, &t); err != nil {
		return ssoToken{}, x.notJSON(path)
	}
	if t.Access == "" {
		return ssoToken{}, x.missingField(path, "accessToken")
	}
	if t.expires, err = parseDate(t.Until); err != nil {
		return ssoToken{}, x.badDate(path, "expiresAt")
	}
	return t, nil
}

// checkLogin does the same for the file of aws login, before the SDK reads it: the SDK crashes if the PEM key to
// renew the sign-in is missing (credentials/logincreds, parseKey).
func (x *ExternalSource) checkLogin() (path string, err error) {
	if path, err = x.cachedSignIn(); err != nil {
		return "", err
	}
	var file struct {
		Key   string `json:"dpopKey"`
		Token struct {
			Until string `json:"expiresAt"`
		} `json:"accessToken"`
	}
	if err := json.Unmarshal(x.SignIn, &file); err != nil {
		return "", x.notJSON(path)
	}
	if block, _ := pem.Decode([]byte(file.Key)); block == nil {
		return "", x.missingField(path, "dpopKey")
	}
	if _, err := time.Parse(time.RFC3339, file.Token.Until); err != nil {
		return "", x.badDate(path, "expiresAt")
	}
	return path, nil
}

// cachedSignIn reads the sign-in file into SignIn, and returns its path.
func (x *ExternalSource) cachedSignIn() (path string, err error) {
	if path, err = x.signInFile(); err != nil {
		return "", x.expired().Wrap(err)
	}
	switch x.SignIn, err = bounded.ReadFile(path); {
	case errors.Is(err, fs.ErrNotExist):
		if err := rewrite.CheckLinks(path); err != nil {
			return "", err
		}
		return "", x.expired().Wrap(err)
	case err != nil:
		return "", x.unreadable(path, err)
	}
	return path, nil
}

// expired is the error for a sign-in that has expired, or for none.
func (x *ExternalSource) expired() *msg.Error {
	if x.Kind == profile.KindLogin {
		return msg.Errorf("the console sign-in of profile %q has expired, or there was none", x.Profile.Name).
			Hint("sign in with: aws login --profile %s", msg.Word(x.Profile.Name))
	}
	return msg.Errorf("the IAM Identity Center sign-in of profile %q has expired, or there was none", x.Profile.Name).
		Hint("sign in with: aws sso login --profile %s", msg.Word(x.Profile.Name))
}

// The errors for an unusable sign-in file. None shows its content.

func (x *ExternalSource) notJSON(path string) *msg.Error {
	return x.signInAgain(msg.Errorf("the sign-in of profile %q cannot be used: %s is not JSON as the AWS CLI writes it",
		x.Profile.Name, msg.Path(path)))
}

func (x *ExternalSource) missingField(path, field string) *msg.Error {
	return x.signInAgain(msg.Errorf("the sign-in of profile %q cannot be used: %s has no usable %s",
		x.Profile.Name, msg.Path(path), field))
}

func (x *ExternalSource) badDate(path, field string) *msg.Error {
	return x.signInAgain(msg.Errorf("the sign-in of profile %q cannot be used: the date %[3]s in %[2]s cannot be read",
		x.Profile.Name, msg.Path(path), field))
}

func (x *ExternalSource) unreadable(path string, err error) *msg.Error {
	return x.signInAgain(msg.Errorf("the sign-in of profile %q cannot be used: %s could not be read or written: %s",
		x.Profile.Name, msg.Path(path), msg.Cause(err)).Wrap(err))
}

func (x *ExternalSource) signInAgain(e *msg.Error) *msg.Error {
	if x.Kind == profile.KindLogin {
		return e.Hint("sign in again to replace the file: aws login --profile %s", msg.Word(x.Profile.Name))
	}
	return e.Hint("sign in again to replace the file: aws sso login --profile %s", msg.Word(x.Profile.Name))
}

// parseDate parses a date with a time zone. Older versions of the AWS CLI wrote a blank before the time, UTC for the
// zone, or a zone without a colon; botocore reads all of these (dateutil.parser).
func parseDate(text string) (time.Time, error) {
	text = strings.Replace(strings.TrimSpace(text), " ", "T", 1)
	for _, zone := range []string{"UTC", "GMT"} {
		if date, ok := strings.CutSuffix(text, zone); ok {
			text = strings.TrimSpace(date) + "Z"
		}
	}
	at, err := time.Parse(time.RFC3339, text)
	for _, layout := range []string{"2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07:00"} {
		if err != nil {
			at, err = time.Parse(layout, text)
		}
	}
	return at, err
}
