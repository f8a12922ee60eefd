package shells

import "strings"

// What the shells of the Bourne family share (POSIX.1-2024, Shell Command Language, 2.2.2): between single quotes every
// byte is itself, so that only the single quote needs leaving them.

// posix is a shell of the Bourne family.
func posix(name string, aliases ...string) Shell {
	return Shell{
		Name:    name,
		Aliases: aliases,
		// The double quotes keep newlines and runs of blanks in values; without them the text would be split.
		Eval: `eval "$(` + Placeholder + `)"`,
		word: posixWord,
		// Plain `export`, not `\export`: the backslash keeps an alias out but not a function, and nobody who has
		// replaced export expects to be left out. The && keep bash from going on with the rest, and from ending in
		// success, when a variable is readonly; and they keep `eval $(…)`, typed without quotes, from reading the
		// next line as more names to export.
		render: func(vars []Var) (string, error) {
			all := make([]string, len(vars))
			for i, v := range vars {
				if v.Unset {
					all[i] = "unset " + v.Name
				} else {
					all[i] = "export " + v.Name + "=" + posixQuote(v.Value)
				}
			}
			if len(all) == 0 {
				return "", nil
			}
			return strings.Join(all, " &&\n") + "\n", nil
		},
		// `eval "$(false)"` is 0: only what is printed can make eval fail.
		failure: func(string) string { return "false\n" },
	}
}

func posixQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// posixWord leaves the quotes for ! too: between the double quotes of Eval an older interactive bash takes !x for history,
// single quotes or not, unless a backslash is before it. (bash 5.2 and zsh 5.9 do not.)
func posixWord(arg string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(arg) + "'"
}
