// Package sandbox is an environment for awsmfa without an AWS account or the developer's own files: a temporary home
// directory with AWS config files, the stand-in for AWS on loopback, two users who may do nothing without MFA, and a
// command authenticator that prints the codes of their phones. The demo and the benchmarks run in it. It writes only
// into that home, which is in the system's directory for temporary files, and Close removes it.
package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"awsmfa/internal/fakeaws"
)

// authenticatorArg makes a program that calls Main behave as the authenticator.
const authenticatorArg = "sandbox:authenticator"

// Sandbox is one such environment. The caller must Close it.
type Sandbox struct {
	AWS *fakeaws.Server
	// User has a device and profiles. Newcomer has only a key: it is this user's first day.
	User, Newcomer fakeaws.User
	Device         fakeaws.Device
	// Developer may be assumed by users of the account with MFA.
	Developer fakeaws.Role
	// Home is the temporary home; Bin, first on PATH, is for programs.
	Home, Bin string

	authenticator net.Listener
	codes         atomic.Int64
	mu            sync.Mutex
	lastCode      string // of the authenticator
}

// Main must be called first in a program that makes sandboxes: the authenticator command is the same program. If it was
// started as the authenticator, ok is true and code is the exit code.
//
// authenticator [USER] prints the code of the device in AWSMFA_SERIAL, else of the user's device, else of User's. A
// pipe on stdin provides the key of a new device, as --codes-from does.
func Main(args []string, stdout, stderr io.Writer) (code int, ok bool) {
	if len(args) < 3 || args[1] != authenticatorArg {
		return 0, false
	}
	var key []byte
	if stdin, err := os.Stdin.Stat(); err == nil && stdin.Mode()&os.ModeNamedPipe != 0 {
		key, _ = io.ReadAll(os.Stdin) // no key: no new device
	}
	query := url.Values{"serial": {os.Getenv("AWSMFA_SERIAL")}, "user": args[3:]}
	response, err := http.Post(args[2]+"?"+query.Encode(), "text/plain", bytes.NewReader(key))
	if err == nil {
		defer response.Body.Close()
		out := stdout
		if response.StatusCode != http.StatusOK {
			out, code = stderr, 1
		}
		_, err = io.Copy(out, response.Body)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "authenticator: the sandbox is gone:", err)
		return 1, true
	}
	return code, true
}

// New makes a sandbox. It has the profiles prod (with mfa_serial and a region), dev (the same user, without mfa_serial)
// and default, all of User, and developer, a role whose source profile is prod. The stand-in's code clock stands still
// until a code is used, so nobody has to hurry.
func New() (*Sandbox, error) {
	dir, err := os.MkdirTemp("", "awsmfa-sandbox-")
	if err != nil {
		return nil, err
	}
	s := &Sandbox{AWS: fakeaws.New(), Home: dir, Bin: filepath.Join(dir, "bin")}
	s.AWS.Hold()
	s.User = s.AWS.AddUser(fakeaws.User{Name: "alice"})
	s.Newcomer = s.AWS.AddUser(fakeaws.User{Name: "bob"})
	s.Device = s.AWS.AddDevice(s.User.ARN, fakeaws.Device{})
	s.Developer = s.AWS.AddRole(
		fakeaws.Role{Name: "Developer", Trust: fakeaws.TrustAccountWithMFA("aws", fakeaws.DefaultAccount)},
	)
	if err := s.build(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Sandbox) build() error {
	if _, err := s.AWS.Start(); err != nil {
		return err
	}
	if err := s.startAuthenticator(); err != nil {
		return err
	}
	for _, dir := range []string{s.Bin, filepath.Join(s.Home, ".aws")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := s.AddSelf("authenticator", authenticatorArg, "http://"+s.authenticator.Addr().String()); err != nil {
		return err
	}
	key := fmt.Sprintf("aws_access_key_id = %s\naws_secret_access_key = %s\n", s.User.Keys[0].ID, s.User.Keys[0].Secret)
	return errors.Join(
		s.Write(".aws/config", "[default]\nregion = us-east-1\n\n[profile dev]\n\n"+s.prod()+"\n"+s.developer()),
		s.Write(".aws/credentials", "[default]\n"+key+"\n[dev]\n"+key+"\n[prod]\n"+key),
		s.Write(".zshrc", "# Without this file zsh asks a newcomer how to set it up.\n"),
	)
}

func (s *Sandbox) prod() string {
	return "[profile prod]\nregion = eu-central-1\nmfa_serial = " + s.Device.Serial + "\n"
}

func (s *Sandbox) developer() string {
	return "[profile developer]\nregion = eu-central-1\nrole_arn = " + s.Developer.ARN + "\nsource_profile = prod\n"
}

// WriteConfig writes another config file, with prod and developer in the middle of the given number of other profiles,
// all roles, and returns its path, for AWS_CONFIG_FILE.
func (s *Sandbox) WriteConfig(others int) (path string, err error) {
	var b strings.Builder
	for i := range others + 1 {
		if i == others/2 {
			b.WriteString(s.prod() + "\n" + s.developer() + "\n")
		}
		if i < others {
			fmt.Fprintf(
				&b,
				"[profile team-%05d]\nregion = eu-west-1\noutput = json\n"+
					"role_arn = arn:aws:iam::%012d:role/Developer\nsource_profile = prod\n\n",
				i,
				100_000_000_000+i,
			)
		}
	}
	name := fmt.Sprintf(".aws/config-%d", others)
	return filepath.Join(s.Home, filepath.FromSlash(name)), s.Write(name, b.String())
}

// Write writes a file of the home, by a path with slashes; its directory must exist.
func (s *Sandbox) Write(name, text string) error {
	return os.WriteFile(filepath.Join(s.Home, filepath.FromSlash(name)), []byte(text), 0o600)
}

// AddSelf makes a command in Bin that runs this program with args, which must contain no characters special to a shell.
func (s *Sandbox) AddSelf(name string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	script := "#!/bin/sh\nexec '" + strings.ReplaceAll(self, "'", `'\''`) + "' " + strings.Join(args, " ") + " \"$@\"\n"
	if runtime.GOOS == "windows" {
		name += ".cmd"
		script = `@"` + strings.ReplaceAll(self, "%", "%%") + `" ` + strings.Join(args, " ") + " %*\r\n"
	}
	return os.WriteFile(filepath.Join(s.Bin, name), []byte(script), 0o700) // executable
}

// Build builds a package of this module into Bin under name, with the flags of a release, and returns the program's
// path. It needs the go command, and only it uses the developer's own environment: the build cache.
func (s *Sandbox) Build(ctx context.Context, pkg, name string) (path string, err error) {
	path = s.program(name)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-buildvcs=false", "-o", path, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// AddProgram copies a program into Bin under name: on Windows not everybody may make a link.
func (s *Sandbox) AddProgram(name, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(s.program(name), data, 0o700) // executable
}

// program is the path of a program in Bin.
func (s *Sandbox) program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(s.Bin, name)
}

// startPhone listens for the authenticator command.
func (s *Sandbox) startAuthenticator() (err error) {
	if s.authenticator, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key, _ := io.ReadAll(r.Body) // a client that has disconnected gets no code
			code := s.code(r.FormValue("serial"), r.FormValue("user"), string(key))
			if code == "" {
				http.Error(w, "no device is known here for that", http.StatusNotFound)
				return
			}
			_, _ = fmt.Fprintln(w, code)
		}),
	}
	go func() { _ = server.Serve(s.authenticator) }() // until Close closes the listener
	return nil
}

// code returns the code of a device, or "" if there is no such device. It never returns a used code, and for a key it
// returns two consecutive codes without a wait.
func (s *Sandbox) code(serial, user, key string) string {
	s.codes.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if serial == "" {
		if user == "" {
			serial = s.Device.Serial
		}
		for _, d := range s.AWS.Devices() {
			if d.Seed == strings.TrimSpace(key) || user != "" && strings.HasSuffix(d.Owner, "/"+user) {
				serial = d.Serial
			}
		}
	}
	if key == "" {
		return s.AWS.FreshCode(serial)
	}
	if code := s.AWS.CodeFor(serial); code == s.lastCode {
		s.lastCode = s.AWS.NextCodeFor(serial)
		return s.lastCode
	}
	s.AWS.Advance(time.Since(s.AWS.CodeTime())) // awsmfa compares a new device's clock with AWS's
	s.lastCode = s.AWS.FreshCode(serial)
	return s.lastCode
}

// Codes returns the number of calls of the authenticator command.
func (s *Sandbox) Codes() int { return int(s.codes.Load()) }

// Environ returns the environment of a program in the sandbox: the developer's own without the variables that lead out
// of the sandbox, and more ("NAME=value").
func (s *Sandbox) Environ(more ...string) []string {
	var env []string
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); !isIsolated(strings.ToUpper(name)) {
			env = append(env, entry)
		}
	}
	env = append(env,
		"PATH="+s.Bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+s.Home,
		"USERPROFILE="+s.Home,
		"LOCALAPPDATA="+filepath.Join(s.Home, "AppData", "Local"),
		"APPDATA="+filepath.Join(s.Home, "AppData", "Roaming"),
		"XDG_CACHE_HOME="+filepath.Join(s.Home, ".cache"),
		"XDG_DATA_HOME="+filepath.Join(s.Home, ".local", "share"),
		"AWSMFA_SANDBOX="+s.Home, // on Windows neither the keyring nor PowerShell's start-up file depends on a variable
		"AWS_ENDPOINT_URL="+s.AWS.URL(),
		"AWS_EC2_METADATA_DISABLED=true",
	)
	return append(env, more...)
}

// isIsolated reports whether the sandbox removes a variable: homes, the keyring, AWS and awsmfa settings, proxies, and
// the start-up and history files of shells.
func isIsolated(name string) bool {
	switch name {
	case "PATH", "HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "DBUS_SESSION_BUS_ADDRESS",
		"ENV", "BASH_ENV", "ZDOTDIR", "HISTFILE", "INPUTRC", "XONSHRC", "XONSHRC_DIR", "FPATH", "PROMPT_COMMAND", "PS1":
		return true
	}
	return strings.HasPrefix(name, "AWS") || strings.HasPrefix(name, "XDG_") || strings.HasSuffix(name, "_PROXY")
}

// Close stops the stand-in and removes the home. It may be called twice.
func (s *Sandbox) Close() error {
	s.AWS.Close()
	if s.authenticator != nil {
		_ = s.authenticator.Close()
	}
	// A program that was just killed may have written another file or, on Windows, still be open.
	var err error
	for range 20 {
		if err = os.RemoveAll(s.Home); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
