package shells

import (
	"errors"
	"strings"
)

// cmdLongest is what fits in a line of cmd.exe (8,191 characters) beside a variable's name.
const cmdLongest = 8000

// cmd is the Windows command prompt, cmd.exe. In a batch file the line needs %%i for %i.
func cmd() Shell {
	// The brackets make one command of it: without them `&& x` belongs to the loop's body and runs once a variable.
	const eval = `(for /f "delims=" %i in ('` + Placeholder + `') do @%i)`
	return Shell{
		Name: "cmd",
		Eval: eval,
		word: cmdWord,
		line: func(command string) string {
			// for /f hands the command to `cmd /c`, which takes off the first quotation mark and the last.
			if strings.HasPrefix(command, `"`) {
				command = `"` + command + `"`
			}
			return strings.Replace(eval, Placeholder, command, 1)
		},
		refuse: func(value string) error {
			if value == "" {
				return errors.New("cmd removes a variable that is set to an empty value")
			}
			if len(value) > cmdLongest {
				return errors.New("the value does not fit in a line of cmd")
			}
			for _, c := range []byte(value) {
				if c < ' ' || c > '~' {
					return errors.New("the value holds more than printable ASCII, and cmd reads the rest in the console's code page")
				}
				if c == '%' || c == '"' || c == '!' {
					return errors.New(`the value holds one of % " ! which cmd may replace`)
				}
			}
			return nil
		},
		render: statements(
			func(name, value string) string { return `set "` + name + `=` + value + "\"\r\n" },
			// Removing what is not there is an error to cmd, so it is set first.
			func(name string) string { return `set "` + name + "=-\"\r\nset \"" + name + "=\"\r\n" },
		),
		// `exit /b 1` would leave the user's batch file, `exit` the prompt.
		failure: func(string) string { return "cmd /d /c exit 1\r\n" },
	}
}

func cmdWord(arg string) string {
	if strings.ContainsAny(arg, `%"!`) || strings.HasSuffix(arg, `\`) {
		return ""
	}
	return `"` + arg + `"`
}
