// Package sandbox is a world to run awsmfa in, with no AWS account and none of the developer's own files: a throw-away
// home with AWS config files, the stand-in for AWS on loopback, one user who may do nothing without MFA, and a command
// called authenticator that prints what that user's phone shows. The demo and the benchmarks run in it.
package sandbox

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"awsmfa/internal/fakeaws"
)

// authenticatorArg makes a program that calls Main the authenticator.
const authenticatorArg = "authenticator"

// Sandbox is one such world. Close it.
type Sandbox struct {
	AWS    *fakeaws.Server
	User   fakeaws.User
	Device fakeaws.Device
	// Home is the throw-away home; Bin, first on PATH, is for programs.
	Home, Bin string

	phone net.Listener
}

// Main must be called first in a program that makes sandboxes: it is what the authenticator command runs.
func Main() {
	if len(os.Args) != 3 || os.Args[1] != authenticatorArg {
		return
	}
	response, err := http.Get(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "authenticator: the sandbox is gone")
		os.Exit(1)
	}
	io.Copy(os.Stdout, response.Body)
	os.Exit(0)
}

// New makes a sandbox with the profiles prod (a device named in mfa_serial, a region), dev (the same user, the device to
// be found) and default.
func New() (*Sandbox, error) {
	dir, err := os.MkdirTemp("", "awsmfa-sandbox-")
	if err != nil {
		return nil, err
	}
	s := &Sandbox{AWS: fakeaws.New(), Home: dir, Bin: filepath.Join(dir, "bin")}
	s.User = s.AWS.AddUser(fakeaws.User{Name: "alice"})
	s.Device = s.AWS.AddDevice(s.User.ARN, fakeaws.Device{})
	if err := s.build(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Sandbox) build() error {
	if _, err := s.AWS.Start(); err != nil {
		return err
	}
	if err := s.startPhone(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	url := "http://" + s.phone.Addr().String()
	name, script := "authenticator", fmt.Sprintf("#!/bin/sh\nexec '%s' %s %s\n", self, authenticatorArg, url)
	if runtime.GOOS == "windows" {
		name, script = "authenticator.cmd", fmt.Sprintf("@\"%s\" %s %s\r\n", self, authenticatorArg, url)
	}
	if err := os.MkdirAll(s.Bin, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.Bin, name), []byte(script), 0o700); err != nil {
		return err
	}
	return s.WriteConfig("[default]\nregion = us-east-1\n\n[profile dev]\n\n[profile prod]\nregion = eu-central-1\nmfa_serial = " + s.Device.Serial + "\n")
}

// WriteConfig replaces the config file; the credentials file has the user's key for default, dev and prod.
func (s *Sandbox) WriteConfig(config string) error {
	var credentials strings.Builder
	for _, name := range []string{"default", "dev", "prod"} {
		fmt.Fprintf(&credentials, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n\n", name, s.User.Keys[0].ID, s.User.Keys[0].Secret)
	}
	aws := filepath.Join(s.Home, ".aws")
	if err := os.MkdirAll(aws, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(aws, "config"), []byte(config), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(aws, "credentials"), []byte(credentials.String()), 0o600)
}

// startPhone listens for the authenticator command. Time passes quickly on this phone: it never shows a code that was
// used before.
func (s *Sandbox) startPhone() (err error) {
	if s.phone, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	go http.Serve(s.phone, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, s.AWS.FreshCode(s.Device.Serial))
	}))
	return nil
}

// Environ is the environment of a program in the sandbox: the developer's own less all that would lead out of it.
func (s *Sandbox) Environ() []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		if upper == "PATH" || upper == "HOME" || upper == "USERPROFILE" || upper == "LOCALAPPDATA" || upper == "APPDATA" ||
			strings.HasPrefix(upper, "AWS") || strings.HasPrefix(upper, "XDG_") || strings.HasSuffix(upper, "_PROXY") {
			continue
		}
		env = append(env, entry)
	}
	return append(env,
		"PATH="+s.Bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+s.Home,
		"USERPROFILE="+s.Home,
		"LOCALAPPDATA="+filepath.Join(s.Home, "AppData", "Local"),
		"APPDATA="+filepath.Join(s.Home, "AppData", "Roaming"),
		"XDG_CACHE_HOME="+filepath.Join(s.Home, ".cache"),
		"AWS_ENDPOINT_URL="+s.AWS.URL(),
	)
}

// Close stops the stand-in and removes the home.
func (s *Sandbox) Close() {
	s.AWS.Close()
	if s.phone != nil {
		s.phone.Close()
	}
	os.RemoveAll(s.Home)
}
