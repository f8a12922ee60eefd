package msg

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// go vet checks the verbs of messages.
func TestVetChecksVerbs(t *testing.T) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	out, err := exec.Command(goCommand, "vet", "./testdata/vet").CombinedOutput()
	if err == nil {
		t.Fatal("go vet found nothing")
	}
	for _, want := range []string{"vet.go:7:", "vet.go:8:", "vet.go:9:"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("go vet says nothing of %s:\n%s", want, out)
		}
	}
}

// An error that wraps another without words of its own is that one's message; its hint is found through any wrapper.
func TestPrinter(t *testing.T) {
	inner := Errorf("profile %q is gone", "prod").Hint("run %s", Command("setup", "my prod"))
	outer := Errorf("reading it: %s", inner).Wrap(inner)
	if got := outer.Error(); got != `reading it: profile "prod" is gone` {
		t.Error(got)
	}
	if got := HintOf(fmt.Errorf("wrapped: %w", outer)); got != `run awsmfa setup "my prod"` {
		t.Error(got)
	}
	p := Printer{
		Catalog: Catalog{"profile %q is gone": "プロファイル %q がありません"},
		Command: func(args ...string) string { return strings.Join(append([]string{"amfa"}, args...), "_") },
	}
	if got := p.Error(outer); got != `reading it: プロファイル "prod" がありません` {
		t.Error(got)
	}
	if got := p.Hint(outer); got != "run amfa_setup_my prod" {
		t.Error(got)
	}
	if got := p.Error(errors.New("EOF")); got != "EOF" {
		t.Error(got)
	}
	names := Command("exec", "A | B", "--").With("COMMAND [ARG ...]")
	if got := Textf("run %s", names).String(); got != `run awsmfa exec "A | B" -- COMMAND [ARG ...]` {
		t.Error(got)
	}
	if got := Textf("100%% of it").String(); got != "100% of it" {
		t.Error(got)
	}
}
