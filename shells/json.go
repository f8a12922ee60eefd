package shells

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
)

// jsonFormat is a JSON object of variables and values; null means that a variable is to be removed, as in direnv.
func jsonFormat() Shell {
	return Shell{
		Name:   "json",
		Eval:   Placeholder,
		Data:   true,
		word:   posixWord,
		check:  needUTF8,
		render: jsonObject,
	}
}

func jsonObject(vars []Var) (string, error) {
	var b strings.Builder
	b.WriteString("{")
	for i, v := range vars {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  " + jsonString(v.Name) + ": ")
		if v.Unset {
			b.WriteString("null")
		} else {
			b.WriteString(jsonString(v.Value))
		}
	}
	if len(vars) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("}\n")
	return b.String(), nil
}

func jsonString(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // impossible for a string
	}
	return ASCII(strings.TrimSuffix(b.String(), "\n"))
}

// ASCII returns JSON text with all other characters escaped. On Windows the reader of a pipe decodes it in the
// console's code page, where a character may include the quotation mark after it.
func ASCII(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x7f }) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if r < 0x7f {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
