package profile

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"awsmfa/internal/msg"
)

// Files are the paths of the two files that describe profiles. An empty path means a file that does not exist.
type Files struct {
	Config      string // settings; AWS_CONFIG_FILE, else ~/.aws/config
	Credentials string // keys; AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials
}

// FindFiles returns the files that an AWS client would read: those that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE
// name, else the usual ones under home; "" if there is no home. It does not access the files.
//
// A leading ~ and $NAME in the two variables are expanded as by botocore (configloader.raw_config_parse: expandvars,
// expanduser), because .env files, IDEs and services set them without a shell. The Go SDK does not expand them, and
// finds nothing. ~user and %NAME% are left alone.
func FindFiles(getenv func(string) string, home string) Files {
	find := func(variable, usual string) string {
		path := getenv(variable)
		switch {
		case path != "":
		case home == "": // not .aws in the current directory, which may be another user's
			return ""
		default:
			return filepath.Join(home, ".aws", usual)
		}
		if strings.Contains(path, "$") {
			path = os.Expand(path, func(name string) string {
				if v := getenv(name); v != "" {
					return v
				}
				return "$" + name // as botocore does
			})
		}
		return ExpandHome(path, home)
	}
	return Files{
		Config:      find("AWS_CONFIG_FILE", "config"),
		Credentials: find("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
	}
}

// ExpandHome returns path with home in place of a leading ~, as the AWS CLI expands the files that settings and
// variables name (botocore's raw_config_parse; for certificates urllib3's set_cert). The Go SDK does not. ~user is left
// alone, and so is ~ without a home.
func ExpandHome(path, home string) string {
	if home != "" && (path == "~" || strings.HasPrefix(path, "~/") ||
		strings.HasPrefix(path, "~"+string(filepath.Separator))) {
		return filepath.Join(home, path[1:])
	}
	return path
}

// Renamed returns those of the files that do not exist while a file of the same name with ".txt" appended does: Notepad
// saves it so, and Windows' Explorer hides the extension.
func (f Files) Renamed() []string {
	var all []string
	for _, path := range []string{f.Config, f.Credentials} {
		if path != "" && !exists(path) && exists(path+".txt") {
			all = append(all, path)
		}
	}
	return all
}

// RenamedError is the error for a file that Renamed returns.
func RenamedError(file string) *msg.Error {
	return msg.Errorf("%s does not exist, but %s does", msg.Path(file), msg.Path(file+".txt")).
		WithHint(renameHint(file))
}

func renameHint(file string) msg.Text {
	return msg.Textf("an editor has appended .txt to its name, which Windows does not show; rename it: %s",
		renameCommand(file))
}

// renameCommand returns the command that removes .txt from the file's name: ren is for both cmd and PowerShell.
func renameCommand(file string) string {
	if runtime.GOOS == "windows" {
		return `ren "` + msg.Path(file+".txt").String() + `" ` + filepath.Base(file)
	}
	return "mv " + msg.Word(file+".txt").String() + " " + msg.Word(file).String()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
