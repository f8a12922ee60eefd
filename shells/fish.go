package shells

import "strings"

// fish is fish 3 and later. Its single quotes know two escapes, \\ and \' (fish manual, "The fish language", Quotes).
func fish() Shell {
	return Shell{
		Name: "fish",
		Eval: Placeholder + " | source",
		word: fishQuote,
		// -g: a variable from the environment is global, and a universal one (set -U) would write the secret to disk
		// and into every other session. Unsetting takes a loop: a variable may exist in several scopes, and removing
		// one uncovers the next, which children would then see. `set -e` alone is 4 when there is nothing to
		// remove; the loop is 0. What this cannot do: where a function has made the variable its own (set -l), the
		// function sees its own until it returns.
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
