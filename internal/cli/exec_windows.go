package cli

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

// checkScript has nothing to look at: Windows knows no first line that names a program.
func checkScript(string, string) error { return nil }

// runCommand runs the command and returns its exit code: a process cannot be replaced on Windows. Ctrl-C reaches everyone
// on the console, the command too; what it makes of it is its own affair, so here it is only taken note of. So it is with
// the console's end, which Go calls SIGTERM: there is a little time to tidy up when the command has gone.
func runCommand(a *app, path string, argv, environ []string) error {
	pressed := make(chan os.Signal, 8)
	signal.Notify(pressed, os.Interrupt, syscall.SIGTERM)
	cmd := exec.Command(path)
	cmd.Args, cmd.Env = argv, environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Stdin, a.Stdout, a.Stderr
	if isBatch(path) {
		if err := throughCmd(cmd, path, argv[1:]); err != nil {
			return err
		}
	}
	err := cmd.Run()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return errExit(exitOK)
	case errors.As(err, &failed):
		return errExit(failed.ExitCode())
	case errors.Is(err, windows.ERROR_BAD_EXE_FORMAT):
		return syscall.ENOEXEC // Windows' own text has a %1 in it that nobody fills in
	}
	return err
}

// isBatch reports whether Windows runs the file with cmd; it overlooks dots and spaces at the end of a name.
func isBatch(path string) bool {
	ext := filepath.Ext(strings.TrimRight(path, ". "))
	return strings.EqualFold(ext, ".bat") || strings.EqualFold(ext, ".cmd")
}

// throughCmd has cmd run a batch file, as npm's and many other tools' commands are. Left to itself Windows does so too,
// but with arguments quoted as programs read them, not cmd: %NAME% in one is replaced, and what follows a quotation mark
// can be a command of its own (CVE-2024-24576).
func throughCmd(cmd *exec.Cmd, path string, args []string) error {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return err
	}
	line, err := batchLine(path, args)
	if err != nil {
		return err
	}
	cmd.Path = filepath.Join(system, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: line}
	return nil
}

// batchLine is the command line on which cmd runs a batch file: no AutoRun (/d), extensions on and delayed expansion off
// whatever the registry says, for the quoting relies on it, and of the whole the outermost quotation marks removed (/s).
func batchLine(path string, args []string) (string, error) {
	var line strings.Builder
	line.WriteString(`cmd.exe /d /e:on /v:off /s /c "` + batchWord(filepath.FromSlash(path)))
	for _, arg := range args {
		if strings.ContainsAny(arg, "\r\n\x00") {
			return "", errors.New("an argument of a batch file cannot hold a line break")
		}
		line.WriteString(" " + batchWord(arg))
	}
	line.WriteString(`"`)
	return line.String(), nil
}

// batchWord quotes arg for cmd and for the program that a batch file hands it to with %*. A quotation mark is doubled,
// the one way that both cmd and Microsoft's C runtime understand; a % is followed by a variable that is always empty, so
// that it begins no other.
func batchWord(arg string) string {
	const empty = `%cd:~,%`
	var word strings.Builder
	word.WriteByte('"')
	backslashes := 0
	for _, c := range []byte(arg) {
		switch c {
		case '\\':
			backslashes++
		case '"':
			word.WriteString(strings.Repeat(`\`, backslashes) + `"`)
			backslashes = 0
		case '%':
			word.WriteString("%" + empty)
			backslashes = 0
			continue
		default:
			backslashes = 0
		}
		word.WriteByte(c)
	}
	word.WriteString(strings.Repeat(`\`, backslashes) + `"`)
	return word.String()
}
