package profile

import (
	"os"
	"path/filepath"
	"strings"
)

// Files are the paths of the two files that describe profiles. An empty path is a file that does not exist.
type Files struct {
	Config      string // settings; AWS_CONFIG_FILE, else ~/.aws/config
	Credentials string // keys; AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials
}

// FindFiles says which files an AWS client would read: those that getenv names in AWS_CONFIG_FILE and
// AWS_SHARED_CREDENTIALS_FILE, else the usual ones under home; "" where there is no home. It looks at no file.
//
// A leading ~ and $NAME in the two variables are expanded as botocore does (configloader.raw_config_parse:
// expandvars, expanduser), because .env files, IDEs and services set them with no shell to expand them. The Go SDK
// takes them as they are, and then finds nothing. ~user and %NAME% are left alone.
func FindFiles(getenv func(string) string, home string) Files {
	find := func(variable, usual string) string {
		path := getenv(variable)
		switch {
		case path != "":
		case home == "": // and not .aws in the current directory, which may be anybody's
			return ""
		default:
			return filepath.Join(home, ".aws", usual)
		}
		if strings.Contains(path, "$") {
			path = os.Expand(path, func(name string) string {
				if v := getenv(name); v != "" {
					return v
				}
				return "$" + name // what is not set stays as it is written
			})
		}
		return ExpandHome(path, home)
	}
	return Files{
		Config:      find("AWS_CONFIG_FILE", "config"),
		Credentials: find("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
	}
}

// ExpandHome is path with home in place of a leading ~, as the AWS CLI has it for files that settings and variables name
// (botocore's raw_config_parse; for certificates urllib3's set_cert): no shell has read them. The Go SDK takes them as
// they are. ~user is left alone, and so is ~ where there is no home.
func ExpandHome(path, home string) string {
	if home != "" && (path == "~" || strings.HasPrefix(path, "~/") || strings.HasPrefix(path, "~"+string(filepath.Separator))) {
		return filepath.Join(home, path[1:])
	}
	return path
}

// Renamed are the files that are not there, with the one beside each that an editor has saved with ".txt" behind its name:
// Notepad does, and Windows' Explorer does not show it.
func (f Files) Renamed() []string {
	var all []string
	for _, path := range []string{f.Config, f.Credentials} {
		if path != "" && !exists(path) && exists(path+".txt") {
			all = append(all, path)
		}
	}
	return all
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
