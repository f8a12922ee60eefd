package cli_test

import (
	"errors"
	"fmt"
	"image/png"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"awsmfa/internal/fakeaws"
)

type worldKey struct{}

// TestScripts runs the program as a user does: one file for each topic, each in a world of its own, which the commands
// below change and check.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Deadline:            halfway(t),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "932":
				return isPage932(), nil
			}
			return false, errors.New("no such condition")
		},
		Setup: func(env *testscript.Env) error {
			w, done, err := newWorld(env.WorkDir)
			if err != nil {
				return err
			}
			env.Defer(done)
			env.Vars = append(env.Vars, w.environ()...)
			env.Values[worldKey{}] = w
			bin, err := noAWS(env.WorkDir)
			if err != nil {
				return err
			}
			env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
			return w.furnish(env.Getenv)
		},
		Cmds: scriptCommands,
	})
}

// halfway is when a script that hangs ends and is named, with half of the time left for other tests. It is zero without
// a limit.
func halfway(t *testing.T) time.Time {
	end, ok := t.Deadline()
	if !ok {
		return end
	}
	return end.Add(-time.Until(end) / 2)
}

// noAWS returns a directory in dir that hides the AWS CLI, which takes up to a second to print its version, in every
// run of setup and doctor. A script that needs it has a stub of its own.
func noAWS(dir string) (bin string, err error) {
	bin = filepath.Join(dir, "noaws")
	return bin, errors.Join(
		os.MkdirAll(bin, 0o700),
		os.WriteFile(filepath.Join(bin, "aws"), []byte("#!/bin/sh\nexit 127\n"), 0o700),
		os.WriteFile(filepath.Join(bin, "aws.cmd"), []byte("@exit /b 127\r\n"), 0o700),
	)
}

// scriptCommands are the scripts' own commands; docs/testing.md lists them.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"gives":    command(gives),
	"user":     command(addUser),
	"device":   command(addDevice),
	"disable":  command(disable),
	"owner":    command(owner),
	"odd":      command(odd),
	"picture":  command(picture),
	"columns":  command(columns),
	"late":     command(late),
	"quota":    command(quota),
	"grown":    command(grown),
	"torn":     command(torn),
	"policies": command(setPolicies),
	"code":     command(freshCode),
	"expand":   command(expand),
	"lines":    command(writeLines),
	"deny":     command(deny),
	"httpsof":  command(httpsOf),
	"lasts":    command(lasts),
	"spell":    command(spell),
	"remember": command(remember),
	"fault":    command(fault),
	"says":     command(says),
	"regions":  command(regions),
	"calls":    command(calls),
	"skew":     command(skew),
	"advance":  command(advance),
	"age":      command(age),
	"key":      command(key),
	"kept":     command(keptSession),
	"files":    command(files),
	"mode":     command(mode),
	"tls":      command(startTLS),
	"proxy":    command(startProxy),
	"asked":    command(asked),
	"answer":   command(answer),
	"portal":   command(portal),
	"userkeys": command(userKeys),
	"newkey":   command(newKey),
	"lag":      command(lag),
	"permit":   command(permit),
	"then":     command(then),
	"role":     command(addRole),
	"sso":      command(signIn),
	"login":    command(logIn),
	"identity": command(webIdentity),
	"machine":  command(machine),
	"called":   command(lastCall),
	"link":     command(link),
	"visited":  command(visited),
}

// TestScriptCommands checks that docs/testing.md lists all commands and programs, and no others.
func TestScriptCommands(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	row := regexp.MustCompile("(?m)^\\| `(\\w+)[^`]*` \\| .+ \\|$")
	for _, row := range row.FindAllStringSubmatch(string(page), -1) {
		listed = append(listed, row[1])
	}
	slices.Sort(listed)
	want := slices.Sorted(maps.Keys(scriptCommands))
	want = slices.Sorted(slices.Values(slices.AppendSeq(want, maps.Keys(programs))))
	if !slices.Equal(listed, want) {
		t.Errorf("the page lists\n%q\nand there are\n%q", listed, want)
	}
}

// command makes a command of f, which cannot be negated.
func command(f func(ts *testscript.TestScript, w *world, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command cannot be negated")
		}
		f(ts, ts.Value(worldKey{}).(*world), args)
	}
}

func arg(ts *testscript.TestScript, args []string, i int, usual string) string {
	switch {
	case i < len(args):
		return args[i]
	case usual == "":
		ts.Fatalf("an argument is missing")
	}
	return usual
}

func duration(ts *testscript.TestScript, text string) time.Duration {
	d, err := time.ParseDuration(text)
	ts.Check(err)
	return d
}

// gives CODE PROGRAM [ARG...] runs the program and checks its exit code, that it showed no secret unless asked to, and
// no mark of internal/msg.
func gives(ts *testscript.TestScript, w *world, args []string) {
	want, err := strconv.Atoi(arg(ts, args, 0, ""))
	ts.Check(err)
	err = ts.Exec(arg(ts, args, 1, ""), args[2:]...)
	code := 0
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		code = failed.ExitCode()
		err = nil
	}
	ts.Check(err)
	stdout, stderr, terminal := ts.ReadFile("stdout"), ts.ReadFile("stderr"), ts.ReadFile("ttyout")
	reveal := slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "--reveal") })
	ts.Check(w.leak(stdout, stderr, terminal, code != 0, reveal))
	if all := stdout + stderr + terminal; strings.Contains(all, "\uE000") || strings.Contains(all, `\ue000`) {
		ts.Fatalf("a mark of internal/msg is shown")
	}
	if code != want {
		ts.Fatalf("exit code %d, not %d", code, want)
	}
}

// user NAME [PARTITION|root] adds a user without a device, and sets NAME_ID and NAME_SECRET to the access key.
func addUser(ts *testscript.TestScript, w *world, args []string) {
	name := arg(ts, args, 0, "")
	u := fakeaws.User{Name: name}
	switch p := arg(ts, args, 1, "aws"); p {
	case "root":
		u.Root, u.Account = true, "210987654321"
	default:
		u.Partition = p
	}
	u = w.aws.AddUser(u)
	w.users[name] = u
	ts.Setenv(name+"_ID", u.Keys[0].ID)
	ts.Setenv(name+"_SECRET", u.Keys[0].Secret)
}

// device ENV USER [virtual|hardware|key|leftover [NAME]] adds a device, and sets ENV to its serial number.
func addDevice(ts *testscript.TestScript, w *world, args []string) {
	kinds := map[string]fakeaws.DeviceKind{
		"virtual":  fakeaws.Virtual,
		"hardware": fakeaws.Hardware,
		"key":      fakeaws.SecurityKey,
		"leftover": fakeaws.Virtual,
	}
	what := arg(ts, args, 2, "virtual")
	kind, ok := kinds[what]
	if !ok {
		ts.Fatalf("no such kind of device")
	}
	user := arg(ts, args, 1, "")
	d := w.aws.AddDevice(w.users[user].ARN, fakeaws.Device{
		Kind: kind, Name: arg(ts, args, 3, user), Unassigned: what == "leftover",
	})
	ts.Setenv(arg(ts, args, 0, ""), d.Serial)
}

// disable SERIAL deactivates a device, as an administrator does after the loss of a phone.
func disable(ts *testscript.TestScript, w *world, args []string) {
	w.aws.Deactivate(arg(ts, args, 0, ""))
}

// owner NAME [USER|nobody|none] checks that the virtual device (named with its path, if it has one) is the user's, is
// unassigned, or does not exist.
func owner(ts *testscript.TestScript, w *world, args []string) {
	if got, want := w.owner(arg(ts, args, 0, "")), arg(ts, args, 1, ""); got != want {
		ts.Fatalf("it is %s", got)
	}
}

// odd FILE... replaces $NAME by variables, and placeholders by bytes that a text archive cannot hold: BOM, CRLF, <CR>,
// and SJIS (本番 in that encoding). NOEOL on the last line removes the end of the line before it.
func odd(ts *testscript.TestScript, _ *world, args []string) {
	for _, file := range args {
		text := strings.TrimSuffix(ts.ReadFile(file), "NOEOL\n")
		placeholders := strings.NewReplacer("BOM", "\ufeff", "CRLF\n", "\r\n", "<CR>", "\r",
			"SJIS", "\x96{\x94\xd4")
		text = fill(placeholders.Replace(text), ts.Getenv) // in this order: a random key may have BOM in it
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
	}
}

// torn HOW FROM TO writes a damaged copy of a cached session; torn device damages the cached devices.
func torn(ts *testscript.TestScript, w *world, args []string) {
	how, count, _ := strings.Cut(arg(ts, args, 0, ""), ":")
	if how == "device" {
		for _, k := range w.files("user-") {
			ts.Check(os.WriteFile(k.path, []byte("torn\n"), 0o600))
		}
		return
	}
	whole := ts.ReadFile(arg(ts, args, 1, ""))
	first, _, _ := strings.Cut(whole, "\n")
	number, _ := strconv.Atoi(count)
	text, ok := map[string]string{
		"bytes": whole[:min(number, len(whole))],
		"line":  first + "\n",
		"twice": whole + whole,
		"zeros": strings.Repeat("\x00", 100000),
		"json":  first + "\n{}\n",
		"short": first[:strings.LastIndexByte(first, ' ')] + " 10\nonly line\n",
		"newer": strings.Replace(whole, "cache 1", "cache 2", 1),
		"other": regexp.MustCompile(`session-.{4}`).ReplaceAllString(whole, "session-0000"),
	}[how]
	if !ok {
		ts.Fatalf("no such damage")
	}
	ts.Check(os.WriteFile(ts.MkAbs(arg(ts, args, 2, "")), []byte(text), 0o600))
}

// grown BEFORE FILE LINE... checks that FILE is BEFORE, byte for byte, with these lines inserted at one place.
func grown(ts *testscript.TestScript, _ *world, args []string) {
	before, after := ts.ReadFile(arg(ts, args, 0, "")), ts.ReadFile(arg(ts, args, 1, ""))
	same := 0
	for same < len(before) && same < len(after) && before[same] == after[same] {
		same++
	}
	for ; same >= 0; same-- { // the new lines may begin like the old ones that follow
		if strings.HasPrefix(after, before[:same]) && strings.HasSuffix(after[same:], before[same:]) {
			break
		}
	}
	if same < 0 {
		ts.Fatalf("not grown at one place:\n%q\nwas\n%q", after, before)
	}
	added := after[same : len(after)-len(before[same:])]
	lines := strings.FieldsFunc(added, func(r rune) bool { return r == '\r' || r == '\n' })
	for i := range lines { // added lines of an indented section are indented
		lines[i] = strings.TrimSpace(lines[i])
	}
	if !slices.Equal(lines, args[2:]) {
		ts.Fatalf("added were %q", lines)
	}
}

// picture PNG PHONE checks that the picture is a QR code with the key in the authenticator's file.
func picture(ts *testscript.TestScript, _ *world, args []string) {
	img, err := png.Decode(strings.NewReader(ts.ReadFile(arg(ts, args, 0, ""))))
	ts.Check(err)
	text, err := scan(img, true)
	ts.Check(err)
	key, _, _ := strings.Cut(ts.ReadFile(arg(ts, args, 1, "")), " ")
	if !strings.Contains(text, "secret="+key+"&") {
		ts.Fatalf("another key is in the picture")
	}
}

// columns FILE N FIRST... checks that the file has N columns, each beginning at the same place in all lines, and that
// the texts of the first column are these.
func columns(ts *testscript.TestScript, _ *world, args []string) {
	want, err := strconv.Atoi(arg(ts, args, 1, ""))
	ts.Check(err)
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(arg(ts, args, 0, "")), "\n"), "\n")
	var first []string
	var places [][]int
	for _, line := range lines {
		at := []int{0}
		for _, gap := range regexp.MustCompile(` {2,}`).FindAllStringIndex(line, -1) {
			at = append(at, gap[1])
		}
		first, places = append(first, strings.Fields(line)[0]), append(places, at)
		if len(at) != want || !slices.Equal(at, places[0]) {
			ts.Fatalf("columns begin at %v", places)
		}
	}
	if !slices.Equal(first, args[2:]) {
		ts.Fatalf("the first column is %q", first)
	}
}

// late SERIAL STEPS gives the authenticator program a device's key, and a clock that is so many steps behind.
func late(ts *testscript.TestScript, w *world, args []string) {
	steps, err := strconv.Atoi(arg(ts, args, 1, ""))
	ts.Check(err)
	i := slices.IndexFunc(w.aws.Devices(), func(d fakeaws.Device) bool { return d.Serial == arg(ts, args, 0, "") })
	ts.Check(w.learn(w.aws.Devices()[i].Seed, -steps))
}

// quota N limits the virtual devices of an account to N; 0 is no limit.
func quota(ts *testscript.TestScript, w *world, args []string) {
	n, err := strconv.Atoi(arg(ts, args, 0, ""))
	ts.Check(err)
	w.aws.SetVirtualMFADeviceQuota(n)
}

// policies USER usual|ours|admin sets the user's policies; ours is the policy that awsmfa policy prints.
func setPolicies(ts *testscript.TestScript, w *world, args []string) {
	ts.Check(w.setPolicies(arg(ts, args, 0, ""), arg(ts, args, 1, "")))
}

// code ENV [SERIAL] waits for a fresh code, and sets ENV to it.
func freshCode(ts *testscript.TestScript, w *world, args []string) {
	ts.Setenv(arg(ts, args, 0, ""), w.aws.FreshCode(arg(ts, args, 1, w.phone.Serial)))
}

// expand FILE [TO] replaces $NAME by variables.
func expand(ts *testscript.TestScript, _ *world, args []string) {
	from := arg(ts, args, 0, "")
	text := fill(ts.ReadFile(from), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(arg(ts, args, 1, from)), []byte(text), 0o600))
}

// lasts DURATION checks how long the only cached session still lasts.
func lasts(ts *testscript.TestScript, w *world, args []string) {
	all := w.sessions()
	if len(all) != 1 {
		ts.Fatalf("%d sessions are cached", len(all))
	}
	until, err := time.Parse(time.RFC3339, all[0].lines[keptUntil])
	ts.Check(err)
	want := duration(ts, arg(ts, args, 0, ""))
	if left := time.Until(until); left > want+2*time.Second || left < want-time.Minute {
		ts.Fatalf("it lasts %s", left)
	}
}

// lines FILE LINE... writes a file of these lines.
func writeLines(ts *testscript.TestScript, _ *world, args []string) {
	text := strings.Join(args[1:], "\n") + "\n"
	ts.Check(os.WriteFile(ts.MkAbs(arg(ts, args, 0, "")), []byte(text), 0o600))
}

// spell blanks|fullwidth ENV waits for a fresh code, and sets ENV to it, with blanks or in full-width digits.
func spell(ts *testscript.TestScript, w *world, args []string) {
	code := w.aws.FreshCode(w.phone.Serial)
	switch arg(ts, args, 0, "") {
	case "blanks":
		code = " " + code[:3] + " " + code[3:] + "\u00a0"
	case "fullwidth":
		code = strings.Map(func(r rune) rune { return r - '0' + '０' }, code)
	}
	ts.Setenv(arg(ts, args, 1, ""), code)
}

// remember SERIAL changes every cached serial number of a device to this one.
func remember(ts *testscript.TestScript, w *world, args []string) {
	for _, k := range w.files("user-") {
		k.lines[0] = arg(ts, args, 0, "")
		ts.Check(w.write(k))
	}
}

// fault KIND [ACTION [TIMES]] makes the next requests for ACTION fail; fault none ends all faults.
func fault(ts *testscript.TestScript, w *world, args []string) {
	kinds := map[string]fakeaws.FaultKind{
		"throttle": fakeaws.Throttle, "internal": fakeaws.Internal, "unavailable": fakeaws.Unavailable,
		"stall": fakeaws.Stall, "cut": fakeaws.Cut, "portal": fakeaws.Portal, "proxy": fakeaws.Proxy,
		"cutafter": fakeaws.CutAfter, "cutbody": fakeaws.CutBody, "brokenxml": fakeaws.BrokenXML,
		"nokeys": fakeaws.NoKeys, "notoken": fakeaws.NoToken, "ended": fakeaws.Ended, "braces": fakeaws.Braces,
		"short": fakeaws.Short, "endless": fakeaws.Endless, "echo": fakeaws.Echo, "elsewhere": fakeaws.Elsewhere,
	}
	if arg(ts, args, 0, "") == "none" {
		w.aws.ClearFaults()
		return
	}
	kind, ok := kinds[args[0]]
	if !ok {
		ts.Fatalf("no such fault")
	}
	f := fakeaws.Fault{Kind: kind, Action: strings.Trim(arg(ts, args, 1, "*"), "*")}
	times, err := strconv.Atoi(arg(ts, args, 2, "1"))
	ts.Check(err)
	f.Times = times
	w.aws.Inject(f)
}

// says ACTION STATUS CODE MESSAGE [TIMES] makes the next request for ACTION fail with this error.
func says(ts *testscript.TestScript, w *world, args []string) {
	status, err := strconv.Atoi(arg(ts, args, 1, ""))
	ts.Check(err)
	times, err := strconv.Atoi(arg(ts, args, 4, "1"))
	ts.Check(err)
	w.aws.Inject(fakeaws.Fault{
		Kind: fakeaws.Refuse, Action: arg(ts, args, 0, ""), Times: times,
		Status: status, Code: arg(ts, args, 2, ""), Message: arg(ts, args, 3, ""),
	})
}

// regions REGION... sets the regions that the accounts have not enabled.
func regions(_ *testscript.TestScript, w *world, args []string) { w.aws.DisableRegions(args...) }

// calls ACTION N checks how often ACTION was called since the last check, and forgets the calls.
func calls(ts *testscript.TestScript, w *world, args []string) {
	action := strings.Trim(arg(ts, args, 0, ""), "*")
	want, err := strconv.Atoi(arg(ts, args, 1, ""))
	ts.Check(err)
	if n := w.aws.Count(action); n != want {
		ts.Fatalf("%d calls, not %d: %+v", n, want, w.aws.Calls())
	}
	w.aws.ResetCalls()
}

// skew DURATION sets AWS's clock ahead of this computer's.
func skew(ts *testscript.TestScript, w *world, args []string) {
	w.aws.SetSkew(duration(ts, arg(ts, args, 0, "")))
}

// advance DURATION advances AWS's clock for codes and the ends of sessions.
func advance(ts *testscript.TestScript, w *world, args []string) {
	w.aws.Advance(duration(ts, arg(ts, args, 0, "")))
}

// age DURATION makes the cached sessions so much older.
func age(ts *testscript.TestScript, w *world, args []string) {
	ts.Check(w.age(duration(ts, arg(ts, args, 0, ""))))
}

// key active|inactive|deleted|AGE [ID] changes the status of an access key, alice's by default, or makes it older.
func key(ts *testscript.TestScript, w *world, args []string) {
	states := map[string]fakeaws.KeyStatus{
		"active": fakeaws.KeyActive, "inactive": fakeaws.KeyInactive, "deleted": fakeaws.KeyDeleted,
	}
	id := arg(ts, args, 1, w.alice.Keys[0].ID)
	if age, err := time.ParseDuration(arg(ts, args, 0, "")); err == nil {
		w.aws.AgeKey(id, age)
		return
	}
	state, ok := states[args[0]]
	if !ok {
		ts.Fatalf("no such state")
	}
	w.aws.SetKeyStatus(id, state)
}

// kept N [PREFIX] checks that N sessions are cached. With PREFIX and N = 1 it sets PREFIX_ID, _SECRET, _TOKEN,
// _UNTIL, _EXPIRES and _FILE to that session's.
func keptSession(ts *testscript.TestScript, w *world, args []string) {
	all := w.sessions()
	if n := strconv.Itoa(len(all)); n != arg(ts, args, 0, "") {
		ts.Fatalf("%s sessions are cached, not %s", n, args[0])
	}
	if len(args) < 2 {
		return
	}
	k := all[0]
	until, err := time.Parse(time.RFC3339, k.lines[keptUntil])
	ts.Check(err)
	ts.Setenv(args[1]+"_ID", k.lines[keptID])
	ts.Setenv(args[1]+"_SECRET", k.lines[keptSecret])
	ts.Setenv(args[1]+"_TOKEN", k.lines[keptToken])
	ts.Setenv(args[1]+"_UNTIL", until.UTC().Format(time.RFC3339))
	ts.Setenv(args[1]+"_EXPIRES", strconv.FormatInt(until.Unix(), 10))
	ts.Setenv(args[1]+"_FILE", k.path)
}

// files DIR N checks the number of entries in the directory; one that does not exist has none.
func files(ts *testscript.TestScript, _ *world, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(arg(ts, args, 0, "")))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		ts.Check(err)
	}
	if n := strconv.Itoa(len(entries)); n != arg(ts, args, 1, "") {
		ts.Fatalf("%s entries: %v", n, entries)
	}
}

// mode OCTAL PATTERN... checks that at least one file matches each pattern, and, except on Windows, the permissions of
// all.
func mode(ts *testscript.TestScript, _ *world, args []string) {
	want, err := strconv.ParseUint(arg(ts, args, 0, ""), 8, 32)
	ts.Check(err)
	for _, pattern := range args[1:] {
		paths, err := filepath.Glob(ts.MkAbs(pattern))
		ts.Check(err)
		if len(paths) == 0 {
			ts.Fatalf("no file matches %s", pattern)
		}
		for _, path := range paths {
			info, err := os.Lstat(path)
			ts.Check(err)
			if info.Mode().Perm() != os.FileMode(want) && runtime.GOOS != "windows" {
				ts.Fatalf("%s is %v", path, info.Mode())
			}
		}
	}
}

// tls makes AWS answer over TLS, too, at $TLS_URL; the certificate of its authority is in the file $CA.
func startTLS(ts *testscript.TestScript, w *world, _ []string) {
	addr, stop, err := w.listen(w.aws)
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("TLS_URL", "https://"+addr)
	writeCA(ts, w)
}

func writeCA(ts *testscript.TestScript, w *world) {
	ca := ts.MkAbs("ca.pem")
	ts.Check(os.WriteFile(ca, w.authority.pem, 0o600))
	ts.Setenv("CA", ca)
}

// proxy sets HTTPS_PROXY to a proxy that connects every host name to this world's AWS, and unsets the endpoint.
func startProxy(ts *testscript.TestScript, w *world, _ []string) {
	url, stop, err := w.proxy(w.aws)
	ts.Check(err)
	ts.Defer(stop)
	writeCA(ts, w)
	ts.Setenv("HTTPS_PROXY", url)
	ts.Setenv("AWS_CA_BUNDLE", ts.Getenv("CA"))
	ts.Setenv("AWS_ENDPOINT_URL", "")
}

// answer STATUS CODE MESSAGE [AHEAD] starts a server at $PORTAL that answers every request with this error, and whose
// clock is ahead by a duration.
func answer(ts *testscript.TestScript, _ *world, args []string) {
	status, err := strconv.Atoi(arg(ts, args, 0, ""))
	ts.Check(err)
	code, message := arg(ts, args, 1, ""), arg(ts, args, 2, "")
	ahead := duration(ts, arg(ts, args, 3, "0s"))
	url, stop := serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		w.WriteHeader(status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message>"+
			"</Error></ErrorResponse>", code, message)
	}))
	ts.Defer(stop)
	ts.Setenv("PORTAL", url)
}

// deny removes every permission from alice.
func deny(_ *testscript.TestScript, w *world, _ []string) { w.aws.SetPolicies(w.alice.ARN) }

// httpsof ENV sets HTTPS_ENV to the URL in ENV, with https.
func httpsOf(ts *testscript.TestScript, _ *world, args []string) {
	name := arg(ts, args, 0, "")
	ts.Setenv("HTTPS_"+name, strings.Replace(ts.Getenv(name), "http:", "https:", 1))
}

// asked HOST... checks that these hosts were connected to through the proxy since the last check, in this order.
func asked(ts *testscript.TestScript, w *world, args []string) {
	if hosts := w.askedHosts(); !slices.Equal(hosts, args) {
		ts.Fatalf("asked were %q", hosts)
	}
}

// portal STATUS starts a web server at $PORTAL that answers every request with the same page.
func portal(ts *testscript.TestScript, _ *world, args []string) {
	status, err := strconv.Atoi(arg(ts, args, 0, ""))
	ts.Check(err)
	url, stop := serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Location", "https://portal.example/")
		w.WriteHeader(status)
		io.WriteString(w, "<!DOCTYPE html><html><body>Please sign in.</body></html>")
	}))
	ts.Defer(stop)
	ts.Setenv("PORTAL", url)
}
