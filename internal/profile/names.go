package profile

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"awsmfa/internal/msg"
)

// Names returns the names of all profiles in the order of the files, the config file first, each once. It reads only
// headers, so what is between them causes no error; an unreadable file does. A name that is invalid in the file's
// encoding is left out.
func Names(files Files) ([]string, error) {
	l, err := read(files)
	if err != nil {
		return nil, err
	}
	return l.Names(), nil
}

// Near returns at most three names of profiles that name, which is none, may have been meant to be, the most likely one
// first.
func Near(files Files, name string) []string {
	all, _ := Names(files) // files that cannot be read give no names
	return nearest(name, all)
}

func names(config, credentials *source) (all []string) {
	n := config.sections() + credentials.sections()
	seen := make(map[string]bool, n)
	all = make([]string, 0, n)
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
	_ = config.scan(false, collect(false)) // no error is possible if no section is picked
	_ = credentials.scan(false, collect(true))
	return all
}

// has reports whether the file has a section of this kind and name.
func (s *source) has(what kind, name string, credentials bool) (found bool) {
	_ = s.only(name).scan(false, func(line []byte) (*section, bool) { // as in names
		k, n, ok := splitHeader(line, credentials)
		found = found || ok && (k == what || what == named && k == plain) && string(n) == name
		return nil, false
	})
	return found
}

// notFoundError returns the error for a profile that is in neither file, with the most likely reason.
func notFoundError(files Files, config, credentials *source, name string) error {
	if config == nil && credentials == nil {
		if renamed := files.Renamed(); len(renamed) > 0 {
			return renamedNotFoundError(name, renamed[0])
		}
		return noFilesError(files, name).Wrap(errNotFound)
	}
	// The most common reason: the header has the form that the other file requires.
	withPrefix := func(line []byte) bool { // in whatever case
		text, ok := headerText(line)
		word, rest := firstWord(text)
		return ok && len(rest) > 0 && strings.EqualFold(string(word), "profile") && string(unquoteName(rest)) == name
	}
	isDefaults := func(line []byte) bool {
		k, _, ok := splitHeader(line, false)
		return ok && k == defaults && strings.EqualFold(name, "default")
	}
	withoutPrefix := withoutPrefix(name)
	if line := lineWith(config, func(l []byte) bool { return withPrefix(l) || withoutPrefix(l) }); line != 0 {
		header := msg.Escaped(name).String()
		if strings.ContainsAny(name, " \t") {
			header = strconv.Quote(name)
		}
		return msg.Errorf("profile %q is not read: its header at %s is not valid in a config file", name,
			Pos{files.Config, line}).Hint("in a config file write [profile %s]", header)
	}
	if line := lineWith(credentials, withPrefix); line != 0 {
		return msg.Errorf("profile %q is not read: its header at %s is not valid in a credentials file", name,
			Pos{files.Credentials, line}).Hint("in a credentials file write [%s]", msg.Escaped(name))
	}
	for _, f := range []*source{config, credentials} {
		if line := lineWith(f, isDefaults); line != 0 {
			return msg.Errorf("profile %q is not read: [DEFAULT] at %s holds defaults for every section of the file",
				name, Pos{f.path, line}).Hint("write [default], in lower case")
		}
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) { // perhaps in another encoding
		if err := cmp.Or(config.checkUTF8(), credentials.checkUTF8()); err != nil {
			return err
		}
	}
	all := names(config, credentials)
	near := nearest(name, all)
	if config != nil && config.toAdd > 0 { // the other hints are about what the files have
		all = names(&source{text: bytes.Join(linesOf(config.text)[:config.toAdd-1], nil)}, credentials)
	}
	if renamed := files.Renamed(); len(near) == 0 && len(renamed) > 0 {
		return renamedNotFoundError(name, renamed[0]).Wrap(errNotFound)
	}
	notFound := msg.Errorf("profile %q is neither in %s nor in %s", name, msg.Path(files.Config),
		msg.Path(files.Credentials)).Wrap(errNotFound)
	switch {
	case len(near) == 1:
		return notFound.Hint("did you mean %q?", near[0])
	case len(near) > 1:
		return notFound.Hint("did you mean one of %s?", msg.Names(near))
	case len(all) == 0:
		return notFound.Hint("there are no profiles yet: run %s", msg.Command("setup", name))
	case len(all) <= maxListed:
		return notFound.Hint("the profiles are %s", msg.Names(all))
	}
	return notFound.Hint("there are %d profiles; the first are %s", len(all), msg.Names(all[:maxListed]))
}

// lineWith returns the number of the first header in the file for which is returns true, 0 if there is none.
func lineWith(f *source, is func(line []byte) bool) int {
	var found section
	_ = f.scan(false, func(line []byte) (*section, bool) {
		if found.pos.Line == 0 && is(line) {
			return &found, false
		}
		return nil, false
	})
	return found.pos.Line
}

// withoutPrefix recognizes [NAME] in a config file, where no AWS client reads it as a profile.
func withoutPrefix(name string) func(line []byte) bool {
	return func(line []byte) bool {
		k, text, ok := splitHeader(line, false)
		return ok && k == other && string(text) == name
	}
}

// WithoutPrefix returns the error for a section [NAME] in the config file, beside the profile's own section in either
// file; nil if there is none.
func (p Profile) WithoutPrefix() error {
	path := p.contents().files.Config
	config, _ := open(path) // it was read a moment ago
	line := lineWith(config, withoutPrefix(p.Name))
	if line == 0 {
		return nil
	}
	return msg.Errorf("%s [%s] is not read", Pos{path, line}, msg.Escaped(p.Name)).
		Hint("write %s", msg.Path(quotedHeader(p.Name)))
}

// maxListed is how many profiles a hint lists.
const maxListed = 5

// renamedNotFoundError is the error for a profile that is probably in a file that Renamed returns.
func renamedNotFoundError(name, file string) *msg.Error {
	return msg.Errorf("profile %q was not found: %s does not exist, but %s does", name, msg.Path(file),
		msg.Path(file+".txt")).WithHint(renameHint(file))
}

// noFilesError is the error for a profile when neither file exists.
func noFilesError(files Files, name string) *msg.Error {
	if files == (Files{}) {
		return msg.Errorf("profile %q was not found: there is no home directory", name).
			Hint("set HOME (on Windows USERPROFILE), or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE")
	}
	return msg.Errorf("profile %q was not found: neither %s nor %s exists", name, msg.Path(files.Config),
		msg.Path(files.Credentials)).Hint("run %s", msg.Command("setup", name))
}

var errNotFound = errors.New("no such profile")

// NotFound reports whether an error of Load means that neither file has a section of that name, not even one with a
// malformed header, so that a new one may be added.
func NotFound(err error) bool { return errors.Is(err, errNotFound) }

// nearest returns up to three of the names that are most like name apart from case, the fewest edits first; a common
// prefix counts as one.
func nearest(name string, all []string) (found []string) {
	name = strings.ToLower(name)
	limit := max(1, min(3, utf8.RuneCountInString(name)/2))
	for edits := range limit + 1 {
		for _, n := range all {
			l := strings.ToLower(n)
			prefix := strings.HasPrefix(l, name) || strings.HasPrefix(name, l) && len(l) >= 3
			if (within(edits, []rune(name), []rune(l)) || prefix && edits == 1) && !slices.Contains(found, n) {
				if found = append(found, n); len(found) == 3 {
					return found
				}
			}
		}
	}
	return found
}

// OneSlip reports whether one insertion, deletion, substitution or swap of neighbours turns a word into another.
func OneSlip(a, b string) bool { return within(1, []rune(a), []rune(b)) }

// within reports whether at most so many insertions, deletions, substitutions and swaps of neighbours turn a into b.
func within(edits int, a, b []rune) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	switch {
	case len(a) == 0 || len(b) == 0:
		return len(a)+len(b) <= edits
	case edits == 0:
		return false
	}
	return within(edits-1, a[1:], b[1:]) || within(edits-1, a[1:], b) || within(edits-1, a, b[1:]) ||
		len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && within(edits-1, a[2:], b[2:])
}
