package profile

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"awsmfa/internal/msg"
)

// Names returns the names of all profiles in the order of the files, the config file's first, each once. Only headers
// are read, so nothing between them can be an error; a file that cannot be read at all is one. A name that
// is no text in the file's encoding is left out.
func Names(files Files) ([]string, error) {
	l, err := read(files)
	if err != nil {
		return nil, err
	}
	return l.Names()
}

func names(config, credentials *source) ([]string, error) {
	var all []string
	seen := map[string]bool{}
	collect := func(fromCredentials bool) picker {
		return func(line []byte) (*section, bool) {
			k, name, ok := splitHeader(line, fromCredentials)
			if ok && (k == named || k == plain) && !seen[string(name)] && utf8.Valid(name) {
				seen[string(name)] = true
				all = append(all, string(name))
			}
			return nil, false
		}
	}
	if err := config.scan(false, collect(false)); err != nil {
		return nil, err
	}
	return all, credentials.scan(false, collect(true))
}

// has tells whether the file has a section of this kind that is called name.
func (s *source) has(what kind, name string, credentials bool) (found bool) {
	_ = s.about(name).scan(false, func(line []byte) (*section, bool) { // which has no error where nothing is picked
		k, n, ok := splitHeader(line, credentials)
		found = found || ok && (k == what || what == named && k == plain) && string(n) == name
		return nil, false
	})
	return found
}

// notFound makes the error for a profile that is in neither file, as helpful as the files allow.
func notFound(files Files, config, credentials *source, name string) error {
	if config == nil && credentials == nil {
		if renamed := files.Renamed(); len(renamed) > 0 {
			return msg.ProfileFilesRenamed(name, renamed)
		}
		return markNotFound(msg.ProfileNoFiles(name, files.Config, files.Credentials))
	}
	// A header of that name, but not as its file wants it: the commonest way to lose a profile.
	misplaced := func(f *source, isMisplaced func(line []byte) bool) int {
		var found section
		_ = f.scan(false, func(line []byte) (*section, bool) {
			if found.pos.Line == 0 && isMisplaced(line) {
				return &found, false
			}
			return nil, false
		})
		return found.pos.Line
	}
	withPrefix := func(line []byte) bool { // in whatever case
		text, ok := headerText(line)
		word, rest := firstWord(text)
		return ok && len(rest) > 0 && strings.EqualFold(string(word), "profile") && string(unquoteName(rest)) == name
	}
	isDefaults := func(line []byte) bool {
		k, _, ok := splitHeader(line, false)
		return ok && k == defaults && strings.EqualFold(name, "default")
	}
	withoutPrefix := func(line []byte) bool {
		k, text, ok := splitHeader(line, false)
		return ok && k == other && string(text) == name
	}
	if line := misplaced(config, func(l []byte) bool { return withPrefix(l) || withoutPrefix(l) }); line != 0 {
		return msg.ProfileNeedsPrefix(name, files.Config, line)
	}
	if line := misplaced(credentials, withPrefix); line != 0 {
		return msg.ProfileHasPrefix(name, files.Credentials, line)
	}
	for _, f := range []*source{config, credentials} {
		if line := misplaced(f, isDefaults); line != 0 {
			return msg.ProfileIsDefaults(name, f.path, line)
		}
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) { // perhaps it is there, in other bytes
		if err := cmp.Or(config.notUTF8(), credentials.notUTF8()); err != nil {
			return err
		}
	}
	all, err := names(config, credentials)
	if err != nil {
		return err
	}
	near := nearest(name, all)
	if renamed := files.Renamed(); len(near) == 0 && len(renamed) > 0 {
		return markNotFound(msg.ProfileFilesRenamed(name, renamed))
	}
	return markNotFound(msg.ProfileNotFound(name, files.Config, files.Credentials, near, all[:min(len(all), 5)], len(all)))
}

var errNotFound = errors.New("no such profile")

func markNotFound(e *msg.Error) error { return e.Wrap(errNotFound) }

// NotFound says of an error of Load that neither file has a section of that name, not even a misspelt one: a new one
// may be added.
func NotFound(err error) bool { return errors.Is(err, errNotFound) }

// nearest returns up to three of the names that look most like name, the likest first: the same but for case, then
// beginning alike, then a few slips away.
func nearest(name string, all []string) []string {
	type near struct {
		name     string
		distance int
	}
	var found []near
	lower := strings.ToLower(name)
	limit := max(1, min(3, len([]rune(lower))/2)) // slips that can still be meant
	for _, n := range all {
		l := strings.ToLower(n)
		switch {
		case l == lower:
			found = append(found, near{n, 0})
		case strings.HasPrefix(l, lower), strings.HasPrefix(lower, l) && len(l) >= 3:
			found = append(found, near{n, 1})
		default:
			if d := distance(lower, l, limit); d <= limit {
				found = append(found, near{n, d})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, n := range found[:min(len(found), 3)] {
		names = append(names, n.name)
	}
	return names
}

// distance is how many letters must be put in, taken out, changed or swapped with their neighbour to make b of a, as
// long as that is not more than limit; else something more than limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > limit || -d > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
