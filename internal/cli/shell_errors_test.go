package cli

import (
	"errors"
	"strings"
	"testing"

	"awsmfa/internal/msg"
	"awsmfa/shells"
)

// Each reason why a shell cannot express something has a message, which names the variable but never shows the value.
func TestCannotExpress(t *testing.T) {
	const secret = "SECRET"
	found := map[shells.Reason]bool{}
	for _, s := range shells.All() {
		for _, value := range []string{
			"", "\x00", secret + "\xff", secret + "%", secret + "\n", secret + "é", secret + " ", secret + `\`,
			secret + "'", strings.Repeat(secret, 2000),
		} {
			_, err := s.Render([]shells.Var{{Name: "AWS_BAD", Value: value}})
			checkReason(t, found, err, "AWS_BAD cannot be set in "+s.Name)
		}
		_, err := s.Render([]shells.Var{{Name: "1"}})
		checkReason(t, found, err, `"1" cannot be the name`)
		_, err = s.Render([]shells.Var{{Name: "A", Value: "x"}, {Name: "A", Value: "x"}})
		checkReason(t, found, err, "the variable A would be set twice")
		_, err = s.Word("\x00")
		checkReason(t, found, err, `"\x00" cannot be typed in `+s.Name)
		_, err = s.Word(`"$`)
		checkReason(t, found, err, s.Name+` cannot pass on the argument "\"$"`)
		_, err = s.Render([]shells.Var{{Name: "A", Unset: true}})
		checkReason(t, found, err, "dotenv cannot remove variables")
	}
	if len(found) != 15 {
		t.Errorf("%d reasons: %v", len(found), found)
	}
}

// The error for an unknown shell lists every shell.
func TestUnknownShell(t *testing.T) {
	a := &app{System: System{Getenv: func(string) string { return "" }}}
	_, err := a.chooseShell("nonsense")
	var names []string
	for _, s := range shells.All() {
		names = append(names, s.Name)
	}
	want := "--shell and AWSMFA_SHELL take one of: " + strings.Join(names, ", ")
	if got := msg.HintOf(err); got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func checkReason(t *testing.T, found map[shells.Reason]bool, err error, want string) {
	t.Helper()
	if err == nil {
		return
	}
	var e *shells.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T", err)
	}
	found[e.Reason] = true
	message := cannotExpress(err)
	got := message.Error()
	if !strings.HasPrefix(got, want) || strings.Contains(got, "SECRET") || msg.HintOf(message) == "" {
		t.Errorf("%s: got %q, want %q", e.Reason, got, want)
	}
}
