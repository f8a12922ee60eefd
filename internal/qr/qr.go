// Package qr draws a short text, the otpauth URI of a new MFA device, as a QR code (ISO/IEC 18004): in the terminal
// with coloured cells, or as a PNG. It returns and writes what it is asked for and nothing else: it never looks at
// the environment, the terminal or the files, and its errors never hold the text, which is a secret.
package qr

import (
	"errors"
	"fmt"

	// Why this library: BSD, no dependencies, small, and finished as the standard is (unchanged since 2018). Of those
	// reachable it costs awsmfa least; beside image/png it adds 33 kB and 7 µs of start-up, where
	// github.com/skip2/go-qrcode (left alone since 2020) adds 139 kB and github.com/boombuler/barcode 82 kB and 35
	// µs. Its package coding also takes one text in several modes, which makes our codes smaller (see segments) and
	// which the others do not offer; what its front, rsc.io/qr, leaves undone, the choice of the mask, is done here.
	"rsc.io/qr/coding"
)

// Drawing is a QR code, ready to be written. Draw makes it.
type Drawing struct {
	code coding.Code // outside of which Black is false: the quiet zone
}

// Draw makes the smallest QR code that holds text, which must be printable ASCII, as a URI is: the standard reads bytes
// as ISO 8859-1, readers guess, and what they make of anything else differs. Room that is left over goes to error
// correction, from level L up: a screen is neither torn nor stained, and the fewer the modules, the larger they are and
// the smaller the window may be. It fails for an empty text and for one longer than about 2,900 characters.
func Draw(text string) (Drawing, error) {
	if text == "" {
		return Drawing{}, errors.New("no text to draw as a QR code")
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return Drawing{}, fmt.Errorf("byte %d of the text for the QR code is not printable ASCII", i+1)
		}
	}
	parts := segments(text)
	version := coding.Version(coding.MinVersion)
	for !holds(version, coding.L, parts) {
		if version == coding.MaxVersion {
			return Drawing{}, fmt.Errorf("a text of %d characters is too long for a QR code", len(text))
		}
		version++
	}
	level := coding.L
	for level < coding.H && holds(version, level+1, parts) {
		level++
	}
	var best *coding.Code
	least := 0
	for mask := range coding.Mask(8) {
		plan, err := coding.NewPlan(version, level, mask)
		if err != nil {
			return Drawing{}, fmt.Errorf("planning the QR code: %w", err)
		}
		code, err := plan.Encode(parts...)
		if err != nil {
			return Drawing{}, fmt.Errorf("encoding the QR code: %w", err)
		}
		if p := penalty(code); best == nil || p < least {
			best, least = code, p
		}
	}
	return Drawing{*best}, nil
}

// holds says whether a code of this version and level has room for parts.
func holds(version coding.Version, level coding.Level, parts []coding.Encoding) bool {
	bits := 0
	for _, p := range parts {
		bits += p.Bits(version)
	}
	return bits <= version.DataBytes(level)*8
}

// alphaRun is the length from which a run is worth its own segment: it saves 2½ bits a character and costs two
// headers, 25 bits in small codes and 35 in large ones.
const alphaRun = 16

// segments cuts text into runs of the QR alphanumeric characters (0-9, A-Z, space, $%*+-./:), at 5½ bits each, and
// bytes between them, at 8. The base32 secret is such a run: 64 characters of it make the code four modules narrower.
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

// penalty is the score of ISO/IEC 18004:2015, 7.8.3, by which the mask is chosen: the lower, the less there is in the
// code that a reader could take for something else.
func penalty(c *coding.Code) int {
	score, dark := 0, 0
	across := c.Black
	down := func(x, y int) bool { return c.Black(y, x) }
	for _, black := range []func(x, y int) bool{across, down} {
		for y := range c.Size {
			run := 0
			for x := range c.Size {
				if x > 0 && black(x, y) == black(x-1, y) {
					run++
				} else {
					run = 1
				}
				switch { // five of one colour and more in a line
				case run == 5:
					score += 3
				case run > 5:
					score++
				}
			}
			// What looks like a finder pattern: 1:1:3:1:1 with four light modules before or after it. The quiet zone
			// counts.
			line := uint(0)
			for x := range c.Size + 4 {
				line = line<<1&0x7fff | bit(black(x, y))
				if line>>4&0x7f == 0b1011101 && (line>>11 == 0 || line&0xf == 0) {
					score += 40
				}
			}
		}
	}
	for y := range c.Size {
		for x := range c.Size {
			if c.Black(x, y) {
				dark++
			}
			if x > 0 && y > 0 && c.Black(x, y) == c.Black(x-1, y) && c.Black(x, y) == c.Black(x, y-1) &&
				c.Black(x, y) == c.Black(x-1, y-1) { // a block of one colour
				score += 3
			}
		}
	}
	all := c.Size * c.Size
	off := 2*dark - all // from half dark
	if off < 0 {
		off = -off
	}
	return score + 10*(off*10/all) // 10 for each full 5 %
}

func bit(b bool) uint {
	if b {
		return 1
	}
	return 0
}
