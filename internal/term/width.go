package term

import (
	"unicode"

	"golang.org/x/text/width"
)

// Width returns how many columns a terminal takes for text: two for each wide character, such as 本, none for a
// character that combines with the one before it.
func Width(text string) (columns int) {
	for _, r := range text {
		switch {
		case r < unicode.MaxASCII:
			columns++
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		default:
			columns++
			if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
				columns++
			}
		}
	}
	return columns
}
