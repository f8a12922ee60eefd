//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"awsmfa/internal/shelltest"
)

// inPwsh runs the lines in PowerShell, after those that load the function. Each line may call envdump.
func inPwsh(t *testing.T, w *world, lines ...string) shelltest.Result {
	t.Helper()
	l, ok := shelltest.For("pwsh")
	if !ok {
		t.Fatal("no launcher")
	}
	l.Need(t)
	return l.Run(t, w.home, append(inShell(t, w), w.codes(t, 1)...), l.Strict+"\n"+loaded(t, l, lines...))
}

// In PowerShell an error of awsmfa is an exception with its message, which is shown nowhere else. A command that fails
// is none: $? and $LASTEXITCODE tell. Help is shown and not evaluated.
func TestPowerShellFunctionFails(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	r := inPwsh(t, w,
		`mfa prod`,
		`$ErrorActionPreference = 'SilentlyContinue'`,
		`try { mfa nobody; envdump bad } catch { envdump missing $LASTEXITCODE "$_" }`,
		`$ErrorActionPreference = 'Stop'`,
		`try { mfa prod --no-such; envdump bad } catch { envdump flag $LASTEXITCODE "$_" }`,
		`try { mfa - ; envdump bad } catch { envdump back $LASTEXITCODE "$_" }`,
		`try { mfa logout nobody; envdump bad } catch { envdump logout $LASTEXITCODE "$_" }`,
		`$PSNativeCommandUseErrorActionPreference = $true`,
		`try { mfa nobody; envdump bad } catch { envdump native $LASTEXITCODE "$_" }`,
		`try { mfa exec prod -- does exit=7; envdump bad } catch { envdump thrown $LASTEXITCODE "$_" }`,
		`$PSNativeCommandUseErrorActionPreference = $false`,
		`$known = $Error.Count`,
		`mfa exec prod -- does exit=7; envdump command $? $LASTEXITCODE ($Error.Count - $known)`,
		`mfa exec prod -- no-such-command; envdump none $? $LASTEXITCODE`,
		`mfa list --no-such; envdump list $? $LASTEXITCODE`,
		`mfa list --no-such && envdump bad`,
		`mfa version && envdump and $? $LASTEXITCODE`,
		`$help = mfa --help; envdump help $? $help[0]`,
		`$help = mfa logout -h; envdump help-logout $? $help[0]`,
		`mfa nobody`,
		`envdump bad`,
	)
	if _, ran := r.Dump("bad"); ran || r.Code != 1 {
		t.Errorf("exit code %d; went on after a failure: %v", r.Code, ran)
	}
	nobody := `profile "nobody" is neither in `
	for label, want := range map[string][]string{
		"missing":     {"1", nobody},
		"flag":        {"2", "unknown flag --no-such\nhint: see awsmfa env --help"},
		"back":        {"2", "this shell has had no other profile, so there is none to go back to\nhint: name "},
		"logout":      {"1", nobody},
		"native":      {"1", nobody},
		"thrown":      {"7", `Program "awsmfa" ended with non-zero exit code: 7`},
		"command":     {"False", "7", "0"},
		"none":        {"False", "127"},
		"list":        {"False", "2"},
		"and":         {"True", "0"},
		"help":        {"True", "Usage: mfa "},
		"help-logout": {"True", "Usage: awsmfa logout "},
	} {
		d, ran := r.Dump(label)
		ok := ran && len(d.Args) == 1+len(want) && d.Env["AWSMFA_PROFILE"] == "prod" && d.Env["AWS_SESSION_TOKEN"] != ""
		for i := range want {
			ok = ok && strings.HasPrefix(d.Args[1+i], want[i])
		}
		if !ok {
			t.Errorf("%s (ran: %v): %q with %v", label, ran, d.Args, ofAWS(d.Env))
		}
	}
	said := strings.ReplaceAll(r.Stderr, "\n     | ", " ")
	for text, n := range map[string]int{nobody: 1, "no-such-command": 1, "unknown flag --no-": 2, "lasts until": 1} {
		if got := strings.Count(said, text); got != n {
			t.Errorf("said %d times %q: %s", got, text, r.Stderr)
		}
	}
}

// PowerShell changes the words of a function, and not those of a program: the function undoes that where it can.
func TestPowerShellFunctionArguments(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	r := inPwsh(t, w,
		`$p = 'prod'`,
		`mfa exec $p -- envdump list a,b Name=tag:x,Values=y 'q"r' '' 'a b' -- c`,
		`mfa exec prod -- envdump colon -p:Configuration=Release -d:1h -x: y -v`,
		`mfa exec prod -- envdump number 1.10 0x10 007 1kb -1.50`,
		`mfa exec prod -- envdump options -d 1h -p dev -c 123456 --code 012345`,
		`mfa exec -d 1h prod -- envdump own -d 2h`,
		`mfa exec -p 'dev' -- envdump profile`,
		`mfa exec -p:dev -- envdump joined`,
		`mfa exec --profile dev '--' envdump quoted -- x`,
		"mfa exec `\n    prod `\n    -- envdump `\n    lines -x:y",
		`function caller { mfa exec prod -- @args }`,
		`caller envdump splatted a,b -x`,
		`@('prod', 'dev') | ForEach-Object { mfa exec $_ -- envdump loop $_ }`,
		`'one', 'two' | mfa exec prod -- does stdin=out | ForEach-Object { envdump piped $_ }`,
		`$out = mfa exec prod -- does out=text; envdump out $out`,
		`mfa -d 1h dev; envdump first`,
		`mfa prod -d:1h; envdump last`,
		`mfa setup dev --no-note; envdump setup`,
		`foreach ($l in 'mfa defa', 'mfa prod --refr', 'mfa devi', 'mfa exec prod --serv') {`,
		`  envdump completed $l ([System.Management.Automation.CommandCompletion]::CompleteInput($l, $l.Length,`+
			` $null).CompletionMatches | ForEach-Object CompletionText)`,
		`}`,
		`mfa prod; mfa exec @('prod') -- envdump unclear; envdump unclear $LASTEXITCODE`,
	)
	if r.Code != 0 || !strings.Contains(r.Stderr, "hint: put -- before the command") {
		t.Errorf("exit code %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	var completed []string
	for _, d := range r.Dumps {
		if d.Args[0] == "completed" {
			completed = append(completed, d.Args[1:]...)
		}
	}
	if want := strings.Split("mfa defa|default|mfa prod --refr|--refresh|mfa devi|device|mfa exec prod --serv|--server",
		"|"); !slices.Equal(completed, want) {
		t.Errorf("completed: %q", completed)
	}
	for label, want := range map[string]struct {
		profile string
		args    []string
	}{
		"list":     {"prod", []string{"a,b", "Name=tag:x,Values=y", `q"r`, "", "a b", "--", "c"}},
		"colon":    {"prod", []string{"-p:Configuration=Release", "-d:1h", "-x:", "y", "-v"}},
		"number":   {"prod", []string{"1.10", "0x10", "007", "1kb", "-1.50"}},
		"options":  {"prod", []string{"-d", "1h", "-p", "dev", "-c", "123456", "--code", "012345"}},
		"own":      {"prod", []string{"-d", "2h"}},
		"profile":  {"dev", nil},
		"joined":   {"dev", nil},
		"quoted":   {"dev", []string{"--", "x"}},
		"lines":    {"prod", []string{"-x:y"}},
		"splatted": {"prod", []string{"a,b", "-x"}},
		"loop":     {"dev", []string{"dev"}},
		"piped":    {"", []string{"two"}},
		"out":      {"", []string{"text"}},
		"unclear":  {"prod", []string{"2"}},
		"first":    {"dev", nil},
		"last":     {"prod", nil},
		"setup":    {"dev", nil},
	} {
		var d shelltest.Dump
		for _, each := range r.Dumps {
			if each.Args[0] == label {
				d = each
			}
		}
		if len(d.Args) == 0 || !slices.Equal(d.Args[1:], want.args) || d.Env["AWSMFA_PROFILE"] != want.profile {
			t.Errorf("%s: %q for %q", label, d.Args, d.Env["AWSMFA_PROFILE"])
		}
	}
}

// The output of init is one line of ASCII for any name of a directory, and the function works where PowerShell is
// constrained. Values and messages that are not ASCII arrive in any code page.
func TestPowerShellFunctionConstrained(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	dir := filepath.Join(w.home, "山田 太郎")
	awsmfa := filepath.Join(dir, "awsmfa")
	bin, err := built()
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err == nil {
		err = os.Link(filepath.Join(bin, "awsmfa"), awsmfa)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.roles(t, 1)
	w.addConfig(t, "\n[profile 本番]\nsource_profile = prod\nrole_arn = arn:aws:iam::123456789012:role/role0\n")
	l, _ := shelltest.For("pwsh")
	l.Need(t)
	r := l.Run(t, w.home, append(inShell(t, w), w.codes(t, 1)...), strings.Join([]string{
		`[Console]::OutputEncoding = [System.Text.Encoding]::ASCII`,
		`$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'`,
		`$line = & '` + awsmfa + `' init pwsh`,
		`envdump init "$($line.GetType().Name)" $line`,
		`Invoke-Expression $line`,
		`mfa 本番; envdump set $? $LASTEXITCODE`,
		`mfa exec prod -- envdump exec a,b`,
		`try { mfa exec prod -- does exit=7; envdump bad } catch { envdump failed $LASTEXITCODE }`,
		`try { mfa 不明; envdump bad } catch { envdump message "$_" }`,
		`mfa --unset; envdump unset`,
	}, "\n"))
	if _, ran := r.Dump("bad"); ran || r.Code != 0 {
		t.Errorf("exit code %d, %v: %s%s", r.Code, ran, r.Stdout, r.Stderr)
	}
	if d, _ := r.Dump("init"); len(d.Args) != 3 || d.Args[1] != "String" ||
		strings.ContainsFunc(d.Args[2], func(c rune) bool { return c < ' ' || c > '~' }) {
		t.Errorf("%q", d.Args)
	}
	if d, _ := r.Dump("set"); !slices.Equal(d.Args, []string{"set", "True", "0"}) || d.Env["AWSMFA_PROFILE"] != "本番" {
		t.Errorf("%q, %v", d.Args, ofAWS(d.Env))
	}
	if d, _ := r.Dump("exec"); !slices.Equal(d.Args, []string{"exec", "a,b"}) || d.Env["AWSMFA_PROFILE"] != "prod" {
		t.Errorf("%q, %v", d.Args, ofAWS(d.Env))
	}
	if d, _ := r.Dump("failed"); !slices.Equal(d.Args, []string{"failed", "7"}) {
		t.Errorf("%q", d.Args)
	}
	if d, _ := r.Dump("message"); len(d.Args) != 2 || !strings.HasPrefix(d.Args[1], `profile "不明" is neither in `) {
		t.Errorf("%q", d.Args)
	}
	if d, ran := r.Dump("unset"); !ran || d.Env["AWS_SECRET_ACCESS_KEY"] != "" || d.Env["AWSMFA_PROFILE"] != "" {
		t.Errorf("%v", ofAWS(d.Env))
	}
}

// One expression of the function reads everything that awsmfa prints for a profile that is usual. Other lines are read
// one by one, which takes a tenth of a second longer at the first call in a window.
func TestPowerShellFunctionReadsAtOnce(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	r := inPwsh(t, w,
		`$usual = ${function:mfa}.Ast.Find({ "$($args[0])".StartsWith("'(?x)") }, $true).Value`,
		`foreach ($name in 'dev', 'prod') {`,
		`  $all = (awsmfa function pwsh mfa -- $name) -join "`+"`n"+`" -match $usual`,
		`  envdump read $all ($matches.Keys | Sort-Object)`,
		`  mfa $name`,
		`}`,
	)
	want := []string{
		"read True 0 expires id profile secret token unset until",
		"read True 0 expires id previous profile region secret token unset until",
	}
	var read []string
	for _, d := range r.Dumps {
		read = append(read, strings.Join(d.Args, " "))
	}
	if r.Code != 0 || !slices.Equal(read, want) {
		t.Errorf("exit code %d, %q: %s%s", r.Code, read, r.Stdout, r.Stderr)
	}
}

// No secret shows in a trace or in a transcript. (After the bare line it does, so the trace works.)
func TestPowerShellFunctionIsNotTraced(t *testing.T) {
	t.Parallel()
	w := inWorld(t)
	traced := func(line string) string {
		file := filepath.Join(t.TempDir(), "transcript.txt")
		r := inPwsh(t, w, `Start-Transcript -LiteralPath '`+file+`' | Out-Null`, `Set-PSDebug -Trace 2`, line,
			`Set-PSDebug -Off`, `Stop-Transcript | Out-Null`, `envdump after`)
		if d, _ := r.Dump("after"); d.Env["AWSMFA_PROFILE"] != "prod" {
			t.Errorf("%s: there is no session: %s", line, r.Stderr)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Stdout, "DEBUG: ") || !strings.Contains(string(text), "transcript") {
			t.Errorf("nothing was traced: %s%s", r.Stdout, text)
		}
		return r.Stdout + r.Stderr + string(text)
	}
	shows := func(text string) (n int) {
		for _, k := range w.sessions() {
			for _, secret := range []string{k.lines[keptSecret], k.lines[keptToken]} {
				n += strings.Count(text, secret[:20]) // the trace cuts long values
			}
		}
		return n
	}
	if text := traced("mfa dev; mfa prod; mfa -; mfa --unset; mfa prod"); shows(text) > 0 {
		t.Error("the secret shows " + strconv.Itoa(shows(text)) + " times")
	}
	if text := traced("Invoke-Expression (awsmfa env prod)"); shows(text) == 0 {
		t.Error("the secret of the bare line does not show")
	}
}
