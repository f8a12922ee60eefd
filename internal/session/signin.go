package session

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
)

// ssoToken is what the AWS CLI keeps of a sign-in to IAM Identity Center, as far as it is looked at here.
type ssoToken struct {
	Access  string `json:"accessToken"`
	Until   string `json:"expiresAt"`
	expires time.Time
}

// ssoToken reads it. Its errors are *msg.Error, and tell a sign-in that there is not from one that cannot be read.
func (x *ExternalSource) ssoToken() (t ssoToken, err error) {
	path, err := x.cachedSignIn()
	if err != nil {
		return ssoToken{}, err
	}
	if err := json.Unmarshal(x.SignIn, &t); err != nil {
		return ssoToken{}, x.unreadable(path, msg.SignInNotJSON)
	}
	if t.Access == "" {
		return ssoToken{}, x.unreadable(path, msg.SignInLacks("accessToken"))
	}
	if t.expires, err = parseDate(t.Until); err != nil {
		return ssoToken{}, x.unreadable(path, msg.SignInNoDate("expiresAt"))
	}
	return t, nil
}

// checkLogin is the same for what aws login leaves behind, which the SDK reads: without the key that it is renewed with, in
// PEM, the SDK crashes (credentials/logincreds, parseKey).
func (x *ExternalSource) checkLogin() (path string, err error) {
	if path, err = x.cachedSignIn(); err != nil {
		return "", err
	}
	var left struct {
		Key   string `json:"dpopKey"`
		Token struct {
			Until string `json:"expiresAt"`
		} `json:"accessToken"`
	}
	if err := json.Unmarshal(x.SignIn, &left); err != nil {
		return "", x.unreadable(path, msg.SignInNotJSON)
	}
	if block, _ := pem.Decode([]byte(left.Key)); block == nil {
		return "", x.unreadable(path, msg.SignInLacks("dpopKey"))
	}
	if _, err := time.Parse(time.RFC3339, left.Token.Until); err != nil {
		return "", x.unreadable(path, msg.SignInNoDate("expiresAt"))
	}
	return path, nil
}

// cachedSignIn is where the sign-in is kept, which is in SignIn from then on.
func (x *ExternalSource) cachedSignIn() (path string, err error) {
	if path, err = x.signInFile(); err != nil {
		return "", x.expired(err)
	}
	switch x.SignIn, err = bounded.ReadFile(path); {
	case errors.Is(err, fs.ErrNotExist):
		return "", x.expired(err)
	case err != nil:
		return "", x.unreadable(path, msg.SignInNotReadable(err))
	}
	return path, nil
}

// expired says that the sign-in has ended, or that there was none.
func (x *ExternalSource) expired(err error) error {
	if x.Kind == profile.KindLogin {
		return msg.LoginExpired(x.Profile.Name, err)
	}
	return msg.SSOExpired(x.Profile.Name, err)
}

func (x *ExternalSource) unreadable(path, why string) error {
	return msg.SignInUnreadable(x.Profile.Name, path, why, x.Kind == profile.KindLogin)
}

// parseDate reads a date with a time zone, as it stands in files that older versions of the AWS CLI wrote, too: with a
// blank before the time, UTC for the zone, or no colon in it. Botocore reads all of these (dateutil.parser).
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
