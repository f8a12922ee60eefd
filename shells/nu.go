package shells

import "strings"

// nu is Nushell. It cannot evaluate text, but loads a record. A null in it sets $env.NAME to null, which removes the
// variable for child processes: Nushell passes on only strings.
func nu() Shell {
	return Shell{
		Name:    "nu",
		Aliases: []string{"nushell"},
		Eval:    Placeholder + " | from json | load-env",
		// Nushell reads its files before it runs a program. It loads all files of that directory.
		load: `mkdir $"($nu.data-dir)/vendor/autoload"; ` + Placeholder +
			` | save -f $"($nu.data-dir)/vendor/autoload/awsmfa.nu"`,
		word: func(arg string) string {
			if !strings.Contains(arg, "'") {
				return "'" + arg + "'"
			}
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(arg) + `"`
		},
		call: "^", // a string alone would be a value
		init: func(o InitOptions) string {
			o.Program = "^" + strings.TrimPrefix(o.Program, "^") // completion declares awsmfa, too
			return initScript("nu", "init.nu")(o)
		},
		prompt: "prompt.nu",
		before: func(words []string) string {
			quoted := make([]string, len(words))
			for i, w := range words {
				quoted[i] = jsonString(w)
			}
			return "[" + strings.Join(quoted, ",") + "]\n"
		},
		check:  needUTF8,
		render: jsonObject,
		// The object is not closed, so `from json` fails and nothing is loaded. The message is a JSON string: Nushell
		// is lenient, and without quotes would load it as a variable.
		failure: func(message string) string { return `{"awsmfa": ` + jsonString(message) + "\n" },
	}
}
