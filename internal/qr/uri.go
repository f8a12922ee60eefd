package qr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Issuer is the issuer in the AWS console's QR codes. Authenticator apps show it beside the account, and some choose a
// picture by it.
const Issuer = "Amazon Web Services"

// URI returns the text of an authenticator app's QR code, for a time-based key with the defaults (SHA-1, six digits,
// 30 s), which are AWS's: otpauth://totp/ISSUER:ACCOUNT?secret=SECRET&issuer=ISSUER. The format is described at
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format. The AWS console's account is USER@ACCOUNT-ID.
//
// The secret is upper-case Base32, as AWS returns it; URI removes the padding, as that page asks. Issuer and account
// may contain any character but the colon, which separates them, and must not be empty. Errors are *Error.
func URI(issuer, account, secret string) (string, error) {
	for _, name := range []string{issuer, account} {
		switch {
		case name == "":
			return "", &Error{Empty}
		case !utf8.ValidString(name), strings.Contains(name, ":"):
			return "", &Error{BadName}
		}
	}
	secret = strings.TrimRight(secret, "=")
	if secret == "" || strings.Trim(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return "", &Error{NotBase32}
	}
	issuer = escape(issuer)
	return "otpauth://totp/" + issuer + ":" + escape(account) + "?secret=" + secret + "&issuer=" + issuer, nil
}

// escape encodes all but the unreserved characters of RFC 3986 and the @ as %XX. It never leaves a +, which some apps
// read as a space: url.QueryEscape writes one for a space, url.PathEscape for a +, and IAM names may contain + and =.
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
