package cli_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"awsmfa/cache"
	"awsmfa/internal/fakeaws"
)

// world is what a test runs awsmfa in: an AWS of its own, whose codes stand still until one is used, and a home with
// the profiles of one user, alice: prod names her device and a region, dev and default name neither.
type world struct {
	aws   *fakeaws.Server
	alice fakeaws.User
	phone fakeaws.Device
	users map[string]fakeaws.User
	home  string

	phoneTime string // where the clocks of authenticators begin

	authority *authority

	mu    sync.Mutex
	asked []string // hosts, by way of the proxy
}

const (
	usualConfig = "[default]\n\n[profile dev]\n\n[profile prod]\nregion = eu-central-1\nmfa_serial = $SERIAL\n"
	usualKeys   = "[default]\naws_access_key_id = $KEY_ID\naws_secret_access_key = $SECRET\n\n" +
		"[dev]\naws_access_key_id = $KEY_ID\naws_secret_access_key = $SECRET\n\n" +
		"[prod]\naws_access_key_id = $KEY_ID\naws_secret_access_key = $SECRET\n"
)

// newWorld makes one with its home in dir. It is over when done is called.
func newWorld(dir string) (w *world, done func(), err error) {
	w = &world{aws: fakeaws.New(), users: map[string]fakeaws.User{}, home: filepath.Join(dir, "home")}
	w.aws.Hold()
	// A step ago: AWS, whose clock of codes stands still, takes two codes for a new device and then one for a session.
	w.phoneTime = strconv.FormatInt(w.aws.CodeTime().Add(-30*time.Second).Unix(), 10)
	if _, err := w.aws.Start(); err != nil {
		return nil, nil, err
	}
	w.alice = w.aws.AddUser(fakeaws.User{Name: "alice"})
	w.users["alice"] = w.alice
	w.phone = w.aws.AddDevice(w.alice.ARN, fakeaws.Device{})
	return w, w.aws.Close, nil
}

// furnish writes the files of the home that the test did not bring, and fills in the variables in those that it did.
func (w *world) furnish(getenv func(string) string) error {
	if err := os.MkdirAll(filepath.Join(w.home, "tmp"), 0o700); err != nil {
		return err
	}
	for name, usual := range map[string]string{"config": usualConfig, "credentials": usualKeys} {
		path := filepath.Join(w.home, ".aws", name)
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			text = []byte(usual)
		case err != nil:
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(fill(string(text), getenv)), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// fill puts the values of variables into text; what is not set stays as it is written.
func fill(text string, getenv func(string) string) string {
	return os.Expand(text, func(name string) string { return cmp.Or(getenv(name), "${"+name+"}") })
}

// environ is all of a program's environment but the PATH: nothing of the developer's is in it.
func (w *world) environ() []string {
	env := []string{
		"HOME=" + w.home,
		"USERPROFILE=" + w.home,
		"LOCALAPPDATA=" + filepath.Join(w.home, "local"),
		"XDG_CACHE_HOME=" + filepath.Join(w.home, ".cache"),
		"TMPDIR=" + filepath.Join(w.home, "tmp"),
		"LANG=C.UTF-8",
		"AWS_ENDPOINT_URL=" + w.aws.URL(),
		"AWSMFA_SHELL=bash",
		"KEY_ID=" + w.alice.Keys[0].ID,
		"SECRET=" + w.alice.Keys[0].Secret,
		"SERIAL=" + w.phone.Serial,
		"PHONE_TIME=" + w.phoneTime,
		"GORACE=atexit_sleep_ms=0",
	}
	if runtime.GOOS == "windows" {
		env = append(env, "SystemRoot="+os.Getenv("SystemRoot"), "PATHEXT="+os.Getenv("PATHEXT"))
	}
	return env
}

func (w *world) cacheDir() string { return filepath.Join(w.home, ".cache", "awsmfa") }

// kept is a file of the cache. Its value is lines: a session's access key ID, secret, token, end and beginning, or a
// device's serial number.
type kept struct {
	name, path string
	lines      []string
}

const (
	keptID = iota
	keptSecret
	keptToken
	keptUntil
	keptSince
)

// files are those of the cache whose names begin so and that can be read.
func (w *world) files(prefix string) []kept {
	paths, err := filepath.Glob(filepath.Join(w.cacheDir(), prefix+"*.cache"))
	if err != nil {
		panic(err)
	}
	var all []kept
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".cache")
		if value, ok, _ := (cache.Dir{Path: w.cacheDir()}).Load(name); ok {
			all = append(all, kept{name, path, strings.Split(string(value), "\n")})
		}
	}
	return all
}

// sessions are the kept ones, of users, roles and others.
func (w *world) sessions() []kept {
	var all []kept
	for _, prefix := range []string{"session-", "plain-", "role-", "outside-"} {
		all = append(all, w.files(prefix)...)
	}
	return slices.DeleteFunc(all, func(k kept) bool { return len(k.lines) <= keptSince })
}

func (w *world) write(k kept) error {
	return cache.Dir{Path: w.cacheDir()}.Store(k.name, []byte(strings.Join(k.lines, "\n")))
}

// age lets the kept sessions be d older than they are.
func (w *world) age(d time.Duration) error {
	for _, k := range w.sessions() {
		for _, i := range []int{keptUntil, keptSince} {
			t, err := time.Parse(time.RFC3339, k.lines[i])
			if err != nil {
				return err
			}
			k.lines[i] = t.Add(-d).Format(time.RFC3339Nano)
		}
		if err := w.write(k); err != nil {
			return err
		}
	}
	return nil
}

// printedSecret finds the secrets in statements for any shell.
var printedSecret = regexp.MustCompile(`AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN)['" :=]+([A-Za-z0-9/+=]{20,})`)

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// secrets are all that must not be shown.
func (w *world) secrets(printed string) []string {
	var all []string
	for _, u := range w.users {
		for _, k := range u.Keys {
			all = append(all, k.Secret)
		}
	}
	for _, k := range w.sessions() {
		all = append(all, k.lines[keptSecret], k.lines[keptToken])
	}
	for _, m := range printedSecret.FindAllStringSubmatch(printed, -1) {
		all = append(all, m[1])
	}
	return all
}

// leak says what of a run was shown and should not have been: a secret or a code on stderr, a secret on the terminal,
// a secret on the stdout of a run that failed.
func (w *world) leak(stdout, stderr, terminal string, failed, reveal bool) error {
	for _, s := range w.secrets(stdout) {
		switch {
		case strings.Contains(stderr, s):
			return errors.New("a secret is on stderr")
		case strings.Contains(terminal, s) && !reveal:
			return errors.New("a secret is on the terminal")
		case strings.Contains(stdout, s) && failed:
			return errors.New("a secret is on the stdout of a failure")
		}
	}
	// 129600 is a limit that a message names.
	if found := sixDigits.FindString(strings.ReplaceAll(stderr, "129600", "")); found != "" {
		return errors.New("six digits are on stderr: " + found)
	}
	return nil
}

// listen serves h over TLS, for whatever name is asked for, with certificates of an authority that nobody knows.
func (w *world) listen(h http.Handler) (addr string, stop func(), err error) {
	if w.authority == nil {
		if w.authority, err = newAuthority(); err != nil {
			return "", nil, err
		}
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: w.authority.certificate})
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go s.Serve(l)
	return l.Addr().String(), func() { s.Close() }, nil
}

// proxy is an HTTP proxy behind which every host is this world's AWS.
func (w *world) proxy() (url string, stop func(), err error) {
	back, stopBack, err := w.listen(w.aws)
	if err != nil {
		return "", nil, err
	}
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.asked = append(w.asked, strings.TrimSuffix(r.Host, ":443"))
		w.mu.Unlock()
		to, err := net.Dial("tcp", back)
		if err != nil || r.Method != http.MethodConnect {
			http.Error(rw, "not here", http.StatusBadGateway)
			return
		}
		from, buffered, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(to, buffered); to.Close() }()
		io.Copy(from, to)
		from.Close()
	}))
	return front.URL, func() { front.Close(); stopBack() }, nil
}

func serve(h http.Handler) (url string, stop func()) {
	s := httptest.NewServer(h)
	return s.URL, s.Close
}

// askedHosts tells which hosts were asked since the last time, each once.
func (w *world) askedHosts() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	hosts := slices.Compact(w.asked)
	w.asked = nil
	return hosts
}

// authority makes certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the company's proxy"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

func (a *authority) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "a host"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if hello.ServerName != "" {
		template.DNSNames = []string{hello.ServerName}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, a.key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, nil
}
