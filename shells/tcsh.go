package shells

import "strings"

// tcsh is the C shell. Its users type eval with backticks, which splits at blanks and expands patterns before eval
// interprets quotes.
func tcsh() Shell {
	return Shell{
		Name:    "tcsh",
		Aliases: []string{"csh"},
		Eval:    "eval `" + Placeholder + "`",
		load:    "eval \"`" + Placeholder + "`\"", // else it would expand patterns
		word:    tcshQuote,
		init: func(o InitOptions) string {
			if strings.HasPrefix(o.Program, "'") { // in the quotes of an alias
				o.Program = strings.ReplaceAll(o.Program, "'", `'\''`)
			} else {
				o.Program = `\` + o.Program // no alias
			}
			script := initScript("tcsh", "init.tcsh")(o)
			return strings.ReplaceAll(strings.TrimSuffix(script, "\n"), "\n", "; ") + "\n"
		},
		passOn: Placeholder + " $_awsmfa:q",
		check: func(value string) Reason {
			if strings.ContainsAny(value, " \t\n\r\v\f*?[]{}~$") {
				return MayBeExpanded
			}
			if strings.Contains(value, `\`) { // special after "set backslash_quote"
				return HasBackslash
			}
			// tcsh 6.24 splits some thousands of bytes of output in the wrong places if there is invalid UTF-8 in them.
			return needUTF8(value)
		},
		render: statements(
			func(name, value string) string { return "setenv " + name + " " + tcshQuote(value) + ";\n" },
			func(name string) string { return "unsetenv " + name + ";\n" },
		),
		failure: func(string) string { return "false\n" },
	}
}

// tcshQuote also escapes !: history is expanded even in single quotes.
func tcshQuote(s string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `\!`).Replace(s) + "'"
}
