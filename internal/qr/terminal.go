package qr

import (
	"fmt"
	"io"
	"strings"
)

// Style is how the modules of a code become characters.
type Style int

const (
	// HalfBlocks sets two modules, one above the other, in a character (▀▄█ and space). It is for terminals that
	// speak UTF-8 and draw these characters one column wide, which a console with a Japanese font may not: they are
	// of "ambiguous" width (Unicode UAX #11).
	HalfBlocks Style = iota
	// Spaces sets a module in two spaces of its colour. All of it is ASCII and needs no font, for consoles with code
	// page 932 and for LANG=C; it takes twice the columns and twice the lines. There is no style without colours:
	// "##" on a background nobody knows is an inverted code for half of the users.
	Spaces
)

// The light margin around a code, in modules. The standard wants four (ISO/IEC 18004:2015, 6.3.8); readers are content
// with two, and those two lines or columns decide whether a code fits in 80 by 24, where none at all is worse. It is
// drawn, so that a dark background never touches the code.
const (
	fullMargin  = 4
	leastMargin = 2
)

// Black and white are said twice. The plain colours come first, for terminals that know no others; their hues belong to
// the user's theme, which may have white as grey, or swap the two. Those of the 6×6×6 cube, 16 and 231, are the same
// everywhere (xterm, Windows Terminal, and conhost since Windows 10). The 0 before them puts out bold, which would turn
// black into grey, and inverse.
const (
	blackOnWhite = "\x1b[0;30;47m\x1b[38;5;16;48;5;231m"
	onBlack      = "\x1b[40m\x1b[48;5;16m"
	onWhite      = "\x1b[47m\x1b[48;5;231m"
	reset        = "\x1b[0m"
)

// TooSmallError says that a window has no room for a drawing, not even with the narrow margin.
type TooSmallError struct {
	Columns, Lines int // what the drawing needs at least
	Width, Height  int // what there is, as Terminal was told; 0 is no limit
}

func (e *TooSmallError) Error() string {
	if e.Width != 0 && e.Width < e.Columns {
		return fmt.Sprintf("the window is too narrow for the QR code: %d columns are needed, it has %d", e.Columns, e.Width)
	}
	return fmt.Sprintf("the window is too low for the QR code: %d lines are needed, it has %d", e.Lines, e.Height)
}

// Size says how many columns and lines Terminal needs at least. One column is left free beside the drawing: a Windows
// console without DISABLE_NEWLINE_AUTO_RETURN goes to the next line as soon as the last column is written, and an empty
// line after each line of the code would spoil it.
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

// Terminal writes the drawing, black on white whatever the colours of the terminal, in one write, beginning at the
// first column. Each line ends with the terminal's own colours and "\n". Width and height are what there is for it,
// in columns and lines: a code of which a part has scrolled away cannot be scanned, so the height is the window's
// less the lines that the caller writes next, the cursor's own among them. 0 is no limit. With room enough the margin
// is four modules, else two; when that does not fit either, nothing is written and the error is a *TooSmallError.
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
