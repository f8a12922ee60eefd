package qr

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Issuer is the issuer in the QR codes of the AWS console. Authenticator apps show it beside the account, and some
// choose their picture by it.
const Issuer = "Amazon Web Services"

// URI is what an authenticator app expects to find in a QR code, for a time-based key with the defaults (SHA-1, six
// digits, 30 s), which are AWS's: otpauth://totp/ISSUER:ACCOUNT?secret=SECRET&issuer=ISSUER. The source of its form is
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format. As account the AWS console takes
// USER@ACCOUNT-ID.
//
// The secret is base32 as AWS gives it, upper case; its padding is left out, as that page asks. Issuer and account may
// hold any characters but the colon, which separates them, and must not be empty. No error holds the secret.
func URI(issuer, account, secret string) (string, error) {
	for _, part := range []struct{ what, text string }{{"issuer", issuer}, {"account", account}} {
		switch {
		case part.text == "":
			return "", fmt.Errorf("an otpauth URI needs an %s", part.what)
		case !utf8.ValidString(part.text):
			return "", fmt.Errorf("%s %q of an otpauth URI is not UTF-8", part.what, part.text)
		case strings.Contains(part.text, ":"):
			return "", fmt.Errorf("%s %q of an otpauth URI holds a colon", part.what, part.text)
		}
	}
	secret = strings.TrimRight(secret, "=")
	if secret == "" || strings.Trim(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return "", errors.New("the secret of an otpauth URI must be base32, in upper case")
	}
	issuer = escape(issuer)
	return "otpauth://totp/" + issuer + ":" + escape(account) + "?secret=" + secret + "&issuer=" + issuer, nil
}

// escape writes all but the unreserved characters of RFC 3986 and the @ as %XX. The two of net/url will not do: apps
// differ in whether a + is a space, so there is none here, neither for a space (url.QueryEscape) nor for itself
// (url.PathEscape), and IAM names hold + and =.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~@", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
