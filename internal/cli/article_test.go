package cli_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/shelltest"
)

// logsVariable says that PowerShell logs modules and script blocks, so that TestArticle looks through these logs.
const logsVariable = "AWSMFA_TEST_POWERSHELL_LOGS"

// inJapan sets the code page of the console, and does nothing without a console.
const inJapan = `try { [Console]::OutputEncoding = [System.Text.Encoding]::GetEncoding(932) } catch { }`

// TestArticle is the first day and the next day of a person who follows a Japanese article on Windows: PowerShell in
// code page 932, Japanese messages, StrictMode. No secret shows in a trace, a transcript or PowerShell's logs.
func TestArticle(t *testing.T) {
	t.Parallel()
	for _, l := range shelltest.All() {
		if l.Shell != "pwsh" {
			continue
		}
		t.Run(l.Name, func(t *testing.T) {
			l.Need(t)
			w, done, err := newWorld(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(done)
			if err := os.Mkdir(w.home, 0o700); err != nil {
				t.Fatal(err)
			}
			dana := w.aws.AddUser(fakeaws.User{Name: "dana"})
			w.users["dana"] = dana
			if err := w.setPolicies("dana", "usual"); err != nil {
				t.Fatal(err)
			}
			logged := filepath.Join(w.home, "logged.txt")
			env := append(w.environ(), "AWSMFA_SHELL=", "AWSMFA_LANG=ja", "PATH="+os.Getenv("PATH"),
				"AWSMFA_SECRET_ACCESS_KEY="+dana.Keys[0].Secret, "KEY_ID="+dana.Keys[0].ID)
			day := func(lines ...string) shelltest.Result {
				script := []string{l.Strict}
				if runtime.GOOS == "windows" {
					script = append(script, inJapan)
				}
				transcript := filepath.Join(w.home, "transcript.txt")
				script = append(script, `Invoke-Expression (awsmfa init pwsh)`,
					`Start-Transcript -Append -LiteralPath '`+transcript+`' | Out-Null`, `Set-PSDebug -Trace 2`)
				script = append(script, lines...)
				script = append(script, `Set-PSDebug -Off`, `Stop-Transcript | Out-Null`)
				if os.Getenv(logsVariable) != "" {
					script = append(script, eventsTo(logged))
				}
				r := l.Run(t, w.home, env, strings.Join(script, "\n"))
				text, err := os.ReadFile(transcript)
				if err != nil || r.Code != 0 {
					t.Errorf("exit code %d, %v: %s%s", r.Code, err, r.Stdout, r.Stderr)
				}
				events, _ := os.ReadFile(logged)
				if os.Getenv(logsVariable) != "" && !strings.Contains(string(events), "awsmfa init pwsh") {
					t.Errorf("the log has nothing of the script: %s", events)
				}
				shown := r.Stdout + r.Stderr + string(text) + string(events)
				for _, secret := range w.secrets("") {
					if strings.Contains(shown, secret[:20]) { // the trace cuts long values
						t.Error("a secret shows")
					}
				}
				return r
			}
			check := func(r shelltest.Result, label string, args ...string) {
				t.Helper()
				d, ran := r.Dump(label)
				if !ran || !slices.Equal(d.Args[1:], args) || d.Env["AWSMFA_PROFILE"] != "work" ||
					d.Env["AWS_SESSION_TOKEN"] == "" || d.Env["AWS_REGION"] != "ap-northeast-1" {
					t.Errorf("%s (ran: %v): %q, %q for profile %q", label, ran, d.Args, args, d.Env["AWSMFA_PROFILE"])
				}
			}

			first := day(`mfa setup work --access-key-id $env:KEY_ID --region ap-northeast-1 ` +
				`--codes-from 'authenticator needs key' --code-command authenticator --yes; ` +
				`envdump first $? $LASTEXITCODE`)
			check(first, "first", "True", "0")
			next := day(
				`mfa work; envdump next $? $LASTEXITCODE`,
				`mfa exec work -- envdump exec --filters Name=a,Values=b -p:Configuration=Release`,
				`try { mfa nobody; envdump bad } catch { envdump failed $LASTEXITCODE ("$_" -split "\n")[0] }`,
				`mfa logout work; envdump out`,
			)
			check(next, "next", "True", "0")
			check(next, "exec", "--filters", "Name=a,Values=b", "-p:Configuration=Release")
			config, credentials := filepath.Join(w.home, ".aws", "config"), filepath.Join(w.home, ".aws", "credentials")
			failure := `プロファイル "nobody" は、` + config + ` にも ` + credentials + ` にもありません`
			if runtime.GOOS == "windows" { // stderr is a pipe, in which nobody may know code page 932
				failure = `profile "nobody" is neither in ` + config + ` nor in ` + credentials
			}
			check(next, "failed", "1", failure)
			if _, bad := next.Dump("bad"); bad {
				t.Error("the script went on after a failure")
			}
			if d, ran := next.Dump("out"); !ran || d.Env["AWS_SESSION_TOKEN"] != "" || len(w.sessions()) > 0 {
				t.Errorf("a session is left (ran: %v)", ran)
			}
			obtained := 0
			for _, c := range w.aws.Calls() {
				if c.Action == "GetSessionToken" {
					obtained++
				}
			}
			if obtained != 1 {
				t.Errorf("%d sessions were obtained", obtained)
			}
		})
	}
}

// eventsTo is a line of PowerShell that writes what the logs of both PowerShells have to the file.
func eventsTo(file string) string {
	return `Get-WinEvent -LogName 'Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational' ` +
		`-MaxEvents 5000 -ErrorAction SilentlyContinue | ForEach-Object Message | ` +
		`Set-Content -Encoding utf8 '` + file + `'`
}
