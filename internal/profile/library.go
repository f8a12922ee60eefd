package profile

import (
	"bytes"
	"sync"
)

// Library is both files as read at one time. Several goroutines may use it.
type Library struct {
	files               Files
	config, credentials *source

	indexed bool
	mu      sync.Mutex
	sources map[string]Profile // those loaded for chains, if the sections are indexed
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
	return &Library{files: files, config: config, credentials: credentials}, nil
}

// Open reads both files and indexes their sections, for loading many profiles. Its errors are those of Names.
func Open(files Files) (*Library, error) {
	l, err := read(files)
	if err != nil {
		return nil, err
	}
	l.config.index(false)
	l.credentials.index(true)
	l.indexed, l.sources = true, map[string]Profile{}
	return l, nil
}

// source loads a profile that another names as its source. Thousands of roles may have the same.
func (l *Library) source(name string) (Profile, error) {
	if !l.indexed {
		return l.Load(name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.sources[name]; ok {
		return p, nil
	}
	p, err := l.Load(name)
	if err == nil {
		l.sources[name] = p
	}
	return p, err
}

// Names is like the function Names.
func (l *Library) Names() []string { return names(l.config, l.credentials) }

// part is a section with its header, or the text before the first header; line is the number of its first line.
type part struct {
	text []byte
	line int
}

// index maps each name to its sections. Under "" are the parts that matter to every profile: [DEFAULT], sections with
// malformed headers, and the text before the first header.
func (s *source) index(credentials bool) {
	if s == nil {
		return
	}
	name, at, number := "", 0, 1
	s.byName = make(map[string][]part, 1+bytes.Count(s.text, newlineBracket))
	s.byName[name] = []part{{s.text[:0], number}}
	for line := range bytes.Lines(s.text) {
		if header := trimBlanks(line); bytes.HasPrefix(header, bracket) {
			name = ""
			k, n, ok := splitHeader(bytes.TrimSuffix(header, newline), credentials)
			if ok && k != defaults {
				name = string(n)
			}
			s.byName[name] = append(s.byName[name], part{s.text[at:at], number})
		}
		parts := s.byName[name]
		current := &parts[len(parts)-1]
		current.text = current.text[:len(current.text)+len(line)]
		at += len(line)
		number++
	}
}

// sections returns how many names there are in s, if s is indexed.
func (s *source) sections() int {
	if s == nil {
		return 0
	}
	return len(s.byName)
}

// only returns s restricted to the sections of that name and the parts that matter to all, if s is indexed.
func (s *source) only(name string) *source {
	if s == nil || s.byName == nil {
		return s
	}
	return &source{path: s.path, restricted: true, shared: s.byName[""], own: s.byName[name]}
}

// next removes the first part of a restricted source, in the order of the file.
func (s *source) next() (p part, ok bool) {
	from := &s.own
	if len(s.own) == 0 || len(s.shared) > 0 && s.shared[0].line < s.own[0].line {
		from = &s.shared
	}
	if len(*from) == 0 {
		return part{}, false
	}
	p, *from = (*from)[0], (*from)[1:]
	return p, true
}

var newlineBracket = []byte("\n[") // where a header begins, unless it is indented
