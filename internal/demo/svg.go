package main

import (
	"cmp"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// The sizes of a character, in the picture's units.
const (
	cellWidth, cellHeight = 8.4, 18.0
	fontSize              = 14
	margin                = 16.0
)

const ground, plain = "#1e222a", "#d8dee9"

// ansi are the colors 0 to 15, which a terminal's owner chooses.
var ansi = strings.Fields("#3b4252 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #d8dee9 " +
	"#7f848e #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #ffffff")

// A pen is what escape sequences make of the text behind them. A color is empty for the terminal's own.
type pen struct {
	color, ground string
	bold, faint   bool
}

// A drawing is a picture in progress.
type drawing struct {
	strings.Builder
	pen     pen
	columns int // of the longest line
}

// svg returns a screen of tmux, with its escape sequences, as a picture. The blocks of a QR code are drawn, because
// those of a font have gaps between the lines.
func svg(screen string) string {
	var d drawing
	lines := strings.Split(strings.TrimRight(screen, "\n"), "\n")
	for row, line := range lines {
		d.line(margin+float64(row)*cellHeight, line)
	}
	w, h := float64(d.columns)*cellWidth+2*margin, float64(len(lines))*cellHeight+2*margin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f">
<rect width="100%%" height="100%%" rx="8" fill="%s"/>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%d"
 xml:space="preserve">
%s</g>
</svg>
`, w, h, w, h, ground, fontSize, d.String())
}

var sgr = regexp.MustCompile("\x1b\\[([0-9;]*)m")

func (d *drawing) line(top float64, line string) {
	column, end := 0, 0
	for _, at := range sgr.FindAllStringSubmatchIndex(line, -1) {
		column = d.text(column, top, line[end:at[0]])
		d.pen.apply(line[at[2]:at[3]])
		end = at[1]
	}
	d.text(column, top, line[end:])
}

// text draws text without escape sequences, and returns the column behind it.
func (d *drawing) text(start int, top float64, text string) (column int) {
	left := margin + float64(start)*cellWidth
	column = start + columns(text)
	if d.pen.ground != "" {
		d.columns = max(d.columns, column)
		d.rectangle(left, top, float64(column-start)*cellWidth, cellHeight, d.pen.ground)
	}
	color := cmp.Or(d.pen.color, plain)
	letters := strings.TrimRight(blocks.Replace(text), " ")
	if letters == "" {
		for i, c := range []rune(text) { // a line of a QR code has no wide characters
			x := left + float64(i)*cellWidth
			switch c {
			case '█':
				d.rectangle(x, top, cellWidth, cellHeight, color)
			case '▀':
				d.rectangle(x, top, cellWidth, cellHeight/2, color)
			case '▄':
				d.rectangle(x, top+cellHeight/2, cellWidth, cellHeight/2, color)
			}
		}
		return column
	}
	d.columns = max(d.columns, start+columns(letters))
	style := ""
	if d.pen.bold {
		style += ` font-weight="bold"`
	}
	if d.pen.faint {
		style += ` opacity="0.7"`
	}
	fmt.Fprintf(d, "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\"%s>%s</text>\n",
		left, top+fontSize, color, style, html.EscapeString(letters))
	return column
}

// columns returns the width of text.
func columns(text string) (n int) {
	for _, c := range text {
		n++
		if kind := width.LookupRune(c).Kind(); kind == width.EastAsianWide || kind == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

var blocks = strings.NewReplacer("█", " ", "▀", " ", "▄", " ")

func (d *drawing) rectangle(x, y, w, h float64, color string) {
	fmt.Fprintf(d, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" "+
		"shape-rendering=\"crispEdges\"/>\n", x, y, w, h, color)
}

// apply changes the pen as the numbers of an SGR sequence say.
func (p *pen) apply(sequence string) {
	var numbers []int
	for number := range strings.SplitSeq(sequence, ";") {
		n, _ := strconv.Atoi(number) // none is 0
		numbers = append(numbers, n)
	}
	for len(numbers) > 0 {
		n := numbers[0]
		numbers = numbers[1:]
		switch {
		case n == 0:
			*p = pen{}
		case n == 1:
			p.bold = true
		case n == 2:
			p.faint = true
		case n == 22:
			p.bold, p.faint = false, false
		case n >= 30 && n <= 37:
			p.color = ansi[n-30]
		case n >= 90 && n <= 97:
			p.color = ansi[n-90+8]
		case n == 39:
			p.color = ""
		case n >= 40 && n <= 47:
			p.ground = ansi[n-40]
		case n == 49:
			p.ground = ""
		case (n == 38 || n == 48) && len(numbers) >= 2: // 5 and a number
			target := &p.color
			if n == 48 {
				target = &p.ground
			}
			*target = color256(numbers[1])
			numbers = numbers[2:]
		}
	}
}

// color256 returns a color of xterm's palette.
func color256(n int) string {
	switch {
	case n < 16:
		return ansi[n]
	case n < 232:
		level := func(n int) int { return []int{0, 95, 135, 175, 215, 255}[n%6] }
		return fmt.Sprintf("#%02x%02x%02x", level((n-16)/36), level((n-16)/6), level(n-16))
	}
	return "#" + strings.Repeat(fmt.Sprintf("%02x", 8+10*(n-232)), 3)
}
