package shells

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
)

// pwsh is PowerShell, 7 and Windows PowerShell 5.1 alike. Its text is one line of ASCII: Invoke-Expression takes one
// string, several lines reach it as an array and fail, and other characters would be read in the console's code page.
// It uses only what Constrained Language Mode allows. The line is not `awsmfa … | Invoke-Expression`: an exception thrown
// there while awsmfa has not quite ended is reported as awsmfa's failure to run, and a script goes on.
func pwsh() Shell {
	return Shell{
		Name:    "pwsh",
		Aliases: []string{"powershell", "pwsh-preview", "powershell_ise"},
		Eval:    "Invoke-Expression (" + Placeholder + ")",
		word:    pwshWord,
		call:    "& ", // a string alone is an expression
		refuse: func(value string) error {
			if value == "" {
				return errors.New("PowerShell before 7.5 removes a variable that is set to an empty value")
			}
			return needUTF8(value)
		},
		render: func(vars []Var) (string, error) {
			if len(vars) == 0 {
				return "$null\n", nil // Invoke-Expression refuses an empty string
			}
			all := make([]string, len(vars))
			for i, v := range vars {
				value := "$null" // removes it in every version
				if !v.Unset {
					value = pwshQuote(v.Value)
				}
				all[i] = "$env:" + v.Name + "=" + value
			}
			return strings.Join(all, ";") + "\n", nil
		},
		// Only an exception stops a script and keeps && from going on; Write-Error lets both go on. Where the user has
		// $ErrorActionPreference = 'SilentlyContinue' even throw is passed over, so it is set, in a scope of its own.
		failure: func(message string) string {
			return "& { $ErrorActionPreference='Stop'; throw " + pwshQuote("awsmfa: "+message) + " }\n"
		},
	}
}

// pwshQuote spells s as a PowerShell expression in printable ASCII, 'caf'+[char]0xe9+'s'. It always begins with a
// string, because [char]+[char] would add numbers.
func pwshQuote(s string) string {
	var b strings.Builder
	quoted := true
	b.WriteByte('\'')
	for _, u := range utf16.Encode([]rune(s)) {
		if u < 0x20 || u > 0x7e {
			if quoted {
				b.WriteByte('\'')
				quoted = false
			}
			fmt.Fprintf(&b, "+[char]0x%x", u)
			continue
		}
		if !quoted {
			b.WriteString("+'")
			quoted = true
		}
		if u == '\'' {
			b.WriteByte('\'')
		}
		b.WriteByte(byte(u))
	}
	if quoted {
		b.WriteByte('\'')
	}
	return b.String()
}

// pwshWord says nothing to arguments that PowerShell before 7.3 passes on wrongly: it drops an empty one, and forgets
// to escape a quotation mark, and a backslash before the quotation mark it adds.
func pwshWord(arg string) string {
	if arg == "" || strings.Contains(arg, `"`) || strings.Contains(arg, " ") && strings.HasSuffix(arg, `\`) {
		return ""
	}
	// To PowerShell the typographic single quotes are single quotes.
	return "'" + strings.NewReplacer("'", "''", "\u2018", "\u2018\u2018", "\u2019", "\u2019\u2019",
		"\u201a", "\u201a\u201a", "\u201b", "\u201b\u201b").Replace(arg) + "'"
}
