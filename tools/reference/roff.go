package main

import (
	"fmt"
	"regexp"
	"strings"
)

// roffLines writes the text of a manual page, in the macros of man(7). It escapes everything, so that man shows the
// characters of the Markdown and no others.
type roffLines struct {
	strings.Builder
	begun bool // the section has text: a paragraph needs a space above it
}

// roff returns Markdown as our pages use it: headings, paragraphs, lists, tables, code.
func roff(markdown string) string {
	var r roffLines
	lines := strings.Split(strings.Trim(markdown, "\n"), "\n")
	for len(lines) > 0 {
		n := 1 // lines of this block
		switch line := lines[0]; {
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "#"):
			r.heading(line)
		case strings.HasPrefix(line, "```"):
			for lines[n] != "```" {
				n++
			}
			r.example(lines[1:n])
			n++
		case strings.HasPrefix(line, "|"):
			for n < len(lines) && strings.HasPrefix(lines[n], "|") {
				n++
			}
			r.table(lines[:n])
		default:
			for n < len(lines) && lines[n] != "" && !startsBlock.MatchString(lines[n]) {
				n++
			}
			text := strings.Join(lines[:n], " ")
			if item := listItem.FindString(text); item != "" {
				r.item(strings.TrimSpace(item), text[len(item):])
			} else {
				r.space(".PP")
				r.text(text)
			}
		}
		lines = lines[n:]
	}
	return r.String()
}

var (
	listItem    = regexp.MustCompile(`^(-|\d+\.) +`)
	startsBlock = regexp.MustCompile("^(```|\\||#|- |\\d+\\. )")
)

// space writes a macro that begins a paragraph. Below a heading it would be a second space, of which mandoc complains.
func (r *roffLines) space(macro string) {
	if r.begun {
		r.WriteString(macro + "\n")
	}
	r.begun = true
}

func (r *roffLines) heading(line string) {
	macro, text := ".SS", strings.TrimLeft(line, "# ")
	if strings.HasPrefix(line, "## ") {
		macro, text = ".SH", strings.ToUpper(text)
	}
	fmt.Fprintf(r, "%s \"%s\"\n", macro, escape(strings.ReplaceAll(text, "`", "")))
	r.begun = false
}

func (r *roffLines) example(lines []string) {
	r.space(".sp")
	r.WriteString(".RS 4\n.EX\n")
	for _, line := range lines {
		r.line(literally(line))
	}
	r.WriteString(".EE\n.RE\n")
}

func (r *roffLines) item(mark, text string) {
	if mark == "-" {
		mark = `\(bu`
	}
	r.begun = true
	fmt.Fprintf(r, ".IP %s 4\n", mark)
	r.text(strings.Join(strings.Fields(text), " "))
}

// table writes each row as a paragraph below its first cell. In a table of three columns the other cells begin with the
// heading of their column.
func (r *roffLines) table(rows []string) {
	headings := cells(rows[0])
	r.begun = true
	for _, row := range rows[2:] {
		row := cells(row)
		r.WriteString(".TP\n")
		r.line(inline(row[0]))
		for i, cell := range row[1:] {
			if i > 0 {
				r.WriteString(".br\n")
			}
			if heading := headings[i+1]; heading != "" && len(headings) > 2 {
				cell = heading + ": " + cell
			}
			r.text(cell)
		}
	}
}

func cells(row string) (list []string) {
	row = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(row), "|"), "|")
	row = strings.ReplaceAll(row, `\|`, "\x00")
	for cell := range strings.SplitSeq(row, "|") {
		list = append(list, strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
	}
	return list
}

// text writes prose, each sentence on a line of its own, as roff wants it.
func (r *roffLines) text(markdown string) {
	column := 0
	for word := range strings.FieldsSeq(inline(markdown)) {
		switch {
		case column == 0:
		case column+1+len(word) > 78:
			r.WriteString("\n")
			column = 0
		default:
			r.WriteString(" ")
			column++
		}
		if column == 0 {
			word = harmless(word)
		}
		r.WriteString(word)
		if column += len(word); strings.HasSuffix(word, ".") {
			r.WriteString("\n")
			column = 0
		}
	}
	if column > 0 {
		r.WriteString("\n")
	}
}

func (r *roffLines) line(escaped string) { r.WriteString(harmless(escaped) + "\n") }

// harmless keeps the beginning of a line of text from being read as a macro.
func harmless(line string) string {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}

// mark is what Markdown marks in a text: code, bold, a link with its address.
var mark = regexp.MustCompile("`([^`]+)`|\\*\\*([^*]+)\\*\\*|\\[([^]]+)\\]\\(([^)]+)\\)")

// inline returns the text of a paragraph with its marks as fonts. The pages that links lead to are not manual pages:
// a link is its text, and an address on the web.
func inline(markdown string) string {
	var b strings.Builder
	end := 0
	for _, at := range mark.FindAllStringSubmatchIndex(markdown, -1) {
		b.WriteString(escape(markdown[end:at[0]]))
		part := func(n int) string {
			if at[2*n] < 0 {
				return ""
			}
			return markdown[at[2*n]:at[2*n+1]]
		}
		switch {
		case part(1) != "":
			b.WriteString(`\fB` + literally(part(1)) + `\fR`)
		case part(2) != "":
			b.WriteString(`\fB` + escape(part(2)) + `\fR`)
		default:
			b.WriteString(inline(part(3)))
			if strings.Contains(part(4), "://") {
				b.WriteString(" (" + literally(part(4)) + ")")
			}
		}
		end = at[1]
	}
	b.WriteString(escape(markdown[end:]))
	return b.String()
}

// special are the characters that roff reads as its own, or shows as another one: groff_char(7).
var special = map[rune]string{'\\': `\e`, '`': `\(ga`, '^': `\(ha`, '~': `\(ti`, '"': `\(dq`}

func escape(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch s, ok := special[c]; {
		case ok:
			b.WriteString(s)
		case c > '~':
			fmt.Fprintf(&b, `\[u%04X]`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// literally escapes text that a person may copy: its hyphens and quotes must stay those of ASCII.
func literally(text string) string {
	return strings.NewReplacer("-", `\-`, "'", `\(aq`).Replace(escape(text))
}
