package shells

import "strings"

// fish is fish 3 and later. Single quotes have two escapes, \\ and \' (fish manual, "The fish language", Quotes).
func fish() Shell {
	return Shell{
		Name:   "fish",
		Eval:   Placeholder + " | source",
		word:   fishQuote,
		init:   initScript("fish", "init.fish"),
		prompt: "prompt.fish",
		passOn: "command " + Placeholder + " $argv",
		// -g: variables from the environment are global, and a universal one (set -U) would be written to disk and
		// shared with all other shells. Removing takes a loop, because a variable may exist in several scopes; its
		// status is 0, while that of `set -e` alone is 4 if there is no variable. A local variable (set -l) of a
		// function hides ours until the function returns.
		render: statements(
			func(name, value string) string { return "set -gx " + name + " " + fishQuote(value) + ";\n" },
			func(name string) string { return "while set -q " + name + "; set -e " + name + "; or break; end;\n" },
		),
		failure: func(string) string { return "false\n" },
	}
}

func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
