package shells

import "strings"

// fish is fish 3 and later. Single quotes have two escapes, \\ and \' (fish manual, "The fish language", Quotes).
func fish() Shell {
	return Shell{
		Name: "fish",
		Eval: Placeholder + " | source",
		// Without the program fish would show six lines of error.
		load:    "command -q " + programPlaceholder + "; and " + Placeholder + " | source",
		word:    fishQuote,
		init:    initScript("fish", "init.fish"),
		prompt:  "prompt.fish",
		passOn:  "command " + Placeholder + " $argv",
		render:  fishStatements,
		failure: func(string) string { return "false\n" },
	}
}

// fishStatements sets with -g: variables from the environment are global, and a universal one (set -U) would be written
// to disk and shared with all other shells. Removing takes a loop, because a variable may exist in several scopes; its
// status is 0, while that of `set -e` alone is 4 if there is no variable. A local variable (set -l) of a function hides
// ours until the function returns. A universal variable is the user's own, and erasing it erases it from disk, so only
// one that programs must not get is erased: fish passes it on even if a global variable that is not exported hides it.
func fishStatements(vars []Var) (string, error) {
	var b strings.Builder
	for _, v := range vars {
		if !v.Unset {
			b.WriteString("set -gx " + v.Name + " " + fishQuote(v.Value) + ";\n")
			continue
		}
		there := "set -ql " + v.Name + "; or set -qg " + v.Name
		if v.AnyScope {
			there += "; or set -qUx " + v.Name
		}
		b.WriteString("while " + there + "; set -e " + v.Name + "; or break; end;\n")
	}
	return b.String(), nil
}

func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
