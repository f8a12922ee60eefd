package shells

import (
	"fmt"
	"strings"
)

// xonsh is xonsh, a shell and Python. The text is ASCII with Python string literals. The line is Python, so commands
// that depend on it go on the next line, which an exception prevents from running; after && or ; they would never run.
func xonsh() Shell {
	return Shell{
		Name: "xonsh",
		Eval: "execx($(" + Placeholder + "))",
		word: func(arg string) string {
			// $NAME and ~ are expanded even in quotes.
			if strings.ContainsAny(arg, "$~") {
				return ""
			}
			return pythonString(arg)
		},
		init: func(o InitOptions) string {
			if !strings.HasPrefix(o.Program, "'") {
				o.Program = pythonString(o.Program)
			}
			return initScript("xonsh", "init.xsh")(o)
		},
		passOn: "status = ![" + Placeholder + " @(words)].rtn",
		check:  needUTF8,
		render: statements(
			func(name, value string) string { return "$" + name + " = " + pythonString(value) + "\n" },
			// del would raise an exception if there is no variable.
			func(name string) string { return "${...}.pop('" + name + "', None)\n" },
		),
		failure: func(message string) string {
			return "raise RuntimeError(" + pythonString("awsmfa: "+message) + ")\n"
		},
	}
}

// pythonString returns s as a Python string literal in printable ASCII.
func pythonString(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
