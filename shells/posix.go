package shells

import "strings"

// posix is a shell of the Bourne family. In single quotes only the single quote is special (POSIX.1-2024, Shell Command
// Language, 2.2.2).
func posix(name string, aliases ...string) Shell {
	return Shell{
		Name:    name,
		Aliases: aliases,
		// Without the double quotes the shell would split the text, and lose line breaks and blanks in values.
		Eval: `eval "$(` + Placeholder + `)"`,
		word: posixWord,
		// `export`, not `\export`: the backslash would bypass an alias but not a function, and users who replace export
		// expect it to be used. With && bash stops with an error at a readonly variable, and `eval $(…)`, typed without
		// quotes, does not take the next line as more names to export.
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
		passOn: `\command ` + Placeholder + ` "$@"`,
		// The status of `eval "$(false)"` is 0: only the printed text can make eval fail.
		failure: func(string) string { return "false\n" },
	}
}

func posixQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// posixWord also escapes !: in the double quotes of Eval an older interactive bash expands !x from its history, even in
// single quotes. (bash 5.2 and zsh 5.9 do not.)
func posixWord(arg string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(arg) + "'"
}
