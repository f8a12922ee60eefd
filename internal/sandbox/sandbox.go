// Package sandbox is a world to run awsmfa in, with no AWS account and none of the developer's own files: a throw-away
// home with AWS config files, the stand-in for AWS on loopback, two users who may do nothing without MFA, and a command
// called authenticator that prints what their phones show. The demo and the benchmarks run in it. It writes nothing
// outside that home, which is under the system's directory for temporary files, and Close leaves nothing of it.
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

// authenticatorArg makes a program that calls Main the authenticator.
const authenticatorArg = "sandbox:authenticator"

// Sandbox is one such world. Close it.
type Sandbox struct {
	AWS *fakeaws.Server
	// User has a device and profiles. Newcomer has neither, only a key: it is this user's first day.
	User, Newcomer fakeaws.User
	Device         fakeaws.Device
	// Developer may be assumed by whoever of the account has given MFA.
	Developer fakeaws.Role
	// Home is the throw-away home; Bin, first on PATH, is for programs.
	Home, Bin string

	phone net.Listener
	codes atomic.Int64
	mu    sync.Mutex
	shown string // the code that a phone showed last
}

// Main must be called first in a program that makes sandboxes: the authenticator command is that program. When it was
// started as such, ok is true and code is the exit code.
//
// authenticator [USER] prints the code of the device that AWSMFA_SERIAL names, or of the user's, else of User's. A pipe on
// stdin brings the key of a new device, as --codes-from does.
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

// New makes a sandbox with the profiles prod (a device named in mfa_serial, a region), dev (the same user, the device to
// be found) and default, all of User, and developer, a role that is assumed from prod. The stand-in's code clock stands still until a code is used, so nobody has to hurry.
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
	s.Developer = s.AWS.AddRole(fakeaws.Role{Name: "Developer", Trust: fakeaws.TrustAccountWithMFA("aws", fakeaws.DefaultAccount)})
	if err := s.build(); err != nil {
		return nil, errors.Join(err, s.Close())
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
	for _, dir := range []string{s.Bin, filepath.Join(s.Home, ".aws")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := s.AddSelf("authenticator", authenticatorArg, "http://"+s.phone.Addr().String()); err != nil {
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

// Crowd writes another config file, where prod and developer stand in the middle of the given number of other profiles,
// all roles, and returns its path, for AWS_CONFIG_FILE.
func (s *Sandbox) Crowd(others int) (path string, err error) {
	var b strings.Builder
	for i := range others + 1 {
		if i == others/2 {
			b.WriteString(s.prod() + "\n" + s.developer() + "\n")
		}
		if i < others {
			fmt.Fprintf(&b, "[profile team-%05d]\nregion = eu-west-1\noutput = json\nrole_arn = arn:aws:iam::%012d:role/Developer\nsource_profile = prod\n\n", i, 100_000_000_000+i)
		}
	}
	name := fmt.Sprintf(".aws/config-%d", others)
	return filepath.Join(s.Home, filepath.FromSlash(name)), s.Write(name, b.String())
}

// Write writes a file of the home, by a path with slashes; its directory must be there.
func (s *Sandbox) Write(name, text string) error {
	return os.WriteFile(filepath.Join(s.Home, filepath.FromSlash(name)), []byte(text), 0o600)
}

// AddSelf makes a command in Bin that runs this very program with args, which must hold nothing that a shell minds.
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
	return os.WriteFile(filepath.Join(s.Bin, name), []byte(script), 0o700) // it is a program
}

// Build builds a package of this module into Bin under name, with the flags of a release, and returns the program's path.
// It needs the go command, and is the one thing that uses the developer's own environment: his build cache.
func (s *Sandbox) Build(ctx context.Context, pkg, name string) (path string, err error) {
	path = filepath.Join(s.Bin, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
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

// startPhone listens for the authenticator command.
func (s *Sandbox) startPhone() (err error) {
	if s.phone, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, _ := io.ReadAll(r.Body) // who went away gets no code
		code := s.code(r.FormValue("serial"), r.FormValue("user"), string(key))
		if code == "" {
			http.Error(w, "no device is known here for that", http.StatusNotFound)
			return
		}
		_, _ = fmt.Fprintln(w, code)
	})}
	go func() { _ = server.Serve(s.phone) }() // until Close closes the listener
	return nil
}

// code is what a phone shows, and "" when there is no such device. Time passes quickly on these phones: they never show a
// code that was used before, and to whoever brings a key two codes that follow one another, without a wait.
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
	if code := s.AWS.CodeFor(serial); code == s.shown {
		s.shown = s.AWS.NextCodeFor(serial)
		return s.shown
	}
	s.AWS.Advance(time.Since(s.AWS.CodeTime())) // awsmfa compares a new device's clock with AWS's
	s.shown = s.AWS.FreshCode(serial)
	return s.shown
}

// Codes is how often the authenticator command was asked for a code.
func (s *Sandbox) Codes() int { return int(s.codes.Load()) }

// Environ is the environment of a program in the sandbox: the developer's own less all that would lead out of it, then
// more ("NAME=value").
func (s *Sandbox) Environ(more ...string) []string {
	var env []string
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); !leadsOut(strings.ToUpper(name)) {
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
		"AWS_ENDPOINT_URL="+s.AWS.URL(),
		"AWS_EC2_METADATA_DISABLED=true",
	)
	return append(env, more...)
}

// leadsOut is for the homes, the AWS and awsmfa settings, the proxies, and the variables that name a shell's start-up and
// history files.
func leadsOut(name string) bool {
	switch name {
	case "PATH", "HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA",
		"ENV", "BASH_ENV", "ZDOTDIR", "HISTFILE", "INPUTRC", "XONSHRC", "XONSHRC_DIR", "FPATH", "PROMPT_COMMAND", "PS1":
		return true
	}
	return strings.HasPrefix(name, "AWS") || strings.HasPrefix(name, "XDG_") || strings.HasSuffix(name, "_PROXY")
}

// Close stops the stand-in and removes the home. It may be called twice.
func (s *Sandbox) Close() error {
	s.AWS.Close()
	if s.phone != nil {
		_ = s.phone.Close()
	}
	// A program that was just killed may still have written a file or, on Windows, be open itself.
	var err error
	for range 20 {
		if err = os.RemoveAll(s.Home); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
