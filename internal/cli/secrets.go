package cli

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// secrets are what was sent to AWS in this run and must not be shown: an answer may quote them.
type secrets struct {
	mu    sync.Mutex
	known []string // the longest first: one may hold another
}

// shortSecret is the shortest text that counts as one, in bytes: a token code.
const shortSecret = 6

// add notes a secret, also in the form that it has in a URL.
func (s *secrets) add(text string) {
	if len(text) < shortSecret {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, form := range []string{text, url.QueryEscape(text)} {
		if !slices.Contains(s.known, form) {
			s.known = append(s.known, form)
		}
	}
	slices.SortFunc(s.known, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
}

// mask puts [secret] in the place of each secret in text. A code's digits in a longer number are no code: the number is
// an account's.
func (s *secrets) mask(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range s.known {
		var masked strings.Builder
		for {
			before, after, found := strings.Cut(text, secret)
			masked.WriteString(before)
			if !found {
				break
			}
			if isNumber(secret) && (endsInDigit(before) || after != "" && isNumber(after[:1])) {
				masked.WriteString(secret)
			} else {
				masked.WriteString("[secret]")
			}
			text = after
		}
		text = masked.String()
	}
	return text
}

func isNumber(text string) bool { return strings.Trim(text, "0123456789") == "" }

func endsInDigit(text string) bool { return text != "" && isNumber(text[len(text)-1:]) }
