package shells

import (
	"fmt"
	"strings"
)

// xonsh is xonsh, Python and shell in one. Its text is ASCII: the strings are Python literals. The line is Python, so
// what depends on it goes on the next line, which an exception keeps from running; after && or ; it never runs.
func xonsh() Shell {
	return Shell{
		Name: "xonsh",
		Eval: "execx($(" + Placeholder + "))",
		word: func(arg string) string {
			// Between quotes too, an argument has its $NAME and ~ replaced.
			if strings.ContainsAny(arg, "$~") {
				return ""
			}
			return pythonString(arg)
		},
		refuse: needUTF8,
		render: statements(
			func(name, value string) string { return "$" + name + " = " + pythonString(value) + "\n" },
			// del raises when there is nothing to remove.
			func(name string) string { return "${...}.pop('" + name + "', None)\n" },
		),
		failure: func(message string) string {
			return "raise RuntimeError(" + pythonString("awsmfa: "+message) + ")\n"
		},
	}
}

// pythonString spells s as a Python string literal in printable ASCII.
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
