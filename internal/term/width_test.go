package term

import "testing"

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{
		"":           0,
		"prod":       4,
		"本番":         4,
		"ﾎﾝﾊﾞﾝ":      5, // half-width
		"ｐｒｏｄ":       8, // full-width
		"cafe\u0301": 4, // a combining accent
		"é→–":        3,
		"🔑":          2,
		"개발":         4,
	} {
		if got := Width(text); got != want {
			t.Errorf("%q: %d columns, not %d", text, got, want)
		}
	}
}
