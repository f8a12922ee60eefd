package shells

import "strings"

// dotenv is a file of NAME=value lines. Its readers disagree: for docker quotes are part of the value, others need
// them, and some interpret escapes in single quotes. So values are bare if that is safe, else in single quotes, and
// never need an escape. The format cannot remove variables: these are left out.
func dotenv() Shell {
	return Shell{
		Name: "dotenv",
		Eval: Placeholder,
		Data: true,
		word: posixWord,
		check: func(value string) Reason {
			for _, r := range value {
				if r < ' ' || r == 0x7f {
					return HasControl
				}
				if r == '\'' || r == '\\' {
					return AmbiguousQuoting
				}
			}
			return needUTF8(value)
		},
		render: func(vars []Var) (string, error) {
			text, err := dotenvLines(vars)
			if text == "" && len(vars) > 0 {
				return "", &Error{Shell: "dotenv", Reason: NothingToSet}
			}
			return text, err
		},
	}
}

func dotenvLines(vars []Var) (string, error) {
	return statements(
		func(name, value string) string {
			for _, c := range []byte(value) {
				if !isLetter(c) && !isDigit(c) && !strings.ContainsRune("_-./:@%+,=", rune(c)) {
					return name + "='" + value + "'\n"
				}
			}
			return name + "=" + value + "\n"
		},
		func(string) string { return "" },
	)(vars)
}
