package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/startup"
)

// maxKeyAge is how old an access key may be (AWS Security Hub, control IAM.3; CIS AWS Foundations Benchmark).
const maxKeyAge = 90 * 24 * time.Hour

// keyAge checks when the access key was created. Policies that require MFA allow the question only with a session, so
// it is asked with the user's cached one, if there is one.
func (d *doctor) keyAge(ctx context.Context) check {
	name := msg.Textf("key age")
	switch {
	case d.external:
		return notNeeded(name)
	case d.who.IsRoot():
		return skipped(name, msg.Textf("not checked for the root user"))
	case d.who.User == "":
		return blocked(name, msg.Textf("identity"))
	}
	client := d.client
	if o, want, err := d.request(*d.profile); err == nil {
		want.Roles = nil
		if s, _, found := o.Cached(want); found {
			if c, err := d.clientOptions.NewSessionClient(ctx, s.Credentials); err == nil {
				client = c
			}
		}
	}
	keys, err := client.ListKeys(ctx, d.who.User)
	for _, k := range keys {
		if k.ID != d.keys.AccessKeyID {
			continue
		}
		if age := d.client.Now().Sub(k.Created); age > maxKeyAge {
			return warning(name, msg.Errorf("%s is %d days old, and should be replaced after 90", k.ID,
				int(age.Hours()/24)).Hint("%s", msg.Command("rotate", d.chain.Base.Name)))
		}
		return passed(name, msg.Textf("%s was created on %s", k.ID, k.Created.UTC().Format(time.DateOnly)))
	}
	if awsapi.AccessDenied(err) && client == d.client {
		return skipped(name, msg.Textf("AWS tells it only with a session (iam:ListAccessKeys), and none is cached"))
	}
	return skipped(name, msg.Textf("AWS does not tell it (iam:ListAccessKeys)"))
}

// startUp looks for what the shell's start-up file has loaded, and should not have.
func (d *doctor) startUp() (found []check) {
	name := msg.Textf("shell")
	if state, _ := d.hook(); state == "loaded" {
		found = append(found, warning(name, msg.
			Errorf("the hook of init --prompt was loaded, but does not run: another tool has taken its place").
			Hint("move the line of awsmfa below that tool's in the start-up file")))
	}
	shell, err := d.chooseShell("")
	if err != nil || !slices.Contains(initShells(), shell.Name) || shell.Name == "nu" { // it has a file of awsmfa's own
		return found
	}
	file, err := d.startupFile(shell, shell.Name)
	if err != nil {
		return found
	}
	if older, err := startup.Older(file.Path); err == nil && len(older) > 0 {
		found = append(found, warning(name, msg.
			Errorf("a function or a completion of an older awsmfa is at %s",
				profile.Pos{File: file.Path, Line: older[0].Number}).
			Hint("remove it: %s adds the line that replaces it", msg.Command("init", shell.Name, "--install"))))
	}
	return found
}

// programs checks that the name awsmfa leads to this program, and so do the profiles that config wrote.
func (d *doctor) programs(ctx context.Context) []check {
	name := msg.Textf("program")
	self := programPath(d.Args[0])
	var found []check
	if other, err := exec.LookPath("awsmfa"); err == nil && !d.isThis(ctx, other) {
		found = append(found, warning(name, msg.
			Errorf("the name awsmfa leads to another program on your PATH, %s, and not to this one, %s",
				msg.Path(other), msg.Path(self)).
			Hint("remove that one, or put this one's directory before it on PATH")))
	}
	if found = append(found, d.moved(name, self)...); len(found) > 0 {
		return found
	}
	return []check{passed(name, msg.Textf("%s, %s", msg.Path(self), version()))}
}

// isThis reports whether a file is this program, or starts it, as the shims of package managers do: it then says the
// same version.
func (d *doctor) isThis(ctx context.Context, path string) bool {
	if isSelf(path) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Env, cmd.WaitDelay = d.Environ, time.Second
	out, err := cmd.Output()
	return err == nil && strings.TrimSpace(string(out)) == versionLine()
}

// isSelf reports whether a file is this program.
func isSelf(path string) bool {
	self, err := os.Executable()
	if err != nil {
		return false
	}
	a, errA := os.Stat(path)
	b, errB := os.Stat(self)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// calledByProcess returns awsmfa's path in the profile's credential_process, and the profile whose session it prints,
// as processLine writes them; ours is false if another program runs.
func calledByProcess(p profile.Profile) (path, name string, ours bool) {
	line, _ := p.Get("credential_process")
	path, name, ours = strings.Cut(strings.ReplaceAll(line, `"`, ""), " credential-process ")
	name, _, _ = strings.Cut(name, " --")
	return path, name, ours
}

// moved checks the paths of awsmfa in the profiles that config wrote: one line for each that is not this program's.
func (d *doctor) moved(name msg.Text, self string) (found []check) {
	library, err := profile.Open(d.files())
	if err != nil {
		return nil
	}
	var paths []string
	profiles := map[string][]profile.Pos{}
	for _, n := range library.Names() {
		p, err := library.Load(n)
		if err != nil {
			continue
		}
		path, _, ours := calledByProcess(p)
		if !ours || !filepath.IsAbs(path) {
			continue
		}
		if profiles[path] == nil {
			paths = append(paths, path)
		}
		profiles[path] = append(profiles[path], p.Where("credential_process"))
	}
	write, ok := processWord(withoutBlanks(self), `\~`)
	if !ok {
		write = self
	}
	for _, path := range paths {
		at, n := profiles[path][0], len(profiles[path])
		if _, err := os.Stat(path); err != nil {
			found = append(found, warning(name, msg.
				Errorf("the credential_process of %d profiles, the first at %s, runs %s, which does not exist",
					n, at, msg.Path(path)).Hint("write %s there", write)))
		} else if !isSelf(path) {
			found = append(found, warning(name, msg.
				Errorf("the credential_process of %d profiles, the first at %s, runs %s, which is another program "+
					"than this one", n, at, msg.Path(path)).
				Hint("if that is an older awsmfa, write %s there", write)))
		}
	}
	return found
}
