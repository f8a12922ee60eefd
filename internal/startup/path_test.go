package startup

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"awsmfa/internal/shelltest"
	"awsmfa/shells"
)

// Where each shell's start-up file is, by the variables and the files that are there.
// Each shell that has a function has one.
func TestFind(t *testing.T) {
	found := map[string]bool{"nu": true, "pwsh": true} // other tests ask them
	for _, c := range []struct {
		shell, goos string
		variables   map[string]string
		have        []string // name or name=content
		want        string
	}{
		{shell: "bash", want: ".bashrc"},
		{shell: "bash", goos: "darwin", want: ".bash_profile"},
		{shell: "bash", goos: "darwin", have: []string{".profile", ".bashrc"}, want: ".profile"},
		{shell: "bash", goos: "darwin", have: []string{".profile", ".bash_login"}, want: ".bash_login"},
		{shell: "bash", goos: "darwin", have: []string{".bash_profile=. ~/.bashrc"}, want: ".bashrc"},
		{shell: "zsh", variables: map[string]string{"ZDOTDIR": "@/z"}, want: "z/.zshrc"},
		{shell: "zsh", variables: map[string]string{"ZDOTDIR": "~/z"}, want: "z/.zshrc"},
		{shell: "ksh", want: ".kshrc"},
		{shell: "mksh", want: ".mkshrc"},
		{shell: "ksh", variables: map[string]string{"ENV": "$HOME/.env"}, want: ".env"},
		{shell: "mksh", variables: map[string]string{"ENV": "${HOME}/.env"}, want: ".env"},
		{shell: "ksh", variables: map[string]string{"ENV": "$ELSEWHERE/.env"}, want: ""},
		{shell: "fish", want: ".config/fish/config.fish"},
		{shell: "fish", variables: map[string]string{"XDG_CONFIG_HOME": "@/c"}, want: "c/fish/config.fish"},
		{shell: "fish", variables: map[string]string{"XDG_CONFIG_HOME": "c"}, want: ".config/fish/config.fish"},
		{shell: "tcsh", want: ".tcshrc"},
		{shell: "tcsh", have: []string{".cshrc"}, want: ".cshrc"},
		{shell: "tcsh", have: []string{".cshrc", ".tcshrc"}, want: ".tcshrc"},
		{shell: "elvish", want: ".config/elvish/rc.elv"},
		{shell: "elvish", goos: "windows", variables: map[string]string{"APPDATA": "@/a"}, want: "a/elvish/rc.elv"},
		{shell: "xonsh", want: ".xonshrc"},
		{shell: "xonsh", have: []string{".config/xonsh/rc.xsh"}, want: ".config/xonsh/rc.xsh"},
		{shell: "sh", want: ""},
		{shell: "sh", variables: map[string]string{"ENV": "~/.shrc"}, want: ".shrc"},
		{shell: "cmd", want: ""},
	} {
		home := t.TempDir()
		for _, file := range c.have {
			name, text, _ := strings.Cut(file, "=")
			path := filepath.Join(home, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := System{Home: home, GOOS: c.goos, Getenv: func(name string) string {
			return strings.Replace(c.variables[name], "@", home, 1)
		}}
		f, err := s.Find(c.shell, "")
		want := ""
		if c.want != "" {
			want = filepath.Join(home, filepath.FromSlash(c.want))
		}
		found[c.shell] = found[c.shell] || c.want != ""
		if filepath.Clean(f.Path) != filepath.Clean(want) || (err != nil) != (want == "") {
			t.Errorf("%+v: %s, %v", c, f.Path, err)
		}
	}
	for _, shell := range shells.All() {
		if _, ok := shell.Init(shells.InitOptions{}); ok && !found[shell.Name] {
			t.Errorf("no start-up file of %s", shell.Name)
		}
	}
	if _, err := (System{}).Find("bash", ""); err == nil {
		t.Error("a file without a home directory")
	}
}

// zsh and PowerShell are asked: ZDOTDIR is set in .zshenv, and PowerShell's folder moves with XDG_CONFIG_HOME.
func TestAsked(t *testing.T) {
	home := filepath.Join(t.TempDir(), "山田 x")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	s := System{
		Home: home, GOOS: runtime.GOOS, Environ: []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")},
		Getenv: func(string) string { return "" },
	}
	t.Run("zsh", func(t *testing.T) {
		need(t, "zsh")
		env := "echo hello\nZDOTDIR=~/z\n"
		if err := os.WriteFile(filepath.Join(home, ".zshenv"), []byte(env), 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err := s.Find("zsh", "zsh"); err != nil || f.Path != filepath.Join(home, "z", ".zshrc") {
			t.Errorf("%+v, %v", f, err)
		}
	})
	t.Run("pwsh", func(t *testing.T) {
		need(t, "pwsh")
		if runtime.GOOS == "windows" {
			t.Skip("its folder is the user's own")
		}
		want := filepath.Join(home, ".config", "powershell", "Microsoft.PowerShell_profile.ps1")
		if f, err := s.Find("pwsh", "pwsh"); err != nil || f != (File{Path: want}) {
			t.Errorf("%+v, %v", f, err)
		}
		s.Environ = append(s.Environ, "XDG_CONFIG_HOME="+filepath.Join(home, "c"))
		want = filepath.Join(home, "c", "powershell", "Microsoft.PowerShell_profile.ps1")
		if f, err := s.Find("pwsh", "pwsh"); err != nil || f.Path != want {
			t.Errorf("%+v, %v", f, err)
		}
	})
	if f, err := s.Find("pwsh", filepath.Join(home, "no such program")); err == nil {
		t.Errorf("%+v", f)
	}
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		shelltest.NotInstalled(t, program)
	}
}

// Which policy forbids the file, and whether the user can change it. After the first come those of administrators.
func TestForbidding(t *testing.T) {
	for policies, want := range map[string]string{
		"RemoteSigned Undefined Undefined":   " false",
		"Unrestricted Undefined Undefined":   " false",
		"Bypass Bypass Undefined":            " false",
		"Restricted Undefined Undefined":     "Restricted false",
		"AllSigned Undefined AllSigned":      "AllSigned true",
		"Restricted Restricted RemoteSigned": "Restricted true",
		"":                                   "Restricted true",
	} {
		policy, managed := forbidding(strings.Fields(policies))
		if got := fmt.Sprint(policy, " ", managed); got != want {
			t.Errorf("%q: %q", policies, got)
		}
	}
}
