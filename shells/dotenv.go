package shells

import (
	"errors"
	"strings"
)

// dotenv is a file of NAME=value lines. Its readers agree on little: docker takes quotes as part of the value, others
// need them, and some read escapes between single quotes. So: bare where that is safe, else single quotes, and
// nothing that would need an escape. It cannot unset; variables to be removed are left out.
func dotenv() Shell {
	return Shell{
		Name: "dotenv",
		Eval: Placeholder,
		Data: true,
		word: posixWord,
		refuse: func(value string) error {
			for _, r := range value {
				if r < ' ' || r == 0x7f {
					return errors.New("the value holds a line break or another control character")
				}
				if r == '\'' || r == '\\' {
					return errors.New(`the value holds ' or \ which programs that read such files take in different ways`)
				}
			}
			return needUTF8(value)
		},
		render: func(vars []Var) (string, error) {
			text, err := dotenvLines(vars)
			if text == "" && len(vars) > 0 {
				return "", errors.New("dotenv cannot remove variables, and there is none to set")
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
