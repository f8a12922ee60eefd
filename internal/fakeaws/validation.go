package fakeaws

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// validation collects the problems of the parameters: AWS reports all of them at once, and repeats the values.
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

// memberName returns AWS's name of a parameter in messages: durationSeconds, tags.1.member.key.
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

// text checks a parameter if it is present. The pattern is in AWS's form, with Java's names of characters, and must
// match the whole value.
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

// matches reports whether the pattern matches all of s. Patterns are compiled when needed, so that programs with this
// package start quickly.
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

// number checks a whole number if it is present; otherwise is its default.
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
