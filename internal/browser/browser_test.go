package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/msg"
)

const (
	link = "https://signin.aws.amazon.com/federation?Action=login&SigninToken=secret"
	long = time.Minute
)

// get requests a page as a browser does, but follows no redirect.
func get(t *testing.T, method, url, host string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	return response, err
}

// does is a program that calls do with the page.
func does(do func(page string) error) Program {
	return Program{"a program", func(page string, done chan<- error) error {
		go func() { done <- do(page) }()
		return nil
	}}
}

func quiet(string, ...any) {}

// The first GET of the page gets the link and nothing else does; after it the server is closed.
func TestOnce(t *testing.T) {
	var page string
	program := does(func(p string) error {
		page = p
		for what, r := range map[string]struct{ method, url, host string }{
			"HEAD":         {"HEAD", p, ""},
			"POST":         {"POST", p, ""},
			"elsewhere":    {"GET", p + "x", ""},
			"the root":     {"GET", p[:strings.LastIndex(p, "/")+1], ""},
			"another name": {"GET", p, "evil.example"},
		} {
			response, err := get(t, r.method, r.url, r.host)
			ok := err == nil && response.StatusCode == http.StatusOK
			if err != nil || response.Header.Get("Location") != "" || ok != (what == "HEAD") {
				t.Errorf("%s: %v %v", what, response, err)
			}
		}
		response, err := get(t, "GET", p, "")
		if err != nil {
			return err
		}
		h := response.Header
		if response.StatusCode != http.StatusFound || h.Get("Location") != link ||
			h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%v", response)
		}
		return nil
	})
	if err := Show(t.Context(), []Program{program}, link, long, quiet); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(page, "http://127.0.0.1:") || strings.Contains(page, "secret") ||
		len(page) < len("http://127.0.0.1:1/")+26 {
		t.Errorf("the page is %s", page)
	}
	if response, err := get(t, "GET", page, ""); err == nil {
		t.Errorf("somebody still answers: %v", response)
	}
}

// Of many requests at the same time, one gets the link.
func TestCrowd(t *testing.T) {
	p, err := serve(link)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	statuses := make(chan int)
	for range 20 {
		go func() {
			response, err := get(t, "GET", p.url(), "")
			if err != nil {
				statuses <- 0
				return
			}
			statuses <- response.StatusCode
		}()
	}
	count := map[int]int{}
	for range 20 {
		count[<-statuses]++
	}
	if count[http.StatusFound] != 1 || count[http.StatusGone] != 19 {
		t.Errorf("%v", count)
	}
}

// After a program that fails the next is tried, but not after one that ends well before the browser asks for the page.
func TestPrograms(t *testing.T) {
	broken := does(func(string) error { return errors.New("broken") })
	missing := Program{"missing", func(string, chan<- error) error { return errors.New("missing") }}
	fetch := func(page string) error { _, err := get(t, "GET", page, ""); return err }
	later := Program{"later", func(page string, done chan<- error) error {
		done <- nil
		go fetch(page) //nolint:errcheck // Show's result is checked
		return nil
	}}
	fetchAndFail := Program{"came", func(page string, done chan<- error) error {
		done <- errors.Join(fetch(page), errors.New("no such host"))
		return nil
	}}
	for name, c := range map[string]struct {
		programs []Program
		tried    string
		ok       bool
	}{
		"the second":      {[]Program{broken, does(fetch)}, "a program", true},
		"the third":       {[]Program{missing, broken, later}, "missing a program", true},
		"later":           {[]Program{later, broken}, "", true},
		"came and failed": {[]Program{fetchAndFail}, "", true},
		"none":            {[]Program{broken, missing}, "a program missing", false},
	} {
		for range 20 { // events at the same time arrive in any order
			var tried []string
			trace := func(_ string, args ...any) { tried = append(tried, fmt.Sprint(args[0])) }
			err := Show(t.Context(), c.programs, link, long, trace)
			if (err == nil) != c.ok || strings.Join(tried, " ") != c.tried || !c.ok && msg.HintOf(err) == "" {
				t.Errorf("%s: %v, %q", name, err, tried)
			}
		}
	}
}

func TestNobody(t *testing.T) {
	idle := does(func(string) error { return nil })
	err := Show(t.Context(), []Program{idle}, link, time.Millisecond, quiet)
	if err == nil || !strings.Contains(err.Error(), "no browser opened") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelling := does(func(string) error { cancel(); return nil })
	if err := Show(ctx, []Program{cancelling}, link, long, quiet); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct{ words, want []string }{
		{nil, []string{"PAGE"}},
		{[]string{"-new-tab"}, []string{"-new-tab", "PAGE"}},
		{[]string{"--app=%s", "x"}, []string{"--app=PAGE", "x"}},
	} {
		if got := arguments(c.words, "PAGE"); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.words, got)
		}
	}
}

// BROWSER names several programs, with arguments; some do not exist, and a name may have spaces.
func TestFind(t *testing.T) {
	name := "a browser"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	spaced := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(spaced, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	known := "known" + filepath.Ext(name)
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, known), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	setting := []string{"no-such-browser --tab", "", known + " --tab", spaced}
	programs, err := Find(strings.Join(setting, string(filepath.ListSeparator)), nil)
	var names []string
	for _, p := range programs {
		names = append(names, p.Name)
	}
	if err != nil || !slices.Equal(names, []string{known, spaced}) {
		t.Errorf("%q %v", names, err)
	}
	if _, err := Find("no-such-browser --tab", nil); err == nil || !strings.Contains(err.Error(), "no-such-browser") {
		t.Error(err)
	}
	t.Setenv("PATH", t.TempDir())
	programs, err = Find("", nil)
	if runtime.GOOS == "linux" && (err == nil || !strings.Contains(err.Error(), "xdg-open")) {
		t.Errorf("%v %v", programs, err)
	}
}
