package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/profile"
	"awsmfa/internal/shelltest"
)

// comparedServices are the services whose endpoints are compared.
var comparedServices = []string{"sts", "iam", "sso", "sso_oidc", "signin"}

// variablesAnswer is what botocore or awsmfa makes of the variables and the files that they name.
type variablesAnswer struct {
	Error, Profile, Region, Keys string
	Endpoints                    map[string]string
}

func (v variablesAnswer) String() string {
	if v.Error != "" {
		return "refuses"
	}
	return fmt.Sprintf("%s: region %q, keys %q, %v", v.Profile, v.Region, v.Keys, v.Endpoints)
}

// variablesCase are variables, without the AWS_ before their names, and two files. CONFIG and CREDENTIALS are their
// paths.
type variablesCase struct {
	variables           map[string]string
	config, credentials string
}

// variablesRow is a row of the table of variables in docs/config.md: an intended difference from botocore.
type variablesRow struct {
	row         string // its first cell
	example     map[string]string
	theirs, own string // the beginning of the answer for testConfig and testKeys; theirs is own's if it is ""
	differs     func(variables map[string]string) bool
}

var fromVariables = []variablesRow{
	{
		row:     "`AWS_PROFILE` and `AWS_DEFAULT_PROFILE`, set to different profiles",
		example: map[string]string{"PROFILE": "p", "DEFAULT_PROFILE": "q"},
		theirs:  "q: region \"us-west-2\", keys \"AKIAQ\"", own: "p: region \"eu-west-1\", keys \"AKIAP\"",
		differs: func(v map[string]string) bool {
			return v["PROFILE"] != v["DEFAULT_PROFILE"] && v["PROFILE"] != "" && v["DEFAULT_PROFILE"] != ""
		},
	},
	{
		row:     "`AWS_REGION` beside the profile's `region`",
		example: map[string]string{"PROFILE": "p", "REGION": "us-east-2", "DEFAULT_REGION": "us-east-1"},
		theirs:  "p: region \"us-east-1\", keys \"AKIAP\"", own: "p: region \"us-east-2\", keys \"AKIAP\"",
		differs: func(v map[string]string) bool { return v["REGION"] != "" },
	},
	{
		row:     "`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`",
		example: map[string]string{"PROFILE": "p", "ACCESS_KEY_ID": "AKIAE", "SECRET_ACCESS_KEY": "s"},
		theirs:  "p: region \"eu-west-1\", keys \"AKIAE\"", own: "p: region \"eu-west-1\", keys \"AKIAP\"",
		differs: func(v map[string]string) bool { return v["ACCESS_KEY_ID"] != "" },
	},
	{
		row: "`AWS_ROLE_ARN`, `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_SESSION_NAME`",
		example: map[string]string{
			"PROFILE": "q", "ROLE_ARN": "arn:aws:iam::123456789012:role/r", "WEB_IDENTITY_TOKEN_FILE": "/token",
		},
		theirs: "q: region \"us-west-2\", keys \"web identity\"", own: "q: region \"us-west-2\", keys \"AKIAQ\"",
		differs: func(v map[string]string) bool { return v["ROLE_ARN"] != "" },
	},
	{
		row:     "`AWS_MFA_SERIAL` beside the profile's `mfa_serial`", // device_variable.txtar shows its effect
		example: map[string]string{"PROFILE": "p", "MFA_SERIAL": "arn:aws:iam::123456789012:mfa/alice"},
		own:     "p: region \"eu-west-1\", keys \"AKIAP\"",
	},
	{
		row:     "a value that cannot be understood: `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=maybe`",
		example: map[string]string{"PROFILE": "p", "IGNORE_CONFIGURED_ENDPOINT_URLS": "maybe"},
		theirs:  "p: region \"eu-west-1\", keys \"AKIAP\"", own: "refuses",
		differs: func(v map[string]string) bool { return v["IGNORE_CONFIGURED_ENDPOINT_URLS"] == "maybe" },
	},
	{
		row:     "`AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` with `~user`",
		example: map[string]string{"PROFILE": "p", "SHARED_CREDENTIALS_FILE": "~root/nothing"},
		own:     "p: region \"eu-west-1\", keys \"\"",
	},
}

const (
	testConfig = "[profile p]\nregion = eu-west-1\n[profile q]\nregion = us-west-2\n"
	testKeys   = "[p]\naws_access_key_id = AKIAP\naws_secret_access_key = s\n" +
		"[q]\naws_access_key_id = AKIAQ\naws_secret_access_key = s\n"
)

// compared asks botocore and awsmfa the same.
type compared struct {
	home string
	ask  func(question any) []byte
	// Endpoints says that this botocore knows endpoint_url.
	Endpoints bool
	Version   string
}

func newCompared(t *testing.T) *compared {
	t.Helper()
	c := &compared{home: t.TempDir()}
	var first []byte
	script := filepath.Join("..", "profile", "testdata", "ask_botocore.py")
	first, c.ask = shelltest.Talk(t, "botocore.session", script, c.home)
	if err := json.Unmarshal(first, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// both returns both answers.
func (c *compared) both(t *testing.T, q variablesCase) (theirs, own variablesAnswer) {
	t.Helper()
	variables := map[string]string{
		"AWS_CONFIG_FILE": "~/config", "AWS_SHARED_CREDENTIALS_FILE": "$AWS_TEST_HOME/credentials",
		"AWS_TEST_HOME": c.home,
	}
	for name, value := range q.variables {
		variables["AWS_"+name] = value
	}
	for name, text := range map[string]string{"config": q.config, "credentials": q.credentials} {
		if err := os.WriteFile(filepath.Join(c.home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	question := map[string]any{"variables": variables, "services": comparedServices}
	if err := json.Unmarshal(c.ask(question), &theirs); err != nil {
		t.Fatal(err)
	}
	own, err := c.own(variables)
	if err != nil {
		own = variablesAnswer{Error: err.Error()}
	}
	return theirs, own
}

// own is awsmfa's answer.
func (c *compared) own(variables map[string]string) (v variablesAnswer, err error) {
	a := &app{System: System{Getenv: func(name string) string { return variables[name] }, Home: c.home}}
	f := &profileFlags{}
	if err := f.applyDefaults(a); err != nil {
		return v, err
	}
	p, err := f.load(a)
	if err != nil {
		return v, err
	}
	v = variablesAnswer{Profile: f.Name, Region: a.region("", p), Endpoints: map[string]string{}}
	keys, err := p.KeyPair()
	if v.Keys = keys.AccessKeyID; err != nil && p.Kind() != profile.KindNone {
		return v, err
	}
	for _, service := range comparedServices {
		if v.Endpoints[service], err = a.endpoint(p, service); err != nil {
			return v, err
		}
		if !c.Endpoints {
			v.Endpoints[service] = ""
		}
	}
	return v, nil
}

// The table of variables is that of docs/config.md: both have the same rows, and each row's example is true.
func TestBotocoreVariables(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(doc), "| variable | AWS CLI (botocore) | awsmfa |\n|---|---|---|\n")
	text, _, _ = strings.Cut(text, "\n\n")
	var rows, table []string
	for row := range strings.Lines(text) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		rows = append(rows, cell)
	}
	for _, d := range fromVariables {
		table = append(table, d.row)
	}
	if !slices.Equal(rows, table) {
		t.Errorf("docs/config.md has the rows\n%s\nand the table here\n%s", strings.Join(rows, "\n"),
			strings.Join(table, "\n"))
	}
	c := newCompared(t)
	for _, d := range fromVariables {
		theirs, own := c.both(t, variablesCase{d.example, testConfig, testKeys})
		want := cmp.Or(d.theirs, d.own)
		if !strings.HasPrefix(theirs.String(), want) || !strings.HasPrefix(own.String(), d.own) {
			t.Errorf("%s:\nbotocore %s (%s)\nawsmfa %s (%s)", d.row, theirs, theirs.Error, own, own.Error)
		}
	}
}

// TestVariablesBesideBotocore asks both of random variables and files, for BOTOCORE_TIME, a second if that is not set,
// with the seeds from BOTOCORE_SEED on.
func TestVariablesBesideBotocore(t *testing.T) {
	t.Parallel()
	c := newCompared(t)
	lasts, err := time.ParseDuration(cmp.Or(os.Getenv("BOTOCORE_TIME"), "1s"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv("BOTOCORE_SEED"), "1"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	same, explained := 0, 0
	for end := time.Now().Add(lasts); time.Now().Before(end) && !t.Failed(); seed++ {
		q := randomVariables(rand.New(rand.NewPCG(seed, 0)))
		theirs, own := c.both(t, q)
		switch {
		case theirs.String() == own.String():
			same++
		case slices.ContainsFunc(fromVariables, func(d variablesRow) bool {
			return d.differs != nil && d.differs(q.variables)
		}):
			explained++
		default:
			t.Errorf("BOTOCORE_SEED=%d, %v\nbotocore %s %s (%s)\nawsmfa %s (%s)\nconfig:\n%s", seed, q.variables,
				c.Version, theirs, theirs.Error, own, own.Error, q.config)
		}
	}
	t.Logf("botocore %s: %d answers are the same, %d differences are in the table", c.Version, same, explained)
	if same == 0 {
		t.Error("no answer was the same")
	}
}

// randomVariables sets some variables, and writes profiles with endpoints.
func randomVariables(r *rand.Rand) variablesCase {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	often := func(percent int) bool { return r.IntN(100) < percent }
	url := func() string { return "https://" + strconv.Itoa(r.IntN(99)) + ".example" }
	q := variablesCase{variables: map[string]string{}, credentials: testKeys}
	set := func(percent int, name, value string) {
		if often(percent) {
			q.variables[name] = value
		}
	}
	set(60, "PROFILE", one("p", "q", "default", "missing"))
	set(20, "DEFAULT_PROFILE", one("p", "q"))
	set(10, "REGION", "us-east-2")
	set(20, "DEFAULT_REGION", "us-east-1")
	set(20, "ENDPOINT_URL", url())
	set(20, "ENDPOINT_URL_STS", url())
	set(10, "ENDPOINT_URL_IAM", url())
	set(10, "ENDPOINT_URL_SSO_OIDC", url())
	set(20, "IGNORE_CONFIGURED_ENDPOINT_URLS", one("true", "false", "TRUE", "maybe"))
	for _, name := range []string{"profile p", "profile q", "default"} {
		if name != "default" && often(10) { // without it awsmfa has no profile
			continue
		}
		q.config += "[" + name + "]\n"
		for key, value := range map[string]string{
			"region": one("eu-west-1", "us-west-2"), "endpoint_url": url(), "services": one("s", "t"),
			"ignore_configured_endpoint_urls": one("true", "false"),
		} {
			if often(30) {
				q.config += key + " = " + value + "\n"
			}
		}
	}
	for _, name := range []string{"s", "t"} {
		q.config += "[services " + name + "]\n"
		for _, service := range comparedServices {
			if service == "sts" || often(40) { // an empty section is none for botocore
				q.config += service + " =\n  endpoint_url = " + url() + "\n"
			}
		}
	}
	return q
}
