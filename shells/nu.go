package shells

import "strings"

// nu is Nushell. It cannot evaluate text; it loads a record. A null in it hides the variable from children: Nushell
// passes on only variables that are strings, and $env.NAME is then null.
func nu() Shell {
	return Shell{
		Name:    "nu",
		Aliases: []string{"nushell"},
		Eval:    Placeholder + " | from json | load-env",
		word: func(arg string) string {
			if !strings.Contains(arg, "'") {
				return "'" + arg + "'"
			}
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(arg) + `"`
		},
		call:   "^", // a string alone is a value
		refuse: needUTF8,
		render: jsonObject,
		// An object that is never closed, so that `from json` fails and nothing is loaded. The message is a whole JSON
		// string: Nushell reads loosely, and would take one without quotes for a variable to load.
		failure: func(message string) string { return `{"awsmfa": ` + jsonString(message) + "\n" },
	}
}
