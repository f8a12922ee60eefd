package fakeaws

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// validation gathers what is wrong with the parameters: AWS tells all of it at once, and repeats the values.
type validation struct {
	req      *request
	problems []string
}

func (v *validation) fail(name, constraint string) {
	value := "null"
	if v.req.has(name) {
		value = "'" + v.req.param(name) + "'"
	}
	v.problems = append(v.problems, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s",
		value, memberName(name), constraint))
}

// memberName is what AWS calls a parameter: durationSeconds, tags.1.member.key.
func memberName(param string) string {
	parts := strings.Split(param, ".")
	for i, part := range parts {
		parts[i] = strings.ToLower(part[:1]) + part[1:]
	}
	if len(parts) > 2 {
		parts[1], parts[2] = parts[2], parts[1]
	}
	return strings.Join(parts, ".")
}

func (v *validation) required(name string) {
	if !v.req.has(name) {
		v.fail(name, "Member must not be null")
	}
}

// text checks a parameter where it is given. The pattern is given as AWS prints it, with characters as Java names them,
// and must match the whole.
func (v *validation) text(name string, shortest, longest int, pattern string) {
	if !v.req.has(name) {
		return
	}
	value := v.req.param(name)
	if n := utf8.RuneCountInString(value); n < shortest {
		v.fail(name, fmt.Sprintf("Member must have length greater than or equal to %d", shortest))
	} else if n > longest {
		v.fail(name, fmt.Sprintf("Member must have length less than or equal to %d", longest))
	}
	if !matches(regexp.MustCompile(`\\u([0-9A-F]{4,6})`).ReplaceAllString(pattern, `\x{$1}`), value) {
		v.fail(name, "Member must satisfy regular expression pattern: "+pattern)
	}
}

// matches says whether the pattern matches the whole. Nothing is compiled before it is needed: the demo is part of a
// program that must start quickly.
func matches(pattern, s string) bool {
	return regexp.MustCompile(`\A(?:` + pattern + `)\z`).MatchString(s)
}

func (v *validation) err() *apiError {
	if len(v.problems) == 0 {
		return nil
	}
	plural := "s"
	if len(v.problems) == 1 {
		plural = ""
	}
	return errValidation(fmt.Sprintf("%d validation error%s detected: %s",
		len(v.problems), plural, strings.Join(v.problems, "; ")))
}

// number checks a whole number where it is given; otherwise stands for it where it is not.
func (v *validation) number(name string, lowest, highest, otherwise int) int {
	if !v.req.has(name) {
		return otherwise
	}
	n, err := strconv.Atoi(v.req.param(name))
	switch {
	case err != nil:
		v.fail(name, "Member must be an integer")
	case n < lowest:
		v.fail(name, "Member must have value greater than or equal to "+strconv.Itoa(lowest))
	case n > highest:
		v.fail(name, "Member must have value less than or equal to "+strconv.Itoa(highest))
	}
	return n
}
