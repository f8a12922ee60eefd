package cli

import (
	"slices"
	"strings"
	"testing"
)

// All words after the first -- are the command's, all words before it are awsmfa's; no word is lost.
func FuzzSplitCommand(f *testing.F) {
	for _, seed := range []string{
		"", "--", "exec\x00--\x00aws", "exec\x00prod\x00--\x00sh\x00--\x00-c", "env", "---", "--x\x00--",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, joined string) {
		args := strings.Split(joined, "\x00")
		own, command, dashed := splitCommand(args)
		whole := own
		if dashed {
			whole = slices.Concat(own, []string{"--"}, command)
		}
		if !slices.Equal(whole, args) || slices.Contains(own, "--") || !dashed && command != nil {
			t.Errorf("%q: %q, %q, %v", args, own, command, dashed)
		}
	})
}
