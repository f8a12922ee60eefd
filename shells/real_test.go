package shells

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"awsmfa/internal/shelltest"
)

func TestMain(m *testing.M) { shelltest.Main(m) }

// Every shell has a launcher, and every launcher a shell and a fuzz target.
func TestEveryShellHasALauncher(t *testing.T) {
	for _, s := range All() {
		if _, ok := shelltest.For(s.Name); !ok && !s.Data {
			t.Errorf("%s: internal/shelltest has no launcher for it", s.Name)
		}
	}
	for _, l := range shelltest.All() {
		if _, ok := Lookup(l.Shell); !ok {
			t.Errorf("launcher %s: no shell is called %q", l.Name, l.Shell)
		}
		if !slices.Contains(slices.Concat(slices.Collect(maps.Values(fuzzed))...), l.Name) {
			t.Errorf("launcher %s: no fuzz target has it", l.Name)
		}
	}
}

// eachShell runs f for every shell that is installed.
func eachShell(t *testing.T, f func(t *testing.T, s Shell, l shelltest.Launcher)) {
	for _, l := range shelltest.All() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			s, ok := Lookup(l.Shell)
			if !ok {
				t.Fatal(l.Shell)
			}
			l.Need(t)
			f(t, s, l)
		})
	}
}

// hostile are values that are hard to quote.
func hostile() []string {
	values := []string{
		"plain", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==", "arn:aws:iam::123456789012:mfa/me@example.com",
		"2026-01-02T03:04:05Z", "", " ", "  ", " lead", "trail ", "two  blanks", "a b",
		"'", "''", `"`, `""`, "`", "'\"'\"'", `'\''`, `it's`, `say "hi"`, `'; touch PWNED; '`, `"; touch PWNED; "`,
		"\u2018x\u2019", "\u201ax\u201b", "\u201cx\u201d", "\u201ex\u201f", "\u2018; touch PWNED; \u2019",
		`\`, `\\`, `\\\`, `a\`, `a b\`, `\n`, `\t`, `\'`, `'\`, `\"`, `\x41`, `\u0041`, `\U00000041`, `\e[0m`, `^`,
		`^^`, `a^&b`,
		"\n", "\n\n", "a\nb", "a\n", "\na", "a\\\nb", "a\r\nb", "\r", "a\r", "a\rb", "\t", "a\tb", "\v", "\f", "\b",
		"\a", "\x1b[31m", "\x7f",
		"\u0001", "\x01\x02\x03\x04", "\x1a", "\x1c\x1d\x1e\x1f", "\u0085", "\u00a0", "\u200b", "\u202e",
		"$(touch PWNED)", "`touch PWNED`", "$HOME", "${HOME}", "$env:HOME", "$$", "$", "a$", "$'x'", "$((1+1))",
		"@(1)", "@{a}", "@args", "$(", "${", "`",
		"!", "!!", "!x", "a!b", "%", "%PATH%", "%%", "%i", "%s", "!PATH!",
		"*", "?", "[a-z]", "{a,b}", "~", "~root", "a*b", "~/x", "=ls", "#x", "a #b", "a#b",
		"-n", "-e", "--", "-", "--help", "; touch PWNED", "& touch PWNED", "&& touch PWNED", "| touch PWNED", "> PWNED",
		"< PWNED", "a;b", "a&b", "a|b", "(a)", ")", "(", "end", "EOF",
		"日本語", "カ", "ソ表能", "é", "e\u0301", "😀", "👩‍👩‍👧", "\U0010ffff", "\uFEFF", "\uFEFFx", "\u2028", "\u2029",
		"\ufffd", "\ue000", "\uf600", "\uf67f", "\uf6ff", "\uf8ff", "\ufdd0", "\ufdd1", "\ufdef", "\ufffe",
		"\uffff",
		"\xff", "a\xffb", "\xc3", "\xe3\x81", "\x80", "\x9b", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"null", "true", "1", "0x10", "1e3", "007", "None", "[]", "{}", `{"a":1}`, "1kb", "2024-01-01",
		strings.Repeat("x", 8192), strings.Repeat(`'"\$ `, 1600), strings.Repeat("日本", 1400),
	}
	for c := byte(1); c < 0x80; c++ { // each ASCII character in each place
		s := string(rune(c))
		values = append(values, s, s+"x", "x"+s, "x"+s+s+"x")
	}
	return values
}

// acrossReads returns values with characters across the edge of whatever a shell reads at once.
func acrossReads(s Shell) []string {
	pads := 5
	if s.Name == "pwsh" {
		pads = 1 // its text is ASCII, so no edge is in a character, and it takes two seconds for such a value
	}
	var values []string
	for pad := range pads {
		values = append(values, strings.Repeat("x", 4096+pad)+"日😀", strings.Repeat("y", pad)+strings.Repeat("本😀", 1200))
	}
	return values
}

// expressible returns the values that s can express, as variables T_0, T_1, …
func expressible(t testing.TB, s Shell, values []string) []Var {
	t.Helper()
	var vars []Var
	for _, v := range values {
		one := Var{Name: fmt.Sprintf("T_%d", len(vars)), Value: v}
		text, err := s.Render([]Var{one})
		if err != nil {
			if !strings.Contains(err.Error(), one.Name) || len(v) > 12 && strings.Contains(err.Error(), v) {
				t.Errorf("the refusal must name the variable and never its value: %v", err)
			}
			if text != "" {
				t.Errorf("a refusal came with text")
			}
			continue
		}
		vars = append(vars, one)
	}
	return vars
}

// roundTrip sets vars in the real shell with the user's line, and compares them with the environment of a child
// process.
func roundTrip(t testing.TB, s Shell, l shelltest.Launcher, vars []Var) {
	t.Helper()
	text, err := s.Render(vars)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := l.Strict + "\n" + s.Line("awsmfa env all") + "\nenvdump done\n"
	r := l.Run(t, dir, shelltest.Stub(t, map[string]shelltest.Answer{"all": {Text: text}}), script)
	silent(t, r)
	if r.Env() == nil {
		t.Fatalf("the script did not get to its end")
	}
	wrong := 0
	for _, v := range vars {
		got, ok := r.Env()[v.Name]
		if ok == v.Unset || got != v.Value {
			if wrong++; wrong <= 20 {
				t.Errorf("%.60q became %.60q (there: %v)", v.Value, got, ok)
			}
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("a value was run as code: it left %v", left)
	}
	if wrong > 0 {
		t.Errorf("%d of %d values wrong", wrong, len(vars))
	}
}

func silent(t testing.TB, r shelltest.Result) {
	t.Helper()
	if r.Stdout != "" || r.Stderr != "" || r.Code != 0 {
		t.Errorf("exit code %d, want 0 and silence\nstdout: %.500s\nstderr: %.2000s", r.Code, r.Stdout, r.Stderr)
	}
}

func TestHostileValuesSurviveOrAreRefused(t *testing.T) {
	eachShell(t, func(t *testing.T, s Shell, l shelltest.Launcher) {
		values := append(hostile(), acrossReads(s)...)
		vars := expressible(t, s, values)
		t.Logf("%d of %d values can be expressed", len(vars), len(values))
		roundTrip(t, s, l, vars)
	})
}

// Every shell can express values as AWS issues them.
func TestCredentialsAreNeverRefused(t *testing.T) {
	vars := []Var{
		{Name: "AWS_ACCESS_KEY_ID", Value: "ASIAIOSFODNN7EXAMPLE"},
		{Name: "AWS_SECRET_ACCESS_KEY", Value: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
		{Name: "AWS_SESSION_TOKEN", Value: "IQoJb3JpZ2luX2VjE" + strings.Repeat("Ab3/+", 400) + "=="},
		{Name: "AWS_CREDENTIAL_EXPIRATION", Value: "2026-01-02T03:04:05Z"},
		{Name: "AWSMFA_EXPIRES", Value: "1767323045"},
		{Name: "AWS_REGION", Value: "ap-northeast-1"},
		{Name: "AWSMFA_MFA_SERIAL", Value: "arn:aws:iam::123456789012:mfa/first.last+aws_x=y,z@example.com"},
		{Name: "AWS_SECURITY_TOKEN", Unset: true},
	}
	for _, s := range All() {
		if _, err := s.Render(vars); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	eachShell(t, func(t *testing.T, s Shell, l shelltest.Launcher) { roundTrip(t, s, l, vars) })
}

// One launch of each shell tests the effect of a line on the next line and on the variables.
func TestLines(t *testing.T) {
	eachShell(t, func(t *testing.T, s Shell, l shelltest.Launcher) {
		render := func(vars ...Var) shelltest.Answer {
			text, err := s.Render(vars)
			if err != nil {
				t.Fatal(err)
			}
			return shelltest.Answer{Text: text}
		}
		env := append(shelltest.Stub(t, map[string]shelltest.Answer{
			"set": render(Var{Name: "AWS_A", Value: "new"}, Var{Name: "AWS_GONE", Unset: true},
				Var{Name: "AWS_NEVER", Unset: true}),
			"first":  render(Var{Name: "AWS_NEVER", Unset: true}, Var{Name: "AWS_B", Value: "b"}),
			"again":  render(Var{Name: "AWS_A", Value: "newer"}, Var{Name: "AWS_GONE", Value: "back"}),
			"remove": render(Var{Name: "AWS_A", Unset: true}, Var{Name: "AWS_GONE", Unset: true}),
			"none":   render(),
		}), "AWS_A=old", "AWS_GONE=old", "AWS_STAYS=x")
		script := l.Strict + "\n"
		for _, label := range []string{"set", "first", "again", "remove", "none"} {
			script += l.AndThen(s.Line("awsmfa env "+label), "envdump "+label) + "\n"
		}
		r := l.Run(t, t.TempDir(), env, script)
		silent(t, r)
		for label, want := range map[string]map[string]string{
			"set":    {"AWS_A": "new", "AWS_STAYS": "x"},
			"first":  {"AWS_A": "new", "AWS_B": "b", "AWS_STAYS": "x"},
			"again":  {"AWS_A": "newer", "AWS_B": "b", "AWS_GONE": "back", "AWS_STAYS": "x"},
			"remove": {"AWS_B": "b", "AWS_STAYS": "x"},
			"none":   {"AWS_B": "b", "AWS_STAYS": "x"},
		} {
			if got := awsVars(r, label); !maps.Equal(got, want) {
				t.Errorf("after %s: %v, want %v", label, got, want)
			}
		}
	})
}

func awsVars(r shelltest.Result, label string) map[string]string {
	d, ok := r.Dump(label)
	if !ok {
		return map[string]string{"": "not run"}
	}
	maps.DeleteFunc(d.Env, func(name, _ string) bool { return !strings.HasPrefix(name, "AWS_") })
	return d.Env
}

func TestFailureStopsTheLineAndChangesNothing(t *testing.T) {
	messages := map[string]string{
		"plain":   "reading profile \"prod\": it has no keys",
		"exit1":   "reading profile \"prod\": it has no keys", // the others exit with 0: the text alone must do it
		"json":    `"x" }`,
		"brace":   "{}",
		"hostile": "it's $(touch PWNED) `touch PWNED`\n'; touch PWNED; echo '\"}] \u2018; touch PWNED; # 日本語 \xff",
	}
	eachShell(t, func(t *testing.T, s Shell, l shelltest.Launcher) {
		answers := map[string]shelltest.Answer{}
		for name, message := range messages {
			text, code := s.Failure(message), 0
			if strings.TrimRight(text, "\r\n") == "" || strings.Count(text, "\n") != 1 {
				t.Fatalf("%s: want one line of text, not %q", name, text)
			}
			if name == "exit1" {
				code = 1
			}
			answers[name] = shelltest.Answer{Text: text, Code: code}
		}
		env := append(shelltest.Stub(t, answers), "AWS_A=old")
		dir := t.TempDir()
		var after strings.Builder
		for name := range messages {
			line := s.Line("awsmfa env " + name)
			after.WriteString(l.OrElse(line, "envdump "+name) + "\n")

			r := l.Run(t, dir, env, l.AndThen(line, "envdump terraform")+"\n")
			if len(r.Dumps) > 0 {
				t.Errorf("%s: the line after a failure was run", name)
			}
			if r.Code == 0 {
				t.Errorf("%s: the script ended with 0", name)
			}
			if strings.Contains(s.Failure("MESSAGE"), "MESSAGE") && name == "plain" &&
				!strings.Contains(r.Stderr, "it has no keys") {
				t.Errorf("the message is not shown: %s", r.Stderr)
			}
		}
		r := l.Run(t, dir, env, after.String())
		for name := range messages {
			if got, want := awsVars(r, name), map[string]string{"AWS_A": "old"}; !maps.Equal(got, want) {
				t.Errorf("%s: after the failure %v, want %v; stderr: %s", name, got, want, r.Stderr)
			}
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("a message was run as code: it left %v", left)
		}
	})
}

// otherSpellings are, by launcher, other lines that people type. They must work for values from AWS, and stop on a
// failure.
var otherSpellings = map[string][]string{
	"bash": {
		"eval $({command})", "source <({command})", `. /dev/stdin <<< "$({command})"`, "eval \"`{command}`\"",
		"\\builtin eval \"$({command})\"",
	},
	"bash3.2": {"eval $({command})", `. /dev/stdin <<< "$({command})"`, "eval \"`{command}`\""},
	"zsh":     {"eval $({command})", "source <({command})", "eval `{command}`"},
	"dash":    {"eval $({command})", "eval `{command}`"},
	"busybox": {"eval $({command})"},
	"ksh":     {"eval $({command})", ". <({command})"},
	"mksh":    {"eval $({command})"},
	"fish":    {"eval ({command})", "source ({command} | psub)"},
	"tcsh":    {"eval \"`{command}`\""},
	"pwsh": {
		"{command} | Out-String | Invoke-Expression", "Invoke-Expression ({command} | Out-String)",
		"Invoke-Expression \"$({command})\"",
	},
	"nu": {"load-env ({command} | from json)"},
}

func TestOtherSpellings(t *testing.T) {
	eachShell(t, func(t *testing.T, s Shell, l shelltest.Launcher) {
		if len(otherSpellings[l.Name]) == 0 {
			return
		}
		text, err := s.Render([]Var{
			{Name: "AWS_GONE", Unset: true},
			{Name: "AWS_A", Value: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=="},
			{Name: "AWS_NEVER", Unset: true},
			{Name: "AWS_B", Value: "arn:aws:iam::123456789012:mfa/me@example.com"},
			{Name: "AWS_LAST", Unset: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"AWS_A": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==",
			"AWS_B": "arn:aws:iam::123456789012:mfa/me@example.com",
		}
		old := map[string]string{"AWS_GONE": "old", "AWS_LAST": "old"}
		before, err := s.Render([]Var{
			{Name: "AWS_GONE", Value: "old"},
			{Name: "AWS_LAST", Value: "old"},
			{Name: "AWS_A", Unset: true},
			{Name: "AWS_B", Unset: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		env := append(shelltest.Stub(t, map[string]shelltest.Answer{
			"before": {Text: before}, "x": {Text: text}, "bad": {Text: s.Failure("no"), Code: 1},
		}), "AWS_GONE=old", "AWS_LAST=old")
		script := ""
		for i, spelling := range otherSpellings[l.Name] {
			line := func(label string) string { return strings.Replace(spelling, Placeholder, "awsmfa env "+label, 1) }
			script += fmt.Sprintf("envdump before%d\n", i) + l.AndThen(line("x"), fmt.Sprintf("envdump after%d", i)) +
				"\n" + s.Line("awsmfa env before") + "\n"
			if r := l.Run(t, t.TempDir(), env, l.AndThen(line("bad"), "envdump after")+"\n"); len(r.Dumps) > 0 {
				t.Errorf("%s: went on after a failure", spelling)
			}
		}
		r := l.Run(t, t.TempDir(), env, script)
		silent(t, r)
		for i, spelling := range otherSpellings[l.Name] {
			if got := awsVars(r, fmt.Sprintf("before%d", i)); !maps.Equal(got, old) {
				t.Errorf("before %s: %v, want %v", spelling, got, old)
			}
			if got := awsVars(r, fmt.Sprintf("after%d", i)); !maps.Equal(got, want) {
				t.Errorf("%s: %v, want %v", spelling, got, want)
			}
		}
	})
}

// PowerShell has more ways to ignore errors than other shells: preferences, && in one line, and locked-down machines.
// If a variable is readonly the line must fail: otherwise the next command would run with an incomplete session.
func TestReadonlyVariableFailsTheLine(t *testing.T) {
	text, err := bash().Render([]Var{
		{Name: "AWS_A", Value: "new"},
		{Name: "AWS_B", Value: "new"},
		{Name: "AWS_C", Unset: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range All() {
		if s.Eval != bash().Eval { // not a POSIX shell
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			l, ok := shelltest.For(s.Name)
			if !ok {
				t.Fatal("no launcher")
			}
			env := shelltest.Stub(t, map[string]shelltest.Answer{"prod": {Text: text}})
			r := l.Run(t, t.TempDir(), env, "AWS_A=old; readonly AWS_A\n"+
				l.AndThen(bash().Line("awsmfa env prod"), "envdump terraform")+"\n")
			if len(r.Dumps) > 0 || r.Code == 0 {
				t.Errorf("what follows was run (%d times), exit code %d", len(r.Dumps), r.Code)
			}
		})
	}
}

func TestPowerShellModes(t *testing.T) {
	s := pwsh()
	for _, l := range shelltest.All() {
		if l.Shell != s.Name {
			continue
		}
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			text, err := s.Render([]Var{{Name: "AWS_A", Value: "日本 'x'"}, {Name: "AWS_OLD", Unset: true}})
			if err != nil {
				t.Fatal(err)
			}
			old, err := s.Render([]Var{{Name: "AWS_A", Unset: true}, {Name: "AWS_OLD", Value: "old"}})
			if err != nil {
				t.Fatal(err)
			}
			env := append(shelltest.Stub(t, map[string]shelltest.Answer{
				"good": {Text: text}, "old": {Text: old}, "bad": {Text: s.Failure("no"), Code: 1},
			}), "AWS_OLD=old")
			modes := []string{"function prompt { 'x' }"}
			for _, p := range []string{"SilentlyContinue", "Ignore", "Stop", "Inquire", "Continue"} {
				modes = append(modes, "$ErrorActionPreference = '"+p+"'")
			}
			// The last, because nothing ends it.
			modes = append(modes, "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'")
			thens := []string{"\n"}
			if l.Name == "pwsh" {
				thens = append(thens, " && ")
			}
			dir, good, bad := t.TempDir(), "", ""
			for i, mode := range modes {
				good += mode + "\n" + s.Line("awsmfa env good") + fmt.Sprintf("\nenvdump good%d\n", i) +
					s.Line("awsmfa env old") + fmt.Sprintf("\nenvdump old%d\n", i)
				for j, then := range thens {
					label := fmt.Sprintf("%d-%d", i, j)
					script := fmt.Sprintf("%s\nenvdump before%s\n%s%senvdump after%s\n", mode, label,
						s.Line("awsmfa env bad"), then, label)
					if err := os.WriteFile(filepath.Join(dir, label+".ps1"), []byte(script), 0o600); err != nil {
						t.Fatal(err)
					}
					bad += `$p = [powershell]::Create().AddScript([IO.File]::ReadAllText("$PWD/` + label + `.ps1"))` +
						"\ntry { $p.Invoke() } catch { envdump failed" + label + " \"$_\" }\n$p.Dispose()\n"
				}
			}
			wantGood, wantOld := map[string]string{"AWS_A": "日本 'x'"}, map[string]string{"AWS_OLD": "old"}
			r := l.Run(t, dir, env, good)
			silent(t, r)
			for i, mode := range modes {
				if got := awsVars(r, fmt.Sprintf("good%d", i)); !maps.Equal(got, wantGood) {
					t.Errorf("%s: %v, want %v", mode, got, wantGood)
				}
				if got := awsVars(r, fmt.Sprintf("old%d", i)); !maps.Equal(got, wantOld) {
					t.Errorf("after %s: %v, want %v", mode, got, wantOld)
				}
			}
			// A runspace is a PowerShell as new as a process, and starts in a fraction of its time.
			r = l.Run(t, dir, env, bad)
			for i, mode := range modes {
				for j, then := range thens {
					_, before := r.Dump(fmt.Sprintf("before%d-%d", i, j))
					_, after := r.Dump(fmt.Sprintf("after%d-%d", i, j))
					failed, _ := r.Dump(fmt.Sprintf("failed%d-%d", i, j))
					if !before || after || len(failed.Args) != 2 || !strings.Contains(failed.Args[1], "awsmfa: no") {
						t.Errorf("%s: began (%v), went on after a failure with %q (%v), failed with %q; %s",
							mode, before, then, after, failed.Args, r.Stderr)
					}
				}
			}
		})
	}
}

// A function's local variable hides a global one: removing it must not make the global one visible.
func TestFishUnsetsInEveryScope(t *testing.T) {
	s := fish()
	l, _ := shelltest.For(s.Name)
	text, err := s.Render([]Var{{Name: "AWS_A", Unset: true}, {Name: "AWS_B", Value: "new"}})
	if err != nil {
		t.Fatal(err)
	}
	env := append(shelltest.Stub(t, map[string]shelltest.Answer{"x": {Text: text}}), "AWS_A=inherited")
	r := l.Run(t, t.TempDir(), env,
		"function f; set -lx AWS_A own; "+s.Line("awsmfa env x")+"; envdump inside; end; f; envdump outside\n")
	silent(t, r)
	for _, label := range []string{"inside", "outside"} {
		if got, want := awsVars(r, label), map[string]string{"AWS_B": "new"}; !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", label, got, want)
		}
	}
}

// A universal variable is the user's own: removing ours shows it again, and only one that programs must not get is
// erased.
func TestFishKeepsUniversalVariables(t *testing.T) {
	s := fish()
	l, _ := shelltest.For(s.Name)
	answers := map[string]shelltest.Answer{}
	for label, vars := range map[string][]Var{
		"set": {
			{Name: "AWS_PREFERRED", Unset: true, AnyScope: true},
			{Name: "AWS_SHELLS", Unset: true, AnyScope: true},
			{Name: "AWS_KEY", Value: "ours"},
		},
		"unset": {{Name: "AWS_KEY", Unset: true}},
	} {
		text, err := s.Render(vars)
		if err != nil {
			t.Fatal(err)
		}
		answers[label] = shelltest.Answer{Text: text}
	}
	script := strings.Join([]string{
		"set -Ux AWS_KEY own; set -Ux AWS_PREFERRED own; set -U AWS_SHELLS own",
		l.AndThen(s.Line("awsmfa env set"), "envdump set"),
		l.AndThen(s.Line("awsmfa env unset"), "envdump unset"),
		l.AndThen(s.Line("awsmfa env set"), "envdump again"),
		"set -eg AWS_KEY; set -Ux AWS_SHELLS $AWS_SHELLS; envdump universal",
	}, "\n")
	file := filepath.Join(t.TempDir(), "script.fish")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	// The launcher's own fish, with --no-config, has no universal variables.
	r := l.Run(t, t.TempDir(), shelltest.Stub(t, answers), "env (status fish-path) "+file+"\n")
	silent(t, r)
	for label, want := range map[string]map[string]string{
		"set":       {"AWS_KEY": "ours"},
		"unset":     {"AWS_KEY": "own"},
		"again":     {"AWS_KEY": "ours"},
		"universal": {"AWS_KEY": "own", "AWS_SHELLS": "own"},
	} {
		if got := awsVars(r, label); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", label, got, want)
		}
	}
}

// Words are compared with the arguments that an external program receives, at the prompt and in the evaluated line.
func TestWordsAreOneArgument(t *testing.T) {
	candidates := append(hostile(), "prod", "my profile", "my-profile_2", "a.b", "a/b", "./x", "/usr/bin/x", "-x",
		"--profile", "-a.b",
		"--serial=arn:aws:iam::1:mfa/x", "@file", ",a,b", "a,b", "1.50", "1_000", "C:\\Program Files\\x", "C:\\x",
		"a=b", "$true", "a=~/x", "--x=~", "会社 用")
	eachShell(t, func(t *testing.T, s Shell, l shelltest.Launcher) {
		var words, want []string
		for _, c := range candidates {
			if len(c) > 1000 {
				continue // a prompt is no place for it, and cmd's line is short
			}
			w, err := s.Word(c)
			if err != nil {
				if w != "" {
					t.Errorf("a refusal came with text: %q", w)
				}
				continue
			}
			if l.CanWrite(w) {
				words, want = append(words, w), append(want, c)
			}
		}
		script := ""
		for chunk := range slices.Chunk(words, 60) {
			script += "envdump words " + strings.Join(chunk, " ") + "\n"
		}
		dir := t.TempDir()
		r := l.Run(t, dir, nil, script)
		silent(t, r)
		var got []string
		for _, d := range r.Dumps {
			got = append(got, d.Args[1:]...)
		}
		compareWords(t, got, want)
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("a word was run as code: it left %v", left)
		}
		t.Logf("%d of %d words can be typed", len(words), len(candidates))
	})
}

func compareWords(t *testing.T, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%d arguments, want %d", len(got), len(want))
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("argument %d: %q, want %q (then %.200q)", i, got[i], want[i], got[i+1:])
		}
	}
}
