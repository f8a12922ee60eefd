// Package browser opens a secret link in a web browser without showing it to other users. All users of a computer can
// see a program's arguments, so the browser is started with the address of a page on loopback, which redirects the
// first request to the link, and no other. Of the environment the package reads only PATH, to find a program; it prints
// nothing, and discards the browser's output.
//
// It uses no library: those that exist run one program, wait until it ends, and pass its output through to stdout; none
// reports whether a browser asked for the page. A redirecting file that only the user can read would need no server,
// but browsers from snap and flatpak may not read it.
package browser

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"awsmfa/internal/msg"
)

// A Program opens web pages.
type Program struct {
	Name string
	// start makes the program open a page, and sends the program's result to done when it ends: that may be long before
	// the page opens, or only when the browser is closed.
	start func(page string, done chan<- error) error
}

// Find returns the programs to try, the best first. setting is the BROWSER variable: programs, separated as in PATH,
// each with arguments, in which %s stands for the page. If it is empty, they are the system's own programs. environ is
// the programs' environment. The error is a *msg.Error: no program was found.
func Find(setting string, environ []string) ([]Program, error) {
	if setting == "" {
		return found(system(environ))
	}
	var named []Program
	for _, entry := range filepath.SplitList(setting) {
		words := strings.Fields(entry)
		if _, err := exec.LookPath(entry); err == nil { // its name has spaces
			words = []string{entry}
		}
		if len(words) > 0 {
			named = append(named, command(environ, words...))
		}
	}
	return found(named)
}

func found(programs []Program) ([]Program, error) {
	var names []string
	var there []Program
	for _, p := range programs {
		names = append(names, p.Name)
		if p.start != nil {
			there = append(there, p)
		}
	}
	if len(there) == 0 {
		return nil, msg.Errorf("no program that opens a browser was found (looked for: %s)", msg.List(names)).
			Hint("name one in BROWSER; without --open the link is printed: open it in a browser yourself")
	}
	return there, nil
}

// command returns the program that runs words; if it cannot be found, it has no start.
func command(environ []string, words ...string) Program {
	path, err := exec.LookPath(words[0])
	if err != nil {
		return Program{Name: words[0]}
	}
	return Program{words[0], func(page string, done chan<- error) error {
		cmd := exec.Command(path, arguments(words[1:], page)...)
		cmd.Env = environ
		cmd.SysProcAttr = apart() // it may become the browser, which Ctrl-C here must not end
		if err := cmd.Start(); err != nil {
			return err
		}
		go func() { done <- cmd.Wait() }()
		return nil
	}}
}

func arguments(words []string, page string) []string {
	var args []string
	placed := false
	for _, w := range words {
		placed = placed || strings.Contains(w, "%s")
		args = append(args, strings.ReplaceAll(w, "%s", page))
	}
	if !placed {
		args = append(args, page)
	}
	return args
}

// printLink is the hint when no browser can be opened.
const printLink = "without --open the link is printed: open it in a browser yourself"

// Show opens link with one of the programs, and returns when a browser has asked for it. After a program that fails,
// which goes to trace, it tries the next. The error is a *msg.Error: all failed, or no browser asked for the link
// within timeout; or it is ctx's.
func Show(
	ctx context.Context, programs []Program, link string, timeout time.Duration, trace func(string, ...any),
) error {
	p, err := serve(link)
	if err != nil {
		return msg.Errorf("listening on 127.0.0.1 for the browser: %s", msg.Cause(err)).Hint(printLink).Wrap(err)
	}
	defer p.close()
	late := time.After(timeout)
	for _, program := range programs {
		done := make(chan error, 1)
		if err := program.start(p.url(), done); err != nil {
			done <- err
		}
		for failed := false; !failed; {
			select {
			case <-p.given:
				return nil
			case err := <-done: // after nil, the browser that it started may still ask for the page
				failed = err != nil && !p.used.Load()
				if failed {
					trace("browser: %s: %v", program.Name, err)
				}
			case <-late:
				return msg.Errorf("no browser opened the link within %s", timeout).Hint(printLink)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return msg.Errorf("%s could not open a browser", msg.Path(programs[len(programs)-1].Name)).
		Hint("without --open the link is printed: open it in a browser yourself; --debug says what was tried")
}

// viewerTime is how long a program that opens a file may take to say that it cannot.
const viewerTime = 2 * time.Second

// View opens a file with one of the programs; it must exist for as long as the program shows it. The error is a
// *msg.Error: all failed; or it is ctx's.
func View(ctx context.Context, programs []Program, file string, trace func(string, ...any)) error {
	for _, program := range programs {
		done := make(chan error, 1)
		if err := program.start(file, done); err != nil {
			done <- err
		}
		select {
		case err := <-done:
			if err == nil {
				return nil
			}
			trace("viewer: %s: %v", program.Name, err)
		case <-time.After(viewerTime): // it shows the file
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return NoViewer(file)
}

// NoViewer is the error for a picture that no program opens.
func NoViewer(file string) *msg.Error {
	return msg.Errorf("no program opens the picture: open %s yourself", msg.Path(file))
}

// page redirects one request to a link.
type page struct {
	link, host, path string
	used             atomic.Bool
	given            chan struct{} // closed when a browser has the link
	server           *http.Server
}

// serve puts the page on a port of 127.0.0.1 and at a path that nobody can guess. A user who reads the arguments of
// other users' programs could still be quicker than the browser, which then shows "410 Gone".
func serve(link string) (*page, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &page{link: link, host: l.Addr().String(), path: "/" + rand.Text(), given: make(chan struct{})}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	p.server.SetKeepAlivesEnabled(false)
	go p.server.Serve(l) //nolint:errcheck // it ends with close
	return p, nil
}

func (p *page) url() string { return "http://" + p.host + p.path }

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	switch {
	case r.Host != p.host, subtle.ConstantTimeCompare([]byte(r.URL.Path), []byte(p.path)) == 0:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodHead: // wslview looks before it opens
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !p.used.CompareAndSwap(false, true):
		w.WriteHeader(http.StatusGone)
	default:
		w.Header().Set("Location", p.link)
		w.WriteHeader(http.StatusFound)
		close(p.given)
	}
}

// goodbye is how long the browser may take to read the answer.
const goodbye = time.Second

func (p *page) close() {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if err := p.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) { // a connection without a request
		_ = p.server.Close()
	}
}
