package shells

import (
	"errors"
	"strings"
)

// tcsh is the C shell. The line is the one its users know, eval in backticks, which splits at blanks and expands
// patterns before eval sees any quotes.
func tcsh() Shell {
	return Shell{
		Name:    "tcsh",
		Aliases: []string{"csh"},
		Eval:    "eval `" + Placeholder + "`",
		word:    tcshQuote,
		refuse: func(value string) error {
			if strings.ContainsAny(value, " \t\n\r\v\f*?[]{}~$") {
				return errors.New("the value holds a blank, one of * ? [ ] { } ~ or a $, which eval in backticks may expand")
			}
			if strings.Contains(value, `\`) {
				return errors.New(`the value holds a \ which means another thing after "set backslash_quote"`)
			}
			// Some thousands of bytes of output with stray bytes among them were split in the wrong places (6.24).
			return needUTF8(value)
		},
		render: statements(
			func(name, value string) string { return "setenv " + name + " " + tcshQuote(value) + ";\n" },
			func(name string) string { return "unsetenv " + name + ";\n" },
		),
		failure: func(string) string { return "false\n" },
	}
}

// tcshQuote escapes ! too: history is replaced inside single quotes.
func tcshQuote(s string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `\!`).Replace(s) + "'"
}
