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

// world is the surroundings in which a test runs awsmfa: an AWS, whose clock for codes stands still until a code is
// used, and a home with the profiles of one user, alice: prod names her device and a region, dev and default name
// neither.
type world struct {
	aws   *fakeaws.Server
	alice fakeaws.User
	phone fakeaws.Device
	users map[string]fakeaws.User
	home  string

	phoneTime string // the start time of the authenticator program's clock

	authority *authority

	mu    sync.Mutex
	asked []string // the hosts connected to through the proxy
}

const (
	usualConfig = "[default]\n\n[profile dev]\n\n[profile prod]\nregion = eu-central-1\nmfa_serial = $SERIAL\n"
	usualKeys   = "[default]\naws_access_key_id = $KEY_ID\naws_secret_access_key = $SECRET\n\n" +
		"[dev]\naws_access_key_id = $KEY_ID\naws_secret_access_key = $SECRET\n\n" +
		"[prod]\naws_access_key_id = $KEY_ID\naws_secret_access_key = $SECRET\n"
)

// newWorld returns a world with its home in dir. Calling done ends it.
func newWorld(dir string) (w *world, done func(), err error) {
	w = &world{aws: fakeaws.New(), users: map[string]fakeaws.User{}, home: filepath.Join(dir, "home")}
	w.aws.Hold()
	// One step ago: AWS, whose clock stands still, must accept two codes for a new device and then one for a session.
	w.phoneTime = strconv.FormatInt(w.aws.CodeTime().Add(-30*time.Second).Unix(), 10)
	if _, err := w.aws.Start(); err != nil {
		return nil, nil, err
	}
	w.alice = w.aws.AddUser(fakeaws.User{Name: "alice"})
	w.users["alice"] = w.alice
	w.phone = w.aws.AddDevice(w.alice.ARN, fakeaws.Device{})
	return w, w.aws.Close, nil
}

// furnish writes the config and credentials files that the test has not, and replaces variables in those that it has.
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

// fill replaces variables in text by their values; a variable that is not set stays.
func fill(text string, getenv func(string) string) string {
	return os.Expand(text, func(name string) string { return cmp.Or(getenv(name), "${"+name+"}") })
}

// environ is a program's whole environment except the PATH, with no variable of the developer's.
func (w *world) environ() []string {
	env := []string{
		"HOME=" + w.home,
		"USERPROFILE=" + w.home,
		"LOCALAPPDATA=" + filepath.Join(w.home, "local"),
		"XDG_CACHE_HOME=" + filepath.Join(w.home, ".cache"),
		"XDG_DATA_HOME=" + filepath.Join(w.home, ".local", "share"),
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

// files returns the readable files of the cache whose names begin with prefix.
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

// sessions returns the cached sessions, of users, roles and external sources.
func (w *world) sessions() []kept {
	var all []kept
	for _, prefix := range []string{"session-", "role-", "external-"} {
		all = append(all, w.files(prefix)...)
	}
	return slices.DeleteFunc(all, func(k kept) bool { return len(k.lines) <= keptSince })
}

func (w *world) write(k kept) error {
	return cache.Dir{Path: w.cacheDir()}.Store(k.name, []byte(strings.Join(k.lines, "\n")))
}

// age makes the cached sessions d older.
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

// printedSecret matches the secrets in statements for any shell.
var printedSecret = regexp.MustCompile(`AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN)['" :=]+([A-Za-z0-9/+=]{20,})`)

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// secrets returns the values that must not be shown.
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

// leak returns an error if a run showed a secret or a code on stderr, or a secret on the terminal or on the stdout of a
// failed run.
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
	// A message names 129600 as a limit.
	if found := sixDigits.FindString(strings.ReplaceAll(stderr, "129600", "")); found != "" {
		return errors.New("six digits are on stderr: " + found)
	}
	return nil
}

// listen serves h over TLS, under every host name, with certificates of an authority that is not trusted by default.
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

// proxy starts an HTTP proxy that connects every host name to an AWS.
func (w *world) proxy(aws http.Handler) (url string, stop func(), err error) {
	back, stopBack, err := w.listen(aws)
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

// askedHosts returns the hosts connected to through the proxy since the last call, without repetitions.
func (w *world) askedHosts() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	hosts := slices.Compact(w.asked)
	w.asked = nil
	return hosts
}

// authority is a certificate authority.
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
