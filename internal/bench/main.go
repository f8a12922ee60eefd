// Command bench measures calls of awsmfa that use the cache, beside an empty Go program and one that links the same
// packages. It runs them in turn, so that noise of the computer affects all of them. It runs in a sandbox, and fails if
// a count is wrong, never because of a time.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"awsmfa/internal/sandbox"
)

const (
	warmUp         = 20
	rounds         = 300
	manyProfiles   = 10_000 // profiles
	concurrentRuns = 100
	coldRuns       = 30
	memoryRuns     = 15
)

func main() {
	if code, ok := sandbox.Main(os.Args, os.Stdout, os.Stderr); ok {
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := asShell(ctx, run)
	stop()
	switch {
	case errors.Is(err, context.Canceled):
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// asShell runs measure in a copy of this program named bash. awsmfa looks for the shell among its parent processes: a
// user's calls are children of a shell, not of a program below the go command.
func asShell(ctx context.Context, measure func(context.Context, io.Writer) error) error {
	const shell = "bash"
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if strings.TrimSuffix(filepath.Base(self), ".exe") == shell {
		return measure(ctx, os.Stdout)
	}
	dir, err := os.MkdirTemp("", "awsmfa-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	renamed := filepath.Join(dir, shell+filepath.Ext(self))
	if err := os.WriteFile(renamed, program, 0o700); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, renamed)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

func run(ctx context.Context, out io.Writer) (err error) {
	s, err := sandbox.New()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	built := map[string]string{}
	for name, pkg := range map[string]string{
		"awsmfa": "awsmfa", "empty": "awsmfa/internal/bench/empty",
		"linking": "awsmfa/internal/bench/linking", "weigh": "awsmfa/internal/bench/weigh",
	} {
		if built[name], err = s.Build(ctx, pkg, name); err != nil {
			return err
		}
		if err := rewrite(built[name]); err != nil {
			return err
		}
	}
	b := &bench{Sandbox: s, ctx: ctx, out: out, built: built}
	fmt.Fprintf(out, "%s %s/%s, %d processors\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	// The counts come first: they leave the cached session that the rest measures.
	for _, step := range []func() error{
		b.concurrent, b.cached, b.list, b.cold, b.memory, b.initialization, b.functions,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// rewrite replaces a program by a copy, which every installation makes. The linker writes through a mapping, which
// leaves single pages in Linux's page cache: until they are read anew, the program starts up to a fifth slower. One
// large write would leave larger pages than an installation does, and each that is touched counts as the program's
// memory.
func rewrite(path string) error {
	program, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	const write = 32 << 10 // bytes
	for part := range slices.Chunk(program, write) {
		if _, err := file.Write(part); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}

type bench struct {
	*sandbox.Sandbox
	ctx   context.Context
	out   io.Writer
	built map[string]string
}

func (b *bench) title(format string, args ...any) {
	fmt.Fprintf(b.out, "\n"+format+"\n", args...)
}

// report prints a measured value beside its target.
func (b *bench) report(name, value string, ok bool, target string) {
	word := "ok"
	if !ok {
		word = "OVER"
	}
	fmt.Fprintf(b.out, "  %-44s %10s   target %-8s %s\n", name, value, target, word)
}

func (b *bench) ratio(name string, over, under []sample, target float64) {
	ratios := make([]float64, len(over))
	for i := range over {
		ratios[i] = float64(over[i].wall) / float64(under[i].wall)
	}
	r := median(ratios)
	b.report(name, fmt.Sprintf("%.2f x", r), r <= target, fmt.Sprintf("%.2f x", target))
}

// A program is one row of cached.
type program struct {
	name    string
	argv    []string
	env     []string
	samples []sample
}

// cached interleaves the programs: one round runs each of them once, alternately forwards and backwards, because a
// second run of the same program would find the processor's caches warm.
func (b *bench) cached() error {
	one, err := b.WriteConfig(0)
	if err != nil {
		return err
	}
	many, err := b.WriteConfig(manyProfiles - 1)
	if err != nil {
		return err
	}
	stored, err := b.storedProfile(one)
	if err != nil {
		return err
	}
	awsmfa := func(args ...string) []string { return append([]string{b.built["awsmfa"]}, args...) }
	alone, among := b.Environ("AWS_CONFIG_FILE="+one), b.Environ("AWS_CONFIG_FILE="+many)
	role := awsmfa("env", "developer")
	programs := []program{
		{name: "empty Go program", argv: []string{b.built["empty"]}, env: b.Environ()},
		{name: "program that links the same packages", argv: []string{b.built["linking"]}, env: b.Environ()},
		{name: "env prod", argv: awsmfa("env", "prod"), env: alone},
		{name: "env prod --shell bash", argv: awsmfa("env", "prod", "--shell", "bash"), env: alone},
		{name: "exec prod -- true", argv: awsmfa("exec", "prod", "--", "true"), env: alone},
		{
			name: "exec prod --region eu-west-1 -- true",
			argv: awsmfa("exec", "prod", "--region", "eu-west-1", "--", "true"),
			env:  alone,
		},
		{name: "credential-process prod", argv: awsmfa("credential-process", "prod"), env: alone},
		{
			name: "credential-process prod --timeout 30s",
			argv: awsmfa("credential-process", "prod", "--timeout", "30s"),
			env:  alone,
		},
		{name: fmt.Sprintf("env prod, %d profiles", manyProfiles), argv: awsmfa("env", "prod"), env: among},
		{name: "env developer, 1 role profile", argv: role, env: alone},
		{name: fmt.Sprintf("env developer, %d role profiles", manyProfiles), argv: role, env: among},
		{name: "env prod, its key in the keyring", argv: awsmfa("env", "prod"), env: stored},
	}
	if _, err := b.start(role, b.Environ()); err != nil { // the role's session; the MFA session is cached
		return err
	}
	requests, codes := b.AWS.Count(""), b.Codes()
	for round := range warmUp + rounds {
		for i := range programs {
			if round%2 == 1 {
				i = len(programs) - 1 - i
			}
			p := &programs[i]
			s, err := b.start(p.argv, p.env)
			if err != nil {
				return err
			}
			if round >= warmUp {
				p.samples = append(p.samples, s)
			}
		}
	}
	b.title("A cached call: wall time from fork to wait, %d rounds of one run each", rounds)
	fmt.Fprintf(b.out, "  %-44s %10s   %-18s %s\n", "", "median", "min - max", "CPU, median")
	for _, p := range programs {
		wall := times(p.samples, func(s sample) time.Duration { return s.wall })
		cpu := times(p.samples, func(s sample) time.Duration { return s.cpu })
		fmt.Fprintf(b.out, "  %-44s %7.2f ms   %-18s %.2f ms\n", p.name, median(wall),
			fmt.Sprintf("%.2f - %.2f ms", lowest(wall), highest(wall)), median(cpu))
	}
	b.title("The median of the ratios within a round")
	for _, r := range []struct {
		name        string
		over, under int
		target      float64
	}{
		{"env prod / linking program", 2, 1, 1.05},
		{"env prod / empty program", 2, 0, 3.5},
		{"env prod --shell bash / env prod", 3, 2, 1.1},
		{"exec with --region / without", 5, 4, 1.1},
		{"credential-process with --timeout / without", 7, 6, 1.1},
		{fmt.Sprintf("%d profiles / 1 profile", manyProfiles), 8, 2, 1.5},
		{fmt.Sprintf("%d role profiles / 1", manyProfiles), 10, 9, 1.5},
		{"key in the keyring / in the file", 11, 2, 1.05},
	} {
		b.ratio(r.name, programs[r.over].samples, programs[r.under].samples, r.target)
	}
	if r, c := b.AWS.Count("")-requests, b.Codes()-codes; r != 0 || c != 0 {
		return fmt.Errorf("cached calls made %d requests and asked for %d codes: there must be none", r, c)
	}
	return nil
}

// storedProfile returns the environment for a copy of the config file in which prod has its key in a keyring, and no
// credentials file. There is no keyring: the cached session has to be enough.
func (b *bench) storedProfile(config string) (environ []string, err error) {
	text, err := os.ReadFile(config)
	if err != nil {
		return nil, err
	}
	const header = "[profile prod]\n"
	lines := "awsmfa_key = keyring:" + b.User.Keys[0].ID +
		"\ncredential_process = /usr/bin/awsmfa credential-process prod\n"
	if err := b.Write("stored", strings.Replace(string(text), header, header+lines, 1)); err != nil {
		return nil, err
	}
	return b.Environ("AWS_CONFIG_FILE="+filepath.Join(b.Home, "stored"),
		"AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(b.Home, "none")), nil
}

// concurrent counts codes and calls of many cold starts at the same moment: one of each.
func (b *bench) concurrent() error {
	var (
		wg     sync.WaitGroup
		begin  = make(chan struct{})
		errs   = make([]error, concurrentRuns)
		env    = b.Environ("AWSMFA_CODE_COMMAND=authenticator")
		tokens sync.Map
	)
	for i := range concurrentRuns {
		wg.Go(func() {
			<-begin
			cmd := exec.CommandContext(b.ctx, b.built["awsmfa"], "env", "prod", "--shell", "sh")
			cmd.Env = env
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			text, err := cmd.Output()
			if err != nil || !bytes.Contains(text, []byte("AWS_SESSION_TOKEN=")) {
				errs[i] = fmt.Errorf("one of %d at once: %w: %s", concurrentRuns, err, stderr.String())
			}
			tokens.Store(string(text), nil)
		})
	}
	start := time.Now()
	close(begin)
	wg.Wait()
	took := time.Since(start)
	if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	different := 0
	tokens.Range(func(any, any) bool { different++; return true })
	codes, calls, all := b.Codes(), b.AWS.Count("GetSessionToken"), b.AWS.Count("")
	b.title("%d cold starts at once, %.0f ms", concurrentRuns, milliseconds(took))
	b.report("codes asked for", strconv.Itoa(codes), codes == 1, "1")
	b.report("STS calls", strconv.Itoa(calls), calls == 1, "1")
	b.report("other requests", strconv.Itoa(all-calls), all == calls, "0")
	b.report("different sessions", strconv.Itoa(different), different == 1, "1")
	if codes != 1 || calls != 1 || all != calls || different != 1 {
		return errors.New("a count is wrong")
	}
	return nil
}

// list measures what reads all of many profiles: the list, with cached sessions, and completion.
func (b *bench) list() error {
	many, err := b.WriteConfig(manyProfiles - 1)
	if err != nil {
		return err
	}
	b.title("%d role profiles, %d runs", manyProfiles, coldRuns)
	for _, row := range []struct {
		name   string
		args   []string
		target float64
	}{
		{"list", []string{"list"}, 150},
		{"list --json", []string{"list", "--json"}, 150},
		{"completion in fish", []string{"complete", "fish", "--", "env", ""}, 50},
		{"completion in bash", []string{"complete", "bash", "--", "awsmfa env ", " \t\n"}, 50},
		{"completion in PowerShell", []string{"complete", "pwsh", "--", ":env", ":"}, 50},
	} {
		var samples []sample
		for range coldRuns {
			s, err := b.start(append([]string{b.built["awsmfa"]}, row.args...), b.Environ("AWS_CONFIG_FILE="+many))
			if err != nil {
				return err
			}
			samples = append(samples, s)
		}
		wall := median(times(samples, func(s sample) time.Duration { return s.wall }))
		cpu := median(times(samples, func(s sample) time.Duration { return s.cpu }))
		b.report(fmt.Sprintf("%s (CPU %.0f ms)", row.name, cpu), fmt.Sprintf("%.0f ms", wall), wall <= row.target,
			fmt.Sprintf("%.0f ms", row.target))
	}
	return nil
}

// cold measures the processor time of a run that calls STS. The code is a flag, because the time of a code command
// would count.
func (b *bench) cold() error {
	var samples []sample
	for range coldRuns {
		s, err := b.start(
			[]string{b.built["awsmfa"], "env", "prod", "--no-cache", "--code", b.AWS.FreshCode(b.Device.Serial)},
			b.Environ(),
		)
		if err != nil {
			return err
		}
		samples = append(samples, s)
	}
	cpu := times(samples, func(s sample) time.Duration { return s.cpu })
	wall := times(samples, func(s sample) time.Duration { return s.wall })
	b.title("A cold call, STS on loopback, %d runs", coldRuns)
	fmt.Fprintf(
		b.out,
		"  %-44s %7.2f ms   %.2f - %.2f ms\n",
		"its own CPU, user and system",
		median(cpu),
		lowest(cpu),
		highest(cpu),
	)
	fmt.Fprintf(
		b.out,
		"  %-44s %7.2f ms   %.2f - %.2f ms\n",
		"wall time, STS's part in it",
		median(wall),
		lowest(wall),
		highest(wall),
	)
	return nil
}

func (b *bench) memory() error {
	b.title("Peak memory, resident, median of %d runs", memoryRuns)
	weigh := func(argv ...string) (float64, error) {
		var peaks []float64
		for range memoryRuns {
			cmd := exec.CommandContext(b.ctx, b.built["weigh"], argv...)
			cmd.Env = b.Environ()
			out, err := cmd.Output()
			if b.ctx.Err() != nil {
				return 0, b.ctx.Err()
			}
			if err != nil {
				return 0, fmt.Errorf("weighing %s: %w", filepath.Base(argv[0]), err)
			}
			n, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
			if err != nil {
				return 0, err
			}
			peaks = append(peaks, float64(n)/1e6)
		}
		return median(peaks), nil
	}
	linking, err := weigh(b.built["linking"])
	if err != nil {
		return err
	}
	if linking == 0 {
		fmt.Fprintln(b.out, "  this system does not tell")
		return nil
	}
	cached, err := weigh(b.built["awsmfa"], "env", "prod")
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %-44s %7.1f MB\n", "program that links the same packages", linking)
	b.report("cached call", fmt.Sprintf("%.1f MB", cached), cached <= 11, "11 MB")
	return nil
}

// maxInit is the limit of package initialization's allocations in kB: today's, plus a fiftieth. One regular expression
// takes 6.
const maxInit = 675

// initialization sums up the allocations of packages before main, to reveal expensive dependencies.
func (b *bench) initialization() error {
	cmd := exec.CommandContext(b.ctx, b.built["awsmfa"], "version")
	cmd.Env = b.Environ("GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		return err
	}
	type work struct {
		pkg   string
		bytes int
	}
	var all []work
	total := 0
	for line := range strings.Lines(trace.String()) {
		// init PACKAGE @1.2 ms, 0.03 ms clock, 456 bytes, 7 allocs
		fields := strings.Fields(line)
		if len(fields) != 11 || fields[0] != "init" {
			continue
		}
		n, err := strconv.Atoi(fields[7])
		if err != nil {
			return fmt.Errorf("reading %q: %w", line, err)
		}
		all = append(all, work{fields[1], n})
		total += n
	}
	if len(all) == 0 {
		return errors.New("no line of inittrace was understood")
	}
	slices.SortFunc(all, func(a, b work) int { return b.bytes - a.bytes })
	b.title("Package initialization, %d packages", len(all))
	b.report("allocated", fmt.Sprintf("%d kB", total/1000), total/1000 <= maxInit, fmt.Sprintf("%d kB", maxInit))
	for _, w := range all[:min(5, len(all))] {
		fmt.Fprintf(b.out, "    %-60s %6d kB\n", w.pkg, w.bytes/1000)
	}
	return nil
}
