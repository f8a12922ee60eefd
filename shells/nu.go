package shells

import "strings"

// nu is Nushell. It cannot evaluate text, but loads a record. A null in it sets $env.NAME to null, which removes the
// variable for child processes: Nushell passes on only strings.
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
		call:   "^", // a string alone would be a value
		check:  needUTF8,
		render: jsonObject,
		// The object is not closed, so `from json` fails and nothing is loaded. The message is a JSON string: Nushell
		// is lenient, and without quotes would load it as a variable.
		failure: func(message string) string { return `{"awsmfa": ` + jsonString(message) + "\n" },
	}
}
