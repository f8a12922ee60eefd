package term

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wrap breaks a paragraph into lines of at most so many columns, if its words are no longer. Japanese has no blanks
// between its words: a line may end beside every wide character, except where a Japanese text never has a line end.
func Wrap(text string, columns int) []string {
	var lines []string
	line, width := "", 0
	for _, p := range pieces(text) {
		if fits := width + Width(p.blank+p.text); line != "" && fits > columns {
			lines = append(lines, line)
			line, width = "", 0
		}
		if line != "" {
			p.text = p.blank + p.text
		}
		line, width = line+p.text, width+Width(p.text)
	}
	return append(lines, line)
}

// piece is a part of a text without a place where a line may end.
type piece struct {
	blank string // before the piece: a blank, or nothing
	text  string
}

// neverFirst are the characters that no line begins with, and neverLast those that none ends with, beside a wide one
// (JIS X 4051).
const (
	neverFirst = "、。，．・：；？！ー）」』】〉》〕］｝々…‥ぁぃぅぇぉっゃゅょァィゥェォッャュョ),.:;?!]}%"
	neverLast  = "（「『【〈《〔［｛([{"
)

// joined is the text on one line. A line end is a blank, but not between two wide characters.
func joined(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		before, _ := utf8.DecodeLastRuneInString(b.String())
		after, _ := utf8.DecodeRuneInString(line)
		if !wide(before) || !wide(after) {
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

func wide(r rune) bool { return Width(string(r)) == 2 }

// mayEnd reports whether a line may end between two characters: beside a wide one, but not within a word in katakana.
func mayEnd(before, after rune) bool {
	katakana := func(r rune) bool { return unicode.Is(unicode.Katakana, r) || r == 'ー' }
	return (wide(before) || wide(after)) && !(katakana(before) && katakana(after)) &&
		!strings.ContainsRune(neverFirst, after) && !strings.ContainsRune(neverLast, before)
}

func pieces(text string) (all []piece) {
	blank := ""
	for _, word := range strings.Fields(joined(text)) {
		start, before := 0, rune(0)
		for i, r := range word {
			if before != 0 && mayEnd(before, r) {
				all = append(all, piece{blank, word[start:i]})
				start, blank = i, ""
			}
			before = r
		}
		all = append(all, piece{blank, word[start:]})
		blank = " "
	}
	return all
}
