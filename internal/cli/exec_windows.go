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

	"awsmfa/internal/msg"
)

// checkScript does nothing: on Windows a script's first line names no interpreter.
func checkScript(string, string) error { return nil }

// runCommand runs the command and returns its exit code: a process cannot be replaced on Windows. Ctrl-C reaches the
// command, too, which decides what to do, so it is ignored here. So is the closing of the console, which Go reports as
// SIGTERM: there is a little time to clean up after the command.
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
		return syscall.ENOEXEC // Windows' own text has an unreplaced %1 in it
	}
	return err
}

// isBatch reports whether Windows runs the file with cmd. Windows ignores dots and spaces at the end of a name.
func isBatch(path string) bool {
	ext := filepath.Ext(strings.TrimRight(path, ". "))
	return strings.EqualFold(ext, ".bat") || strings.EqualFold(ext, ".cmd")
}

// throughCmd makes cmd run a batch file, such as npm's commands. Windows would do so by itself, but with arguments
// quoted for programs, not for cmd: %NAME% in one is replaced, and a quotation mark can begin another command
// (CVE-2024-24576).
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

// batchLine is the command line with which cmd runs a batch file: no AutoRun (/d), extensions on and delayed
// expansion off whatever the registry says, because the quoting relies on them, and only the outermost quotation
// marks removed (/s).
func batchLine(path string, args []string) (string, error) {
	var line strings.Builder
	line.WriteString(`cmd.exe /d /e:on /v:off /s /c "` + batchWord(filepath.FromSlash(path)))
	for _, arg := range args {
		if strings.ContainsAny(arg, "\r\n\x00") {
			return "", msg.Errorf("an argument of a batch file cannot have a line break in it")
		}
		line.WriteString(" " + batchWord(arg))
	}
	line.WriteString(`"`)
	return line.String(), nil
}

// batchWord quotes arg for cmd and for the program that a batch file passes it to with %*. A quotation mark is
// doubled, as both cmd and Microsoft's C runtime understand; a % is followed by a variable that is always empty, so
// that it begins no other variable.
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
