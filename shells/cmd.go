package shells

import "strings"

// cmdLongest is how long a value may be: a line of cmd.exe has 8,191 characters, including the variable's name.
const cmdLongest = 8000

// cmd is the Windows command prompt, cmd.exe. In a batch file the line needs %%i for %i.
func cmd() Shell {
	// Without the parentheses `&& x` would belong to the loop's body, and run once for each variable.
	const eval = `(for /f "delims=" %i in ('` + Placeholder + `') do @%i)`
	return Shell{
		Name: "cmd",
		Eval: eval,
		word: cmdWord,
		line: func(command string) string {
			// for /f passes the command to `cmd /c`, which removes the first and the last quotation mark.
			if strings.HasPrefix(command, `"`) {
				command = `"` + command + `"`
			}
			return strings.Replace(eval, Placeholder, command, 1)
		},
		check: func(value string) Reason {
			if value == "" {
				return EmptyValue
			}
			if len(value) > cmdLongest {
				return TooLong
			}
			for _, c := range []byte(value) {
				if c < ' ' || c > '~' { // cmd reads others in the console's code page
					return NotPrintableASCII
				}
				if c == '%' || c == '"' || c == '!' {
					return MayBeReplaced
				}
			}
			return ""
		},
		render: statements(
			func(name, value string) string { return `set "` + name + `=` + value + "\"\r\n" },
			// For cmd it is an error to remove a variable that does not exist, so it is set first.
			func(name string) string { return `set "` + name + "=-\"\r\nset \"" + name + "=\"\r\n" },
		),
		// `exit /b 1` would end the user's batch file, `exit` the prompt.
		failure: func(string) string { return "cmd /d /c exit 1\r\n" },
	}
}

func cmdWord(arg string) string {
	if strings.ContainsAny(arg, `%"!`) || strings.HasSuffix(arg, `\`) {
		return ""
	}
	return `"` + arg + `"`
}
