package cli

import (
	"reflect"
	"testing"

	"github.com/alecthomas/kong"
)

// What plain takes past the grammar must be what the grammar would have made of it.
func TestPlainIsWhatTheGrammarSays(t *testing.T) {
	taken := 0
	for _, args := range [][]string{
		{"env"},
		{"env", "prod"},
		{"env", "本番"},
		{"exec"},
		{"exec", "prod"},
		{"exec", "--"},
		{"exec", "--", "aws", "s3", "ls"},
		{"exec", "prod", "--", "aws", "--", "-x"},
		{"env", "-p", "prod"},
		{"env", "--unset"},
		{"env", "prod", "--"},
		{"exec", "prod", "aws"},
		{"exec", "-"},
		{"--help"},
		{},
	} {
		c, ok := plain(args)
		if !ok {
			continue
		}
		taken++
		var g grammar
		parser, err := kong.New(&g, kong.Vars{"shells": ""})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parse(parser, &g, args)
		if err != nil {
			t.Errorf("%q: plain takes it, the grammar refuses it: %v", args, err)
			continue
		}
		want := map[string]any{"env": &g.Env, "exec": &g.Exec}[parsed.Selected().Name]
		if !reflect.DeepEqual(any(c), want) {
			t.Errorf("%q:\nplain   %+v\ngrammar %+v", args, c, want)
		}
	}
	if taken != 8 {
		t.Errorf("plain took %d lines, not 8", taken)
	}
}
