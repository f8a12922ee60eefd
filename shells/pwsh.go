package shells

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// pwsh is PowerShell 7 and Windows PowerShell 5.1. The text is one line of ASCII: Invoke-Expression takes one string,
// but several lines are an array, and other characters would be decoded in the console's code page. It uses only what
// Constrained Language Mode allows. Eval is not `awsmfa … | Invoke-Expression`: an exception there, while awsmfa is
// still running, would be reported as a failure to run awsmfa, and a script would continue.
func pwsh() Shell {
	return Shell{
		Name:    "pwsh",
		Aliases: []string{"powershell", "pwsh-preview", "powershell_ise"},
		Eval:    "Invoke-Expression (" + Placeholder + ")",
		word:    pwshWord,
		ascii:   func(word string) string { return "(" + pwshQuote(word) + ")" },
		call:    "& ", // a string alone would be an expression
		check: func(value string) Reason {
			if value == "" { // PowerShell before 7.5 would remove the variable
				return EmptyValue
			}
			return needUTF8(value)
		},
		render: func(vars []Var) (string, error) {
			if len(vars) == 0 {
				return "$null\n", nil // for Invoke-Expression an empty string is an error
			}
			all := make([]string, len(vars))
			for i, v := range vars {
				value := "$null" // removes the variable in every version
				if !v.Unset {
					value = pwshQuote(v.Value)
				}
				all[i] = "$env:" + v.Name + "=" + value
			}
			return strings.Join(all, ";") + "\n", nil
		},
		// Only an exception stops a script and &&; Write-Error does not. With $ErrorActionPreference =
		// 'SilentlyContinue' even throw would be ignored, so it is set, in a scope of its own.
		failure: func(message string) string {
			return "& { $ErrorActionPreference='Stop'; throw " + pwshQuote("awsmfa: "+message) + " }\n"
		},
		init:       pwshInit,
		prompt:     "prompt.ps1",
		inFunction: pwshInFunction,
	}
}

// pwshInit returns one line of ASCII that evaluates the completion and init.ps1.
func pwshInit(o InitOptions) string {
	// One block completes both: the function, and the program.
	const of = "-CommandName awsmfa"
	o.Completion = strings.Replace(o.Completion, of, of+", "+o.Function, 1)
	var lines []string
	for line := range strings.Lines(initScript("pwsh", "init.ps1")(o)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, "("+pwshQuote(line)+")")
		}
	}
	return "Invoke-Expression ((" + strings.Join(lines, ",") + ") -join \"`n\")\n"
}

// pwshInFunction changes the text to the lines that init.ps1 reads.
func pwshInFunction(s Shell) Shell {
	s.ShowsFailure = true
	s.before = func(words []string) string { return "> " + strings.Join(words, " ") + "\n" }
	s.render = func(vars []Var) (string, error) {
		var b strings.Builder
		for _, v := range vars {
			b.WriteString(v.Name)
			if !v.Unset {
				b.WriteString("=" + PowerShellEscape(v.Value))
			}
			b.WriteByte('\n')
		}
		return b.String(), nil
	}
	s.failure = func(message string) string { return "!" + PowerShellEscape(message) + "\n" }
	return s
}

// PowerShellEscape returns s in printable ASCII, as [regex]::Unescape reads it: PowerShell reads a program's output in
// the console's code page.
func PowerShellEscape(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '\\' }) {
		return s
	}
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if u < 0x20 || u > 0x7e || u == '\\' {
			fmt.Fprintf(&b, `\u%04x`, u)
		} else {
			b.WriteByte(byte(u))
		}
	}
	return b.String()
}

// pwshQuote returns s as a PowerShell expression in printable ASCII, such as 'caf'+[char]0xe9+'s'. It always begins
// with a string, because [char]+[char] would add numbers.
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

// pwshWord returns "" for arguments that PowerShell before 7.3 passes on wrongly: it drops an empty one, and does not
// escape a quotation mark, nor a backslash before the quotation mark that it adds.
func pwshWord(arg string) string {
	if arg == "" || strings.Contains(arg, `"`) || strings.Contains(arg, " ") && strings.HasSuffix(arg, `\`) {
		return ""
	}
	// For PowerShell typographic single quotes are single quotes.
	return "'" + strings.NewReplacer("'", "''", "\u2018", "\u2018\u2018", "\u2019", "\u2019\u2019",
		"\u201a", "\u201a\u201a", "\u201b", "\u201b\u201b").Replace(arg) + "'"
}
