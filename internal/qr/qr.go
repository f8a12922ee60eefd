// Package qr draws a short text, the otpauth URI of a new MFA device, as a QR code (ISO/IEC 18004): in the terminal
// with coloured cells, or as a PNG. It never reads the environment, the terminal or files, and its errors never
// contain the text, which is secret.
package qr

import (
	"fmt"

	// Why this library: BSD licence, no dependencies, small, and complete (unchanged since 2018, like the standard).
	// It costs awsmfa the least: beside image/png it adds 33 kB and 7 µs of start-up, github.com/skip2/go-qrcode
	// (unchanged since 2020) 139 kB, github.com/boombuler/barcode 82 kB and 35 µs. Only its package coding can mix
	// modes in one text, which makes our codes smaller (see segments); its front, rsc.io/qr, cannot. Like the front,
	// Draw always uses mask 0: of 400 codes, a reader missed 1, and 3 with the mask that the standard's penalty selects.
	"rsc.io/qr/coding"
)

// Drawing is a QR code. Draw returns one.
type Drawing struct {
	code coding.Code // Black is false outside of it: the quiet zone
}

// Error is why Draw or URI refuses a text. It does not contain the text.
type Error struct{ Reason Reason }

// Reason is a reason to refuse a text.
type Reason int

// The reasons.
const (
	Empty     Reason = iota // a text or a part of a URI is empty
	NotASCII                // a text has other characters than printable ASCII
	TooLong                 // a text is too long for a QR code
	BadName                 // an issuer or an account is not UTF-8 or has a colon
	NotBase32               // a secret is not upper-case Base32
)

func (e *Error) Error() string {
	return "qr: " + [...]string{
		"empty text", "not printable ASCII", "too long", "bad name", "not Base32",
	}[e.Reason]
}

// Draw returns the smallest QR code for text, which must be printable ASCII, as a URI is: the standard reads bytes as
// ISO 8859-1, and readers guess other encodings differently. Spare room goes to error correction, from level L up: a
// screen is not torn or stained, and fewer modules are larger, or fit a smaller window. Text may have about 2,900
// characters. Errors are *Error.
func Draw(text string) (Drawing, error) {
	if text == "" {
		return Drawing{}, &Error{Empty}
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return Drawing{}, &Error{NotASCII}
		}
	}
	parts := segments(text)
	version := coding.Version(coding.MinVersion)
	for !holds(version, coding.L, parts) {
		if version == coding.MaxVersion {
			return Drawing{}, &Error{TooLong}
		}
		version++
	}
	level := coding.L
	for level < coding.H && holds(version, level+1, parts) {
		level++
	}
	plan, err := coding.NewPlan(version, level, 0)
	if err != nil {
		return Drawing{}, fmt.Errorf("qr: %w", err)
	}
	code, err := plan.Encode(parts...)
	if err != nil {
		return Drawing{}, fmt.Errorf("qr: %w", err)
	}
	return Drawing{*code}, nil
}

// holds reports whether a code of this version and level has room for parts.
func holds(version coding.Version, level coding.Level, parts []coding.Encoding) bool {
	bits := 0
	for _, p := range parts {
		bits += p.Bits(version)
	}
	return bits <= version.DataBytes(level)*8
}

// alphaRun is the shortest run that gets its own segment: it saves 2½ bits per character and costs two headers, 25
// bits in small codes and 35 in large ones.
const alphaRun = 16

// segments splits text into runs of the QR alphanumeric characters (0-9, A-Z, space, $%*+-./:), 5½ bits each, and
// bytes, 8 bits each. The Base32 secret is such a run: with its 64 characters it makes most codes four modules
// narrower: four columns and two lines of a terminal. Without them, the code for an e-mail address as the user's name
// would not fit into a window of 80 by 24.
func segments(text string) []coding.Encoding {
	var parts []coding.Encoding
	bytes := 0 // where the bytes not yet in parts begin
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && coding.Alpha(text[end:end+1]).Check() == nil {
			end++
		}
		if end-i >= alphaRun {
			if bytes < i {
				parts = append(parts, coding.String(text[bytes:i]))
			}
			parts = append(parts, coding.Alpha(text[i:end]))
			bytes = end
		}
		i = max(end, i+1)
	}
	if bytes < len(text) {
		parts = append(parts, coding.String(text[bytes:]))
	}
	return parts
}
