package shells

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
)

// jsonFormat is one JSON object, variable to value; null means that the variable must not be there, as direnv has it.
func jsonFormat() Shell {
	return Shell{
		Name:   "json",
		Eval:   Placeholder,
		Data:   true,
		word:   posixWord,
		refuse: needUTF8,
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
		panic(err) // a string is always encoded
	}
	return ASCII(strings.TrimSuffix(b.String(), "\n"))
}

// ASCII is JSON text that says the same in ASCII. On Windows what a program writes to a pipe is decoded in whatever code
// page the console has, and one character there may take in the quotation mark behind it.
func ASCII(text string) string {
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
