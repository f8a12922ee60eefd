package qr

import (
	"fmt"
	"io"
	"strings"
)

// Style is a way to draw modules as characters.
type Style int

const (
	// HalfBlocks draws two modules, one above the other, as one character (▀▄█ and space). It needs a terminal
	// with UTF-8 that draws these characters one column wide. A console with a Japanese font may not: their width is
	// "ambiguous" (Unicode UAX #11).
	HalfBlocks Style = iota
	// Spaces draws a module as two spaces with its background colour, in twice the columns and lines. It is ASCII and
	// needs no font: for consoles with code page 932, and LANG=C. No style goes without colours: on an unknown
	// background "##" would be an inverted code for half of the users.
	Spaces
)

// The light margin around a code, in modules. The standard requires four (ISO/IEC 18004:2015, 6.3.8); readers manage
// with two, which may make the code fit in 80 by 24. The margin is drawn, so that a dark background never touches the
// code.
const (
	fullMargin  = 4
	leastMargin = 2
)

// Black and white are set twice. First the plain colours, for terminals without others; a theme may make white grey,
// or swap the two. Then 16 and 231 of the 6×6×6 cube, which are the same everywhere (xterm, Windows Terminal, and
// conhost since Windows 10). The 0 before them turns off inverse, and bold, which would make black grey.
const (
	blackOnWhite = "\x1b[0;30;47m\x1b[38;5;16;48;5;231m"
	onBlack      = "\x1b[40m\x1b[48;5;16m"
	onWhite      = "\x1b[47m\x1b[48;5;231m"
	reset        = "\x1b[0m"
)

// TooSmallError is the error for a window without room for a drawing, even with the narrow margin.
type TooSmallError struct {
	Columns, Lines int // needed
	Width, Height  int // available: Terminal's arguments; 0 is no limit
}

func (e *TooSmallError) Error() string {
	return fmt.Sprintf("qr: window %d by %d, need %d by %d", e.Width, e.Height, e.Columns, e.Lines)
}

// Size returns the columns and lines that Terminal needs at least. That includes a free column beside the drawing: a
// Windows console without DISABLE_NEWLINE_AUTO_RETURN goes to the next line after the last column, and the code would
// get an empty line after each of its own.
func (d Drawing) Size(style Style) (columns, lines int) {
	return d.size(style, leastMargin)
}

func (d Drawing) size(style Style, margin int) (columns, lines int) {
	modules := d.code.Size + 2*margin
	if style == Spaces {
		return 2*modules + 1, modules
	}
	return modules + 1, (modules + 1) / 2
}

// Terminal writes the drawing, black on white whatever the terminal's colours, in one write, beginning at the first
// column. Each line ends with a reset of the colours and "\n". width and height are the available columns and lines;
// 0 is no limit. A code that has partly scrolled away cannot be scanned, so the height is the window's without the
// lines that the caller writes next and the cursor's. The margin is four modules if they fit, else two; if that does
// not fit either, Terminal writes nothing and returns a *TooSmallError.
func (d Drawing) Terminal(w io.Writer, width, height int, style Style) error {
	fits := func(margin int) bool {
		columns, lines := d.size(style, margin)
		return (width == 0 || columns <= width) && (height == 0 || lines <= height)
	}
	margin := fullMargin
	if !fits(margin) {
		margin = leastMargin
	}
	if !fits(margin) {
		columns, lines := d.Size(style)
		return &TooSmallError{Columns: columns, Lines: lines, Width: width, Height: height}
	}
	var b strings.Builder
	if style == Spaces {
		d.spaces(&b, margin)
	} else {
		d.halfBlocks(&b, margin)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d Drawing) halfBlocks(b *strings.Builder, margin int) {
	for y := -margin; y < d.code.Size+margin; y += 2 {
		b.WriteString(blackOnWhite)
		for x := -margin; x < d.code.Size+margin; x++ {
			switch upper, lower := d.code.Black(x, y), d.code.Black(x, y+1); {
			case upper && lower:
				b.WriteRune('█')
			case upper:
				b.WriteRune('▀')
			case lower:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString(reset + "\n")
	}
}

func (d Drawing) spaces(b *strings.Builder, margin int) {
	for y := -margin; y < d.code.Size+margin; y++ {
		b.WriteString(blackOnWhite)
		for x := -margin; x < d.code.Size+margin; x++ {
			if black := d.code.Black(x, y); black != d.code.Black(x-1, y) {
				if black {
					b.WriteString(onBlack)
				} else {
					b.WriteString(onWhite)
				}
			}
			b.WriteString("  ")
		}
		b.WriteString(reset + "\n")
	}
}
