package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// visitor is a browser that follows no redirect: it records its page and the page's first and second answer.
func visitor() {
	file, page := os.Args[1], os.Args[len(os.Args)-1]
	text := strings.Join(os.Args[2:], " ") + "\n" + visit(page) + "\n" + visit(page) + "\n"
	if err := os.WriteFile(file+".part", []byte(text), 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(file+".part", file); err != nil {
		panic(err)
	}
}

func visit(page string) string {
	r, err := http.NewRequest(http.MethodGet, page, nil)
	if err != nil {
		panic(err)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return "nobody"
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || len(body) > 0 {
		return fmt.Sprintf("%q, %v", body, err)
	}
	return response.Header.Get("Location")
}

// refuse is a browser that fails.
func refuse() { os.Exit(3) }

// link FILE SIGNIN DESTINATION ROLE checks that the file is one link to the sign-in service, for that destination and
// role, with AWS's last token, and that the token is neither on stderr nor on the terminal.
func link(ts *testscript.TestScript, w *world, args []string) {
	text, ok := strings.CutSuffix(ts.ReadFile(arg(ts, args, 0, "")), "\n")
	if !ok || strings.ContainsAny(text, "\n ") {
		ts.Fatalf("not one line: %q", text)
	}
	checkLink(ts, w, text, args[1:])
}

func checkLink(ts *testscript.TestScript, w *world, text string, args []string) {
	base, query, _ := strings.Cut(text, "?")
	values, err := url.ParseQuery(query)
	ts.Check(err)
	given := w.aws.SigninTokens()
	if len(given) == 0 {
		ts.Fatalf("AWS gave out no token")
	}
	last := given[len(given)-1]
	want := url.Values{
		"Action":      {"login"},
		"Issuer":      {"awsmfa"},
		"Destination": {arg(ts, args, 1, "")},
		"SigninToken": {last.Token},
	}
	if base != arg(ts, args, 0, "")+"/federation" || values.Encode() != want.Encode() {
		ts.Fatalf("the link is %s?%s\nwanted is   %s", base, values.Encode(), want.Encode())
	}
	if role := arg(ts, args, 2, ""); !strings.Contains(last.ARN, ":assumed-role/"+role+"/") {
		ts.Fatalf("it signs in as %s", last.ARN)
	}
	if strings.Contains(ts.ReadFile("stderr")+ts.ReadFile("ttyout"), last.Token) {
		ts.Fatalf("the token is on stderr or on the terminal")
	}
}

// visited FILE ARGS SIGNIN DESTINATION ROLE checks that the browser got these arguments and a page on loopback, which
// redirected to that link only the first time.
func visited(ts *testscript.TestScript, w *world, args []string) {
	file := ts.MkAbs(arg(ts, args, 0, ""))
	for range 1000 { // awsmfa does not wait until the browser ends
		if _, err := os.Stat(file); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	lines := strings.Split(ts.ReadFile(file), "\n")
	page, ok := strings.CutPrefix(lines[0], strings.TrimLeft(args[1]+" http://127.0.0.1:", " "))
	if !ok || len(lines) != 4 || len(page) < 26 {
		ts.Fatalf("the browser says %q", lines)
	}
	checkLink(ts, w, lines[1], args[2:])
	if token := w.aws.SigninTokens(); strings.Contains(lines[0], token[len(token)-1].Token) {
		ts.Fatalf("the token is among the arguments")
	}
	if !slices.Contains([]string{"nobody", ""}, lines[2]) {
		ts.Fatalf("the second time: %s", lines[2])
	}
	ts.Check(os.Remove(file))
}
