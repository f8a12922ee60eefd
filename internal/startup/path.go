package startup

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"awsmfa/internal/msg"
)

// System is what decides where a start-up file is.
type System struct {
	Getenv  func(string) string
	Environ []string // of a shell that is asked
	Home    string   // the home directory, "" if there is none
	GOOS    string   // the operating system, as in runtime.GOOS
}

// File is a shell's start-up file.
type File struct {
	Path string
	// Others is a pattern of other files that the shell reads, in which a person may have written the line.
	Others string
	// NeedsCompinit says that nothing in zsh's file starts its completion.
	NeedsCompinit bool
	// Policy is PowerShell's execution policy if that forbids the file, else "".
	Policy string
	// Managed says that an administrator has set the policy, so that the user cannot change it.
	Managed bool
}

// Find returns the start-up file that each interactive shell of the user reads; it need not exist. Shell is the name in
// package shells, program the path or the name of the shell's program: zsh and PowerShell are asked.
func (s System) Find(shell, program string) (f File, err error) {
	if s.Home == "" {
		return File{}, msg.Errorf("there is no home directory, and so no start-up file").Hint("set HOME")
	}
	switch shell {
	case "bash":
		f.Path = s.bash()
	case "zsh":
		f.Path = filepath.Join(s.zdotdir(program), ".zshrc")
		text, _ := os.ReadFile(f.Path)
		f.NeedsCompinit = !slices.ContainsFunc([]string{"compinit", "oh-my-zsh", "prezto"}, func(word string) bool {
			return strings.Contains(string(text), word)
		})
	case "ksh", "mksh":
		f.Path = cmp.Or(s.expand(s.Getenv("ENV")), filepath.Join(s.Home, "."+shell+"rc"))
	case "sh":
		if f.Path = s.expand(s.Getenv("ENV")); f.Path == "" {
			return File{}, msg.Errorf("sh has no start-up file: the variable ENV is not set").
				Hint("set ENV to the path of a file, in ~/.profile, and export it")
		}
	case "fish":
		f.Path = filepath.Join(s.config(), "fish", "config.fish")
		f.Others = filepath.Join(s.config(), "fish", "conf.d", "*.fish")
	case "tcsh": // ~/.cshrc is only read where there is no ~/.tcshrc
		f.Path = firstFile(s.Home, ".tcshrc", ".cshrc")
	case "elvish":
		f.Path = filepath.Join(s.roaming(), "elvish", "rc.elv")
	case "nu":
		f.Path = s.nushell(program)
	case "xonsh":
		f.Path = filepath.Join(s.Home, ".xonshrc")
		if rc := filepath.Join(s.config(), "xonsh", "rc.xsh"); exists(rc) {
			f.Path = rc
		}
	case "pwsh":
		if f, err = s.powerShell(program); err != nil {
			return File{}, err
		}
	}
	if !filepath.IsAbs(f.Path) {
		return File{}, msg.Errorf("awsmfa does not know the start-up file of %s", shell)
	}
	return f, nil
}

// bash is the file of interactive shells. On macOS each window's shell is a login shell: it reads only the first of
// three files, and ~/.bashrc only where that file says so.
func (s System) bash() string {
	if s.GOOS != "darwin" {
		return filepath.Join(s.Home, ".bashrc")
	}
	login := firstFile(s.Home, ".bash_profile", ".bash_login", ".profile")
	if text, err := os.ReadFile(login); err == nil && strings.Contains(string(text), ".bashrc") {
		return filepath.Join(s.Home, ".bashrc")
	}
	return login
}

// zdotdir is the directory of .zshrc. ZDOTDIR is usually set in .zshenv, and not exported: zsh itself knows it.
func (s System) zdotdir(program string) string {
	dir := s.Getenv("ZDOTDIR")
	if dir == "" {
		out, err := s.ask(cmp.Or(program, "zsh"), "-c", `printf '\0%s' "$ZDOTDIR"`)
		if _, answer, found := strings.Cut(out, "\x00"); err == nil && found {
			dir = answer
		}
	}
	return cmp.Or(s.expand(dir), s.Home)
}

// nushell is a file of awsmfa's own: Nushell loads all files of that directory. It is asked for it, because it is
// elsewhere on each system.
func (s System) nushell(program string) string {
	out, err := s.ask(program, "--no-config-file", "--commands", "$nu.data-dir")
	if err != nil {
		return ""
	}
	return filepath.Join(strings.TrimSpace(out), "vendor", "autoload", "awsmfa.nu")
}

// config is the directory of configuration files on Unix, and for programs that keep to its rules everywhere.
func (s System) config() string {
	if dir := s.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) { // the XDG specification ignores any other
		return dir
	}
	return filepath.Join(s.Home, ".config")
}

// roaming is config, and on Windows %AppData%.
func (s System) roaming() string {
	if dir := s.Getenv("APPDATA"); s.GOOS == "windows" && dir != "" && s.Getenv("XDG_CONFIG_HOME") == "" {
		return dir
	}
	return s.config()
}

// powerShell asks PowerShell itself: Windows PowerShell and PowerShell 7 have files of their own, below Documents,
// which may be in OneDrive or on a server. The answer is ASCII, whatever the console's code page is.
func (s System) powerShell(program string) (File, error) {
	// Where scripts are forbidden Get-ExecutionPolicy cannot be loaded, so this PowerShell allows them before it says
	// what the others allow. An administrator's policy wins over that.
	const script = `([int[]][char[]][string]$PROFILE) -join ' '
try {
    Set-ExecutionPolicy Undefined -Scope Process -Force -ErrorAction Ignore
    Get-ExecutionPolicy
    Get-ExecutionPolicy -Scope MachinePolicy
    Get-ExecutionPolicy -Scope UserPolicy
} catch { }
exit 0`
	out, err := s.ask(program, "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command", script)
	first, policies, _ := strings.Cut(strings.ReplaceAll(out, "\r\n", "\n"), "\n")
	var path []uint16
	for _, unit := range strings.Fields(first) {
		n, cerr := strconv.ParseUint(unit, 10, 16)
		err = cmp.Or(err, cerr)
		path = append(path, uint16(n))
	}
	if err != nil || len(path) == 0 {
		return File{}, msg.Errorf("PowerShell (%s) could not be asked for its start-up file", msg.Path(program)).
			Hint("in PowerShell  $PROFILE  shows its path, and  notepad $PROFILE  opens it").Wrap(err)
	}
	f := File{Path: string(utf16.Decode(path))}
	if s.GOOS == "windows" {
		f.Policy, f.Managed = forbidding(strings.Fields(policies))
	}
	return f, nil
}

// forbidding returns the first of the execution policies, the one that counts, if it forbids scripts that are not
// signed. The others are an administrator's. Without any an administrator's forbids to ask.
func forbidding(policies []string) (policy string, managed bool) {
	if len(policies) == 0 {
		return "Restricted", true
	}
	if policy = policies[0]; policy != "Restricted" && policy != "AllSigned" {
		return "", false
	}
	return policy, slices.Contains(policies[1:], policy)
}

// patience is how long a shell may take to answer: PowerShell's first start after that of Windows takes seconds.
const patience = 30 * time.Second

// ask runs a shell, and returns what it prints. An execution policy of this window alone does not count.
func (s System) ask(program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	for _, entry := range s.Environ {
		if !strings.HasPrefix(entry, "PSExecutionPolicyPreference=") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(out), err
}

// expand returns the path in a variable, in which ~ and $HOME may stand unexpanded, as ksh allows in ENV.
func (s System) expand(path string) string {
	for _, home := range []string{"~/", "$HOME/", "${HOME}/"} {
		if rest, ok := strings.CutPrefix(path, home); ok {
			return filepath.Join(s.Home, rest)
		}
	}
	return path
}

// firstFile is the first of the names that is a file in dir, else the first name.
func firstFile(dir string, names ...string) string {
	for _, name := range names {
		if path := filepath.Join(dir, name); exists(path) {
			return path
		}
	}
	return filepath.Join(dir, names[0])
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
