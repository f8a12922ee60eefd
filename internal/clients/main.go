// Command clients runs real AWS clients with awsmfa, each in five ways, with a user's profile and with a role's,
// against the stand-in for AWS. It fails if a client does something else than docs/clients.md says, above all if it
// signs a request with the user's long-term key.
//
//	go run ./internal/clients [CLIENT …]
//	go run ./internal/clients -write
//
// The clients must be on PATH, the modules of Node.js in NODE_PATH; .ci/run installs them. -write writes the page's
// table, from the same table of clients, and runs nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/sandbox"
)

// limit ends a client that hangs.
const limit = 2 * time.Minute

func main() {
	if code, ok := sandbox.Main(os.Args, os.Stdout, os.Stderr); ok {
		os.Exit(code)
	}
	write := flag.Bool("write", false, "write the table of docs/clients.md, and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if *write {
		err = writePage()
	} else {
		err = run(ctx, flag.Args())
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) (err error) {
	s, err := sandbox.New()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := s.Build(ctx, "awsmfa", "awsmfa"); err != nil {
		return err
	}
	b := &bench{Sandbox: s, ctx: ctx, out: os.Stdout}
	if err := b.prepare(); err != nil {
		return err
	}
	for _, c := range clients {
		if len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		if err := b.try(c); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		b.atOnce()
	}
	if b.failed {
		return errors.New("see FAIL above")
	}
	return nil
}

// bench is where the clients run.
type bench struct {
	*sandbox.Sandbox
	ctx    context.Context
	out    io.Writer
	mu     sync.Mutex
	failed bool
}

func (b *bench) fail(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = true
	fmt.Fprintf(b.out, "  FAIL "+format+"\n", args...)
}

// prepare writes the clients' files and the profiles that config makes.
func (b *bench) prepare() error {
	for name, text := range files {
		if err := os.MkdirAll(filepath.Join(b.Home, filepath.Dir(name)), 0o700); err != nil {
			return err
		}
		if err := b.Write(name, text); err != nil {
			return err
		}
	}
	for _, profile := range []string{"prod", "developer"} {
		if out, err := b.sh("awsmfa config " + profile + " --write"); err != nil {
			return fmt.Errorf("awsmfa config %s: %w: %s", profile, err, out)
		}
	}
	return nil
}

// sh runs a line. Its PATH has Debian's programs before others of the same name.
func (b *bench) sh(line string) (output string, err error) {
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir = b.Home
	cmd.Env = b.Environ("URL="+b.AWS.URL(), "AWSMFA_CODE_COMMAND=authenticator", "AWS_PAGER=",
		"PATH="+strings.Join([]string{b.Bin, os.Getenv("CLIENTS_PATH"), "/usr/bin", os.Getenv("PATH")}, ":"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// try runs a client in each way, and twice in one process where sessions end in between.
func (b *bench) try(c client) error {
	fmt.Fprintf(b.out, "%s\n", c.name)
	if out, err := b.sh(c.ask); err != nil || !strings.Contains(out, c.version) && c.ask != "true" {
		return fmt.Errorf("%s %s is not installed: %s prints %q", c.name, c.version, c.ask, out)
	}
	if c.name == "sops" {
		const key = "arn:aws:kms:eu-central-1:" + fakeaws.DefaultAccount + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
		if out, err := b.sh("awsmfa exec prod -- sops encrypt --kms " + key + " plain.yaml >sealed.yaml"); err != nil {
			return fmt.Errorf("sops encrypt: %w: %s", err, out)
		}
	}
	for _, w := range ways {
		if w == byStored {
			if out, err := b.sh("awsmfa keys store prod --store file --yes"); err != nil {
				return fmt.Errorf("awsmfa keys store: %w: %s", err, out)
			}
		}
		user := b.outcome(c, w, "prod")
		role := user
		if w != byStored { // there the client assumes the role, and older ones would ask AWS itself
			role = b.outcome(c, w, "developer")
		}
		if user != role {
			b.fail("%s: %s with the user's profile, %s with the role's", w, user, role)
		}
		want := c.wanted(w)
		switch {
		case user != want:
			b.fail("%s: %s; docs/clients.md has: %s", w, user, want)
		default:
			fmt.Fprintf(b.out, "  %s: %s\n", w, user)
			if c.twice != "" && user == works && (w == byConfig || w == byServer) {
				b.renewal(c, w)
			}
		}
		if w == byStored {
			if out, err := b.sh("awsmfa keys restore prod"); err != nil {
				return fmt.Errorf("awsmfa keys restore: %w: %s", err, out)
			}
		}
	}
	return nil
}

// outcome runs the client with a profile and looks at who signed its requests. awsmfa's own are not the client's.
func (b *bench) outcome(c client, w way, profile string) outcome {
	b.AWS.ResetCalls()
	output, err := b.sh(w.line(profile, c.line))
	var signers []string
	for _, call := range b.AWS.Calls() {
		switch call.Action {
		case "GetSessionToken", "AssumeRole", "ListMFADevices":
			continue
		}
		signers = append(signers, call.AccessKeyID)
	}
	if c.signer != nil && err == nil {
		signers = append(signers, c.signer(output))
	}
	wanted := b.User.ARN
	if profile == "developer" {
		wanted = ":assumed-role/"
	}
	good := 0
	for _, keyID := range signers {
		arn, session := b.AWS.Signer(keyID)
		switch {
		case arn != "" && !session:
			return longTerm
		case session && strings.Contains(arn, wanted):
			good++
		case keyID == "":
			return anonymous
		default:
			return outcome("signed by " + arn + " (" + keyID + "): " + output)
		}
	}
	switch {
	case good > 0 && (err == nil || c.mayFail):
		return works
	case good == 0 && err != nil:
		return noKeys
	}
	return outcome(fmt.Sprintf("%d requests, %v: %s", len(signers), err, output))
}

// renewal runs a client that calls twice in one process, while each role session that AWS gives ends so soon that any
// client renews it: the JavaScript SDK v2 does so 15 s before the end.
func (b *bench) renewal(c client, w way) {
	b.AWS.Inject(fakeaws.Fault{Kind: fakeaws.Ending, Action: "AssumeRole", Times: -1})
	defer b.AWS.ClearFaults()
	if out, err := b.sh("awsmfa logout developer"); err != nil {
		b.fail("awsmfa logout: %v: %s", err, out)
	}
	b.AWS.ResetCalls()
	output, err := b.sh(w.line("developer", c.twice))
	keys := map[string]bool{}
	for _, call := range b.AWS.Calls() {
		if call.Action == "GetCallerIdentity" {
			keys[call.AccessKeyID] = true
		}
	}
	if err != nil || len(keys) != 2 {
		b.fail("%s: two calls, with %d keys, where the session had to be renewed: %v: %s", w, len(keys), err, output)
	}
}

// atOnce starts twenty clients with an empty cache.
func (b *bench) atOnce() {
	fmt.Fprintln(b.out, "20 clients at once")
	if out, err := b.sh("awsmfa logout --all"); err != nil {
		b.fail("awsmfa logout: %v: %s", err, out)
	}
	b.AWS.ResetCalls()
	codes := b.Codes()
	var all sync.WaitGroup
	for i := range 20 {
		w, line := byConfig, "python3 boto.py 1"
		if i%2 == 0 {
			w = byServer
		}
		if i/2%2 == 0 {
			line = "aws sts get-caller-identity --region eu-central-1 --endpoint-url $URL"
		}
		all.Go(func() {
			if out, err := b.sh(w.line("developer", line)); err != nil || !strings.Contains(out, ":assumed-role/") {
				b.fail("%s: %v: %s", w.line("developer", line), err, out)
			}
		})
	}
	all.Wait()
	for _, action := range []string{"GetSessionToken", "AssumeRole"} {
		if n := b.AWS.Count(action); n != 1 {
			b.fail("%d calls of %s", n, action)
		}
	}
	if n := b.Codes() - codes; n != 1 {
		b.fail("%d codes", n)
	}
}
