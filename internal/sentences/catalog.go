package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"awsmfa/internal/msg"
)

// check compares a catalog with the sentences: each must have a translation with the same arguments, and no translation
// may be of a sentence that is no more.
func check(sentences []sentence, catalog msg.Catalog) (problems []string) {
	stale := maps.Clone(catalog)
	for _, s := range sentences {
		if !translatable(s.text) {
			continue
		}
		translation, ok := catalog[s.text]
		switch {
		case !ok:
			problems = append(problems, fmt.Sprintf("%s:%d: no translation of %q", s.at.Filename, s.at.Line, s.text))
		case !slices.Equal(arguments(s.text), arguments(translation)):
			problems = append(problems, fmt.Sprintf("%s:%d: the translation of %q has other arguments: %q",
				s.at.Filename, s.at.Line, s.text, translation))
		}
		delete(stale, s.text)
	}
	for _, text := range slices.Sorted(maps.Keys(stale)) {
		problems = append(problems, fmt.Sprintf("a translation of what is no sentence: %q", text))
	}
	return problems
}

// translatable reports whether a format has words or other languages' punctuation, not only arguments.
func translatable(format string) bool {
	return strings.Trim(verbs.ReplaceAllString(format, ""), ": \n") != ""
}

// verbs matches the verbs of a format: the argument's index if it has one, and the verb, which %% has not.
var verbs = regexp.MustCompile(`%(?:%|[-+# 0]*(?:\[(\d+)\])?[0-9.]*([a-zA-Z]))`)

// arguments lists the arguments of a format, each as its index and verb, in the order of the indexes.
func arguments(format string) (list []string) {
	next := 1
	for _, verb := range verbs.FindAllStringSubmatch(format, -1) {
		if verb[2] == "" { // %%
			continue
		}
		if verb[1] != "" {
			fmt.Sscan(verb[1], &next) //nolint:errcheck // digits
		}
		list = append(list, fmt.Sprintf("%d%s", next, verb[2]))
		next++
	}
	slices.Sort(list)
	return list
}
