package shells

import "strings"

// elvish is Elvish. In single quotes a single quote is written twice, and no other character is special (Language
// Specification, Single-quoted string).
func elvish() Shell {
	return Shell{
		Name:   "elvish",
		Eval:   "eval (" + Placeholder + " | slurp)",
		word:   elvishQuote,
		init:   initScript("elvish", "init.elv"),
		prompt: "prompt.elv",
		passOn: Placeholder + " $@words",
		check:  needUTF8,
		render: statements(
			func(name, value string) string { return "set-env " + name + " " + elvishQuote(value) + "\n" },
			func(name string) string { return "unset-env " + name + "\n" },
		),
		failure: func(message string) string { return "fail " + elvishQuote("awsmfa: "+message) + "\n" },
	}
}

func elvishQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
