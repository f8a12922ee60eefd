package cli

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"awsmfa/shells"
)

// typedLine is a command line up to the cursor, without the program's name.
type typedLine struct {
	before  []string // the complete words, as the program would get them
	current string   // the word at the cursor, without its quotes

	// The shell replaces only the end of the current word: it keeps these characters of it, which are behind quote, an
	// opening quote that is not closed, or 0.
	kept  string
	quote rune
}

// parseLine returns the line that a script passes on in args. It reports false if there is no such line.
func parseLine(shell string, args []string, getenv func(string) string) (typedLine, bool) {
	if shell == "tcsh" {
		return splitLine(getenv("COMMAND_LINE"), "")
	}
	if len(args) == 0 {
		return typedLine{}, false
	}
	args = slices.Clone(args)
	for i, arg := range args {
		switch shell {
		case "pwsh":
			args[i] = unescaped(strings.TrimPrefix(arg, ":"))
		case "nu":
			args[i] = unquoted(arg)
		}
	}
	line := typedLine{before: args[:len(args)-1], current: args[len(args)-1]}
	switch shell {
	case "bash": // the line, and the characters at which readline ends a word
		if len(args) == 2 {
			return splitLine(args[0], args[1])
		}
		return typedLine{}, false
	case "zsh", "fish", "elvish": // these choose among all candidates, some by more than the beginning
		if flag, _, joined := strings.Cut(line.current, "="); joined && strings.HasPrefix(flag, "--") {
			line.current = flag + "="
		} else if !strings.HasPrefix(line.current, "-") {
			line.current = ""
		}
	}
	return line, true
}

// unescaped undoes the escapes of the script for PowerShell.
func unescaped(arg string) string {
	return strings.NewReplacer(`\u0022`, `"`, `\u005c`, `\`).Replace(arg)
}

// unquoted removes the quotes of a word of Nushell, which may not be closed.
func unquoted(word string) string {
	if word == "" || !strings.ContainsRune("'\"`", rune(word[0])) {
		return word
	}
	text := strings.TrimSuffix(word[1:], word[:1])
	if word[0] == '"' {
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(text)
	}
	return text
}

// splitLine splits a command line as bash does. The first word is the program. It reports false if the line has no
// other word, or if bash would expand a variable or a command in the last one.
func splitLine(line, breaks string) (typedLine, bool) {
	var (
		words   []string
		word    strings.Builder
		inWord  bool
		kept    int // the length of what is kept in word
		quote   rune
		escaped bool
		expands bool
	)
	for _, r := range line {
		switch {
		case escaped:
			escaped = false
			if quote == '"' && !strings.ContainsRune("$`\"\\", r) {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
		case quote != 0 && r == quote:
			quote = 0
			kept = word.Len()
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != '\'' && (r == '$' || r == '`'):
			expands, inWord = true, true
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord, kept = r, true, word.Len()
		case unicode.IsSpace(r):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord, expands, kept = false, false, 0
		default:
			word.WriteRune(r)
			inWord = true
			if strings.ContainsRune(breaks, r) {
				kept = word.Len()
			}
		}
	}
	if len(words) == 0 || escaped || expands {
		return typedLine{}, false
	}
	current := word.String()
	return typedLine{before: words[1:], current: current, kept: current[:kept], quote: quote}, true
}

// render returns the candidates in the form that the shell's script reads. A candidate that cannot be typed as one word
// in this shell is left out.
func (l typedLine) render(shell shells.Shell, all []candidate) string {
	var b strings.Builder
	if shell.Name == "bash" {
		return l.renderBash(shell, all)
	}
	objects := []jsonCandidate{}
	const usual = 64 // bytes of a candidate
	b.Grow(usual * len(all))
	for _, c := range all {
		word, err := shell.Word(c.value)
		if err != nil {
			continue
		}
		switch shell.Name {
		case "zsh", "fish": // they quote the word themselves
			b.WriteString(c.value + "\t" + oneLine(c.help) + "\n")
		case "pwsh":
			help := cmp.Or(oneLine(c.help), c.value) // PowerShell refuses an empty one
			b.WriteString(shells.PowerShellEscape(word) + "\t" + shells.PowerShellEscape(c.value) + "\t" +
				shells.PowerShellEscape(help) + "\n")
		case "tcsh": // it splits its list at blanks, and expands patterns in it
			if !strings.ContainsAny(c.value, " *?[]{}~") {
				b.WriteString(c.value + "\n")
			}
		default:
			objects = append(objects, jsonCandidate{word, c.value, oneLine(c.help)})
		}
	}
	switch shell.Name {
	case "nu":
		for i := range objects {
			objects[i].Value = objects[i].Insert
		}
		fallthrough
	case "xonsh", "elvish":
		text, err := json.Marshal(objects)
		if err != nil {
			return ""
		}
		b.Write(text)
	}
	return b.String()
}

func (l typedLine) renderBash(shell shells.Shell, all []candidate) string {
	var words []string
	for _, c := range all {
		if _, err := shell.Word(c.value); err != nil {
			continue
		}
		if rest, ok := strings.CutPrefix(c.value, l.kept); ok {
			words = append(words, bashEscape(rest, l.quote)+"\n")
		}
	}
	// Readline closes the quotes after an only candidate, except if its last character is such a quote.
	if quote := string(l.quote); len(words) == 1 && strings.HasSuffix(words[0], quote+"\n") && l.quote != 0 {
		words[0] = strings.TrimSuffix(words[0], "\n") + quote + "\n"
	}
	return strings.Join(words, "")
}

// bashEscape escapes text to stand behind an opening quote, or outside quotes if quote is 0.
func bashEscape(text string, quote rune) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case quote == '\'' && r == '\'':
			b.WriteString(`'\'`)
		case quote == '"' && r == '!': // a past command, even in these quotes, where a backslash would stay
			b.WriteString(`"\!"`)
			continue
		case quote == '"' && strings.ContainsRune("$`\"\\", r),
			quote == 0 && r < utf8.RuneSelf && strings.ContainsRune(" \t!\"#$&'()*;<>?[\\]^`{|}~", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// jsonCandidate is a candidate as scripts read it that know JSON.
type jsonCandidate struct {
	Insert      string `json:"insert,omitempty"` // the value, quoted as one word
	Value       string `json:"value"`
	Description string `json:"description"`
}

// oneLine replaces control characters, which would end a line or a column.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
