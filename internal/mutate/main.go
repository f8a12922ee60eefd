// Command mutate shows that the tests can fail. It changes the code in one place, runs the tests, and says which test
// caught the change; then the next place. It exits 1 when no test catches one. The changed file is an overlay of the go
// command: nothing in the tree is touched.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// behaviour is the package whose tests run the whole program. They are run when the package's own tests are content.
const behaviour = "internal/cli"

const usual = "internal/qr,cache,shells,internal/profile,internal/session"

var (
	// Of another day, so that every place has its turn.
	seed     = flag.Uint64("seed", uint64(time.Now().Unix())/86400, "`number` that the choice follows from")
	number   = flag.Int("n", 3, "mutations in each package; 0 is all")
	packages = flag.String("package", usual, "`directories`, with commas")
	at       = flag.String("at", "", "only those at these `places` of one package: file:line[:column], with commas")
	list     = flag.Bool("list", false, "print the mutations and try none")
	own      = flag.Bool("own", false, "run each package's own tests only, not those of "+behaviour)
	script   = flag.String("script", ".", "run only these tests of "+behaviour+", as go test's -run takes `them`")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	survived, err := run(ctx)
	stop()
	switch {
	case errors.Is(err, context.Canceled):
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	case survived > 0:
		os.Exit(1)
	}
}

func run(ctx context.Context) (survived int, err error) {
	work, err := os.MkdirTemp("", "awsmfa-mutate-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	b, err := newBench(ctx, work)
	if err != nil {
		return 0, err
	}
	if *at != "" {
		*packages = path.Dir(strings.Split(*at, ",")[0])
	}
	tried, began := 0, time.Now()
	defer func() {
		if tried > 0 {
			fmt.Printf("%d mutations, %d caught, %d survived, %.0f s; -seed %d chooses the same\n",
				tried, tried-survived, survived, time.Since(began).Seconds(), *seed)
		}
	}()
	for _, dir := range strings.Split(*packages, ",") {
		all, err := mutations(filepath.ToSlash(filepath.Clean(dir)))
		if err != nil {
			return survived, err
		}
		if *at != "" {
			all = slices.DeleteFunc(all, func(m mutation) bool {
				return !slices.ContainsFunc(strings.Split(*at, ","), func(place string) bool {
					return strings.HasPrefix(m.place+":", place+":")
				})
			})
		} else if *number > 0 {
			random := rand.New(rand.NewPCG(*seed, 0))
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		}
		left := *number
		for _, m := range all {
			if *list {
				fmt.Printf("%-36s %s\n", m.place, m.change)
			} else {
				caught, took, err := b.try(ctx, m)
				if errors.Is(err, errNotGo) {
					continue
				}
				if err != nil {
					return survived, err
				}
				tried++
				verdict := "SURVIVED"
				if caught != "" {
					verdict = "caught by " + caught
				} else {
					survived++
				}
				fmt.Printf("%-36s %-40s %s, %.1f s\n", m.place, m.change, verdict, took.Seconds())
			}
			if left--; left == 0 && *at == "" {
				break
			}
		}
	}
	if tried == 0 && !*list {
		return 0, errors.New("no mutation was tried")
	}
	return survived, nil
}

// bench builds and runs tests with a mutation in them.
type bench struct {
	work  string
	env   []string
	whole map[string]time.Duration // how long a package's tests take without a mutation
}

func newBench(ctx context.Context, work string) (*bench, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH", "GOFLAGS").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var settings map[string]string
	if err := json.Unmarshal(out, &settings); err != nil {
		return nil, err
	}
	// An empty home: a mutation may write where the program would not. The overlay is in the environment, and not an
	// argument, for tests that build the program themselves.
	b := &bench{work: work, env: append(os.Environ(), "HOME="+work), whole: map[string]time.Duration{}}
	settings["GOFLAGS"] += " '-overlay=" + filepath.Join(work, "overlay.json") + "'"
	for name, value := range settings {
		b.env = append(b.env, name+"="+value)
	}
	return b, nil
}

var errNotGo = errors.New("it does not compile")

// try runs the tests with the mutation and names the one that caught it, or none.
func (b *bench) try(ctx context.Context, m mutation) (caught string, took time.Duration, err error) {
	for _, dir := range []string{m.dir, behaviour} {
		if *own && dir != m.dir {
			continue
		}
		if b.whole[dir] == 0 {
			caught, took, err := b.test(ctx, dir, nil, 20*time.Minute)
			if err == nil && caught != "" {
				err = fmt.Errorf("%s without a mutation: %s fails", dir, caught)
			}
			if err != nil {
				return "", 0, err
			}
			b.whole[dir] = took
		}
		caught, took1, err := b.test(ctx, dir, &m, 30*time.Second+3*b.whole[dir])
		took += took1
		if err != nil || caught != "" {
			return caught, took, err
		}
	}
	return "", took, nil
}

// test runs the tests of one package until one fails, and names it.
func (b *bench) test(ctx context.Context, dir string, m *mutation, limit time.Duration) (string, time.Duration, error) {
	overlay := map[string]map[string]string{"Replace": {}}
	if m != nil {
		file, err := filepath.Abs(m.file)
		if err != nil {
			return "", 0, err
		}
		mutated := filepath.Join(b.work, "mutated.go")
		overlay["Replace"][file] = mutated
		if err := os.WriteFile(mutated, m.text, 0o600); err != nil {
			return "", 0, err
		}
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", 0, err
	}
	if err := os.WriteFile(filepath.Join(b.work, "overlay.json"), text, 0o600); err != nil {
		return "", 0, err
	}
	// Built by itself, so that what does not compile is told from what fails.
	program := filepath.Join(b.work, "tests.exe")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-ldflags=-s -w", "-o", program, "./"+dir)
	build.Env = b.env
	if out, err := build.CombinedOutput(); err != nil {
		if ctx.Err() != nil || m == nil {
			return "", 0, cmp.Or(ctx.Err(), fmt.Errorf("building the tests of %s: %s", dir, out))
		}
		return "", 0, errNotGo
	}
	arguments := []string{program, "-test.failfast", "-test.timeout=" + limit.String()}
	if dir == behaviour {
		arguments = append(arguments, "-test.run="+*script)
	}
	if runtime.GOOS != "windows" { // a mutation may make a loop that takes memory without end
		arguments = append([]string{"sh", "-c", `ulimit -d 4000000; exec "$0" "$@"`}, arguments...)
	}
	cmd := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, b.env, 5*time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	err = cmd.Run()
	took := time.Since(began)
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", took, ctx.Err()
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return "", took, nil
	case !errors.As(err, &failed):
		return "", took, err
	}
	return failure(out.String()), took, nil
}

var failLine = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)

// failure names what the output of a test program says has failed first: the innermost test of it.
func failure(out string) string {
	name := ""
	for _, line := range failLine.FindAllStringSubmatch(out, -1) {
		if name != "" && !strings.HasPrefix(line[1], name+"/") {
			break
		}
		name = line[1]
	}
	switch {
	case strings.Contains(out, "panic: test timed out"):
		return "the time limit"
	case name != "":
		return name
	}
	return "a crash"
}
