package cli

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// secrets are the secrets that this run sent to AWS, for masking: AWS's answer may quote them.
type secrets struct {
	mu    sync.Mutex
	known []string // the longest first: one may contain another
}

// shortestSecret is the length in bytes from which a text is masked: a token code's.
const shortestSecret = 6

// add registers a secret, and its form in a URL.
func (s *secrets) add(text string) {
	if len(text) < shortestSecret {
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

// mask replaces each secret in text with [secret]. A code's digits inside a longer number stay: that is an account ID.
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
