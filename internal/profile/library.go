package profile

import (
	"bytes"
	"cmp"
	"slices"
)

// Library is both files as they were read at one time.
type Library struct {
	files               Files
	config, credentials *source
}

// read reads both files.
func read(files Files) (*Library, error) {
	config, err := open(files.Config)
	if err != nil {
		return nil, err
	}
	credentials, err := open(files.Credentials)
	if err != nil {
		return nil, err
	}
	return &Library{files, config, credentials}, nil
}

// Open reads both files and takes them apart at their headers, for whoever loads many profiles of them. Its errors are
// those of Names.
func Open(files Files) (*Library, error) {
	l, err := read(files)
	if err != nil {
		return nil, err
	}
	l.config.index(false)
	l.credentials.index(true)
	return l, nil
}

// Names is as the function.
func (l *Library) Names() ([]string, error) { return names(l.config, l.credentials) }

// part is a section with its header, or what stands before the first one; line is its first.
type part struct {
	text []byte
	line int
}

// index files each section under its name. Under "" is what matters to every profile: [DEFAULT], headers that cannot be
// read, and what stands before the first one.
func (s *source) index(credentials bool) {
	if s == nil {
		return
	}
	s.byName = map[string][]part{}
	add := func(text []byte, line int) {
		name := ""
		if header := trimBlanks(text[:lineEnd(text)]); len(header) > 0 && header[0] == '[' {
			k, n, ok := splitHeader(bytes.TrimSuffix(header, newline), credentials)
			if ok && k != defaults {
				name = string(n)
			}
		}
		s.byName[name] = append(s.byName[name], part{text, line})
	}
	line := 1
	for rest := s.text; len(rest) > 0; {
		first := lineEnd(rest)
		end := first + nextHeader(rest[first:])
		add(rest[:end], line)
		line += bytes.Count(rest[:end], newline)
		rest = rest[end:]
	}
}

// about is s with the sections of that name alone, and what matters to all, where s is indexed.
func (s *source) about(name string) *source {
	if s == nil || s.byName == nil {
		return s
	}
	parts := append(append([]part{}, s.byName[""]...), s.byName[name]...)
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.line, b.line) })
	return &source{path: s.path, text: s.text, parts: parts}
}
