package term

import (
	"slices"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    []string
	}{
		{"", 10, []string{""}},
		{"one two  three\nfour", 9, []string{"one two", "three", "four"}},
		{"longerthanten x", 10, []string{"longerthanten", "x"}},
		{"日本語の文", 6, []string{"日本語", "の文"}},
		{"日本語の文", 7, []string{"日本語", "の文"}},
		{"MFA コードを入力", 10, []string{"MFA コード", "を入力"}},
		{"env の結果を--shellで", 12, []string{"env の結果を", "--shellで"}},
		{"日本語。の文", 6, []string{"日本", "語。の", "文"}},      // no line begins with a full stop
		{"日本「語」の", 6, []string{"日本", "「語」", "の"}},      // none ends with an opening bracket
		{"日本のサーバーで", 8, []string{"日本の", "サーバー", "で"}},  // no line ends within a word in katakana
		{"日本\n語の\nMFA\nを", 20, []string{"日本語の MFA を"}}, // a line end between two wide characters is nothing
		{"日本 (jp) の", 6, []string{"日本", "(jp)", "の"}},
	} {
		if got := Wrap(c.text, c.columns); !slices.Equal(got, c.want) {
			t.Errorf("%q in %d columns: %q, not %q", c.text, c.columns, got, c.want)
		}
	}
}
