package cli

import (
	"cmp"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// commandInTcsh completes the command after exec's --. Only tcsh has no way to complete another line, so its rules,
// which its builtin complete prints, are followed here. It reports false if the line is not such a command's.
func (a *app) commandInTcsh() (all []candidate, ok bool) {
	before, typed, _ := strings.Cut(a.Getenv("COMMAND_LINE"), " -- ")
	typed = strings.TrimLeft(typed, " ")
	line, ok := splitLine(typed, "")
	if !ok || !slices.Contains(strings.Fields(before), "exec") {
		return nil, false
	}
	printed, err := io.ReadAll(a.Stdin)
	if err != nil {
		return nil, true
	}
	name := strings.Fields(typed)[0]
	for text := range strings.Lines(string(printed)) {
		if of, text, _ := strings.Cut(strings.TrimSpace(text), "\t"); of == name || of == filepath.Base(name) {
			words := append([]string{name}, line.before...)
			for _, rule := range strings.Split(strings.Trim(text, "'"), "' '") {
				if list, lead, ok := tcshRule(rule, words, line.current); ok {
					return a.tcshList(list, lead, line.current, typed), true
				}
			}
		}
	}
	return filesFrom("", line.current, false), true
}

// tcshRule returns the list of a rule that is about the current word, after words, and what of that word precedes a
// candidate. A rule has the form p/1/(a b c)/, with any separator.
func tcshRule(rule string, words []string, current string) (list, lead string, ok bool) {
	if len(rule) < 2 {
		return "", "", false
	}
	parts := strings.SplitN(rule[2:], rule[1:2], 3)
	if len(parts) < 2 {
		return "", "", false
	}
	pattern, list := parts[0], parts[1]
	n := len(words)
	switch rule[0] {
	case 'p':
		return list, "", isPosition(pattern, n)
	case 'n':
		return list, "", tcshPattern(pattern, "$").MatchString(words[n-1])
	case 'N':
		return list, "", n > 1 && tcshPattern(pattern, "$").MatchString(words[n-2])
	case 'c', 'C':
		at := tcshPattern(pattern, "").FindStringIndex(current)
		if at != nil && rule[0] == 'c' {
			lead = current[:at[1]]
		}
		return list, lead, at != nil
	}
	return "", "", false
}

// isPosition reports whether a range of tcsh, such as 2, 2-3, 2- or *, has the number.
func isPosition(text string, n int) bool {
	from, to, isRange := strings.Cut(text, "-")
	first, _ := strconv.Atoi(from)
	last, err := strconv.Atoi(to)
	return text == "*" || n == first || isRange && n >= first && (err != nil || n <= last)
}

// tcshPattern matches a pattern of tcsh at the beginning of a word, up to the end.
func tcshPattern(pattern, end string) *regexp.Regexp {
	text := strings.NewReplacer(`\*`, ".*", `\?`, ".", `\{`, "(?:", `\}`, ")", ",", "|", `\[`, "[", `\]`, "]",
		`\^`, "^").Replace(regexp.QuoteMeta(pattern))
	re, err := regexp.Compile("^(?:" + text + ")" + end)
	if err != nil {
		return regexp.MustCompile(`^\b\B`)
	}
	return re
}

// tcshList returns the candidates of a rule's list: words, what a command prints, or files.
func (a *app) tcshList(list, lead, current, line string) (all []candidate) {
	var text string
	switch kind := (list + "f")[0]; kind {
	case '(':
		text, _, _ = strings.Cut(list[1:], ")")
	case '`':
		cmd := exec.Command("tcsh", "-fc", strings.Split(list, "`")[1])
		cmd.Env = append(slices.Clone(a.Environ), "COMMAND_LINE="+line)
		out, err := cmd.Output()
		if err != nil && len(out) == 0 {
			return nil
		}
		text = string(out)
	case 'f', 'F', 'd', 'D':
		return filesFrom(lead, strings.TrimPrefix(current, lead), kind == 'd' || kind == 'D')
	default:
		return nil
	}
	for _, word := range strings.Fields(text) {
		all = append(all, candidate{value: lead + word})
	}
	return all
}

// filesFrom returns the files, or only directories, whose paths begin with prefix, each behind lead. Of an only
// directory it returns the files, because tcsh puts a blank behind an only candidate.
func filesFrom(lead, prefix string, directories bool) (all []candidate) {
	dir, begin := filepath.Split(prefix)
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), begin) || e.Name()[0] == '.' && begin == "" {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		switch {
		case err == nil && info.IsDir():
			all = append(all, candidate{value: lead + dir + e.Name() + "/"})
		case !directories:
			all = append(all, candidate{value: lead + dir + e.Name()})
		}
	}
	if len(all) == 1 && strings.HasSuffix(all[0].value, "/") {
		if inside := filesFrom(lead, strings.TrimPrefix(all[0].value, lead), directories); len(inside) > 0 {
			return inside
		}
	}
	return all
}
