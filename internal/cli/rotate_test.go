package cli_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"awsmfa/internal/fakeaws"
)

// userkeys USER [active|inactive]... compares the user's keys at AWS, in the order of their creation, and sets USER_1
// and USER_1_SECRET to the first, and so on. The last run's output must have none of their secrets in it.
func userKeys(ts *testscript.TestScript, w *world, args []string) {
	user := arg(ts, args, 0, "")
	var have []string
	for i, k := range w.aws.Keys(w.users[user].ARN) {
		have = append(have, strings.ToLower(k.Status.String()))
		name := user + "_" + strconv.Itoa(i+1)
		ts.Setenv(name, k.ID)
		ts.Setenv(name+"_SECRET", k.Secret)
		if strings.Contains(ts.ReadFile("stdout")+ts.ReadFile("stderr")+ts.ReadFile("ttyout"), k.Secret) {
			ts.Fatalf("the output has the secret of %s", k.ID)
		}
	}
	if !slices.Equal(have, args[1:]) {
		ts.Fatalf("the keys are %v", have)
	}
}

// newkey USER [inactive] adds a key to the user, and sets NEW_ID and NEW_SECRET to it.
func newKey(ts *testscript.TestScript, w *world, args []string) {
	k := fakeaws.AccessKey{}
	if arg(ts, args, 1, "active") == "inactive" {
		k.Status = fakeaws.KeyInactive
	}
	k = w.aws.AddKey(w.users[arg(ts, args, 0, "")].ARN, k)
	ts.Setenv("NEW_ID", k.ID)
	ts.Setenv("NEW_SECRET", k.Secret)
}

// lag N makes AWS refuse a new key in the first N requests; -1 means always.
func lag(ts *testscript.TestScript, w *world, args []string) {
	n, err := strconv.Atoi(arg(ts, args, 0, ""))
	ts.Check(err)
	w.aws.SetKeyLag(n)
}

// permit USER ACTION... allows the user these IAM actions on the user itself, and nothing else.
func permit(_ *testscript.TestScript, w *world, args []string) {
	u := w.users[args[0]]
	var quoted []string
	for _, action := range args[1:] {
		quoted = append(quoted, strconv.Quote("iam:"+action))
	}
	w.aws.SetPolicies(u.ARN, fmt.Sprintf(
		`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": [%s], "Resource": %q}}`,
		strings.Join(quoted, ", "), u.ARN))
}

// then ACTION N forget|end|newkey USER, cut|cutafter ACTION, write FROM TO, leave: after the Nth request for ACTION AWS
// refuses the user's newest key, ends the user's sessions, or has another key of the user's; AWS cuts the connection
// before or after it does the other ACTION; the file TO gets the text of FROM; or nothing happens any more.
func then(ts *testscript.TestScript, w *world, args []string) {
	action := arg(ts, args, 0, "")
	n, err := strconv.Atoi(arg(ts, args, 1, ""))
	ts.Check(err)
	do := map[string]func(){
		"leave": func() {},
		"cut": func() {
			w.aws.Inject(fakeaws.Fault{Kind: fakeaws.Cut, Action: strings.Trim(args[3], "*"), Times: -1})
		},
		"cutafter": func() {
			w.aws.Inject(fakeaws.Fault{Kind: fakeaws.CutAfter, Action: strings.Trim(args[3], "*"), Times: -1})
		},
		"newkey": func() { w.aws.AddKey(w.users[args[3]].ARN, fakeaws.AccessKey{}) },
		"end":    func() { w.aws.EndSessions(w.users[args[3]].ARN) },
		"forget": func() {
			all := w.aws.Keys(w.users[args[3]].ARN)
			w.aws.ForgetKey(all[len(all)-1].ID, -1)
		},
		"write": func() {
			text, err := os.ReadFile(ts.MkAbs(args[3]))
			if err == nil {
				err = os.WriteFile(ts.MkAbs(args[4]), text, 0o600)
			}
			if err != nil {
				panic(err)
			}
		},
	}[arg(ts, args, 2, "")]
	w.aws.OnRequest(func(what string, done bool) {
		if what == action && done {
			if n--; n == 0 {
				do()
			}
		}
	})
}
