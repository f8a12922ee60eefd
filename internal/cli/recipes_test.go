//go:build unix

package cli_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"awsmfa/internal/shelltest"
)

// A recipe is a section of a page below docs/recipes, with the program that it is for.
type recipe struct {
	page, heading, program string
	// inCI says that .ci/run installs the program on Debian, so that the test may not be skipped there.
	inCI bool
	// prepare makes what the section takes for granted, and returns more of its environment.
	prepare func(t *testing.T, w *world, dir string) (env []string)
	// before and after are what a test does and a person would not.
	before, after string
	// want matches what the section's commands print.
	want string
}

// The commands and files of the recipes work with the real programs, as far as these are installed.
func TestRecipes(t *testing.T) {
	for _, r := range []recipe{
		{
			page: "infrastructure", heading: "terraform", program: "terraform", prepare: s3,
			want: `(?s)Terraform has been successfully initialized!.*No changes`,
		},
		{
			page: "infrastructure", heading: "boto3", program: "python3", inCI: true, prepare: boto3,
			want: `(?s)nightly-report.*nightly-report`,
		},
		{
			page: "editors", heading: "direnv", program: "direnv", inCI: true,
			after: `direnv exec . sh -c 'echo "$AWSMFA_PROFILE $AWS_ACCESS_KEY_ID"'`, want: `\nprod ASIA\w+\n$`,
		},
		{
			page: "containers", heading: "Docker", program: "docker", prepare: dockerd,
			want: `asked with a session: true`,
		},
		{
			page: "containers", heading: "kubectl with EKS", program: "kubectl", prepare: cluster,
			want: `\bwith-a-session\b`,
		},
		{
			page: "ssh", heading: "SSH through it", program: "ssh", prepare: standInCLI,
			before: `ssh() { command ssh -F .ssh/config "$@" || true; }` + "\n", // it takes the home of /etc/passwd
			want: `prod ASIA\w+ ssm start-session --target i-0123456789abcdef0 --document-name AWS-StartSSHSession ` +
				`--parameters portNumber=22`,
		},
		{
			page: "codes", heading: "pass", program: "pass", inCI: true, prepare: passwords,
			after: `AWSMFA_CODE_COMMAND= awsmfa exec prod -- sh -c 'echo "$AWS_ACCESS_KEY_ID"'`, want: `ASIA\w+\n$`,
		},
		{
			page: "aws-vault", heading: "One profile", program: "bash", inCI: true, prepare: vault,
			after: `awsmfa exec prod -- sh -c 'echo "$AWS_ACCESS_KEY_ID"'`, want: `ASIA\w+\n$`,
		},
	} {
		t.Run(r.program, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(r.program); err != nil {
				if r.inCI && runtime.GOOS == "linux" {
					shelltest.NotInstalled(t, r.program)
				}
				t.Skipf("%s is not installed", r.program)
			}
			w := inWorld(t)
			env := append(awsClients(t, w), w.codes(t, 1)...)
			if r.prepare != nil {
				env = append(env, r.prepare(t, w, w.home)...)
			}
			script := "set -e\n" + r.before + r.section(t, w) + r.after
			cmd := exec.Command("bash", "-c", script)
			cmd.Env, cmd.Dir = env, w.home
			out, err := cmd.CombinedOutput()
			if !regexp.MustCompile(r.want).Match(out) {
				t.Errorf("%v: %s\nprinted: %s\nwhich does not match %s", err, script, out, r.want)
			}
		})
	}
}

var (
	recipeBlock = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	fileName    = regexp.MustCompile(`^# (\S+)\n`)
)

// section writes the files that the section shows, whose first line is their name, and returns its commands.
func (r recipe) section(t *testing.T, w *world) (commands string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "recipes", r.page+".md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(page), "\n## "+r.heading+"\n")
	if !ok {
		t.Fatalf("%s.md has no heading %q", r.page, r.heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	for _, block := range recipeBlock.FindAllStringSubmatch(text, -1) {
		name := fileName.FindStringSubmatch(block[2])
		if name == nil {
			commands += strings.ReplaceAll(block[2], "secret=KEY'", "secret="+w.phone.Seed+"'")
			continue
		}
		path := filepath.Join(w.home, strings.TrimPrefix(name[1], "~/"))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		content := block[2]
		if old, err := os.ReadFile(path); err == nil { // the AWS files have other profiles
			content = strings.Replace(string(old), "[profile prod]\n", content, 1)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if commands == "" {
		t.Fatalf("%s.md, %s, has no command", r.page, r.heading)
	}
	return commands
}

// signed reports whether a session signed the request.
func signed(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Authorization"), "Credential=ASIA")
}

// s3 is an S3 in which nothing is stored.
func s3(t *testing.T, _ *world, _ string) []string {
	url, stop := serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case !signed(r):
			http.Error(rw, "not a session", http.StatusForbidden)
		case r.URL.Query().Has("list-type"), r.URL.Query().Has("prefix"):
			io.WriteString(rw, "<ListBucketResult><Name>states</Name></ListBucketResult>")
		default:
			rw.WriteHeader(http.StatusNotFound)
			io.WriteString(rw, "<Error><Code>NoSuchKey</Code></Error>")
		}
	}))
	t.Cleanup(stop)
	// A bucket is a host below the endpoint's, which only the proxy finds.
	return []string{"AWS_ENDPOINT_URL_S3=http://s3.example", "HTTP_PROXY=" + url}
}

// boto3 finds AWS through a proxy: older versions know no AWS_ENDPOINT_URL.
func boto3(t *testing.T, w *world, dir string) []string {
	python, err := exec.LookPath(shelltest.Python(t, "boto3"))
	if err != nil {
		t.Fatal(err)
	}
	url, stop, err := w.proxy()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	bin := filepath.Join(dir, "bin")
	program := "#!/bin/sh\nHTTPS_PROXY=" + url + " AWS_CA_BUNDLE='" + dir + "/ca.pem' exec " + python + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), w.authority.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{withProgram(t, bin, "python3", program)}
}

// withProgram writes a program into the directory, and returns the PATH that begins with it.
func withProgram(t *testing.T, dir, name, text string) (path string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return "PATH=" + dir + ":" + bin + ":" + os.Getenv("PATH")
}

// dockerd is a Docker server without images, which answers with the variables that a container would get.
func dockerd(t *testing.T, _ *world, dir string) []string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Api-Version", "1.44")
		rw.Header().Set("Content-Type", "application/json")
		if !strings.HasSuffix(r.URL.Path, "/containers/create") {
			io.WriteString(rw, "{}")
			return
		}
		body, _ := io.ReadAll(r.Body)
		rw.WriteHeader(http.StatusInternalServerError)
		var container struct{ Env []string }
		err := json.Unmarshal(body, &container)
		slices.Sort(container.Env) // some versions of docker mix them
		complete := err == nil && regexp.MustCompile(`^AWS_ACCESS_KEY_ID=ASIA\w+ AWS_REGION=\S+ `+
			`AWS_SECRET_ACCESS_KEY=\S+ AWS_SESSION_TOKEN=\S+$`).MatchString(strings.Join(container.Env, " "))
		fmt.Fprintf(rw, `{"message": "asked with a session: %t"}`, complete)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return []string{"DOCKER_HOST=tcp://" + listener.Addr().String(), "DOCKER_CONFIG=" + dir}
}

// cluster is a Kubernetes with one pod, for clients whose token AWS would accept as that of a session.
func cluster(t *testing.T, w *world, dir string) []string {
	needAWSCLI(t, awsClients(t, w))
	address, stop, err := w.listen(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer k8s-aws-v1.")
		url, _ := base64.RawURLEncoding.DecodeString(token)
		rw.Header().Set("Content-Type", "application/json")
		switch {
		case !strings.Contains(string(url), "X-Amz-Credential=ASIA"):
			rw.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/api":
			io.WriteString(rw, `{"kind": "APIVersions", "versions": ["v1"]}`)
		case r.URL.Path == "/apis":
			io.WriteString(rw, `{"kind": "APIGroupList", "apiVersion": "v1", "groups": []}`)
		case r.URL.Path == "/api/v1":
			io.WriteString(rw, `{"kind": "APIResourceList", "groupVersion": "v1", "resources": [{"name": "pods",
				"singularName": "pod", "namespaced": true, "kind": "Pod", "verbs": ["list"], "shortNames": ["po"]}]}`)
		default:
			io.WriteString(rw, `{"kind": "PodList", "apiVersion": "v1", "items": [{"kind": "Pod", "apiVersion": "v1",
				"metadata": {"name": "with-a-session", "namespace": "default"}}]}`)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), w.authority.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	// The page shows only the user.
	rest := "clusters: [{name: c, cluster: {server: 'https://" + address + "', certificate-authority: ca.pem}}]\n" +
		"contexts: [{name: c, context: {cluster: c, user: cluster}}]\ncurrent-context: c\n"
	if err := os.WriteFile(filepath.Join(dir, "rest"), []byte(rest), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"KUBECONFIG=" + dir + "/kubeconfig:" + dir + "/rest"}
}

// standInCLI is an AWS CLI that prints its session and arguments, and connects to nothing.
func standInCLI(t *testing.T, _ *world, dir string) []string {
	program := "#!/bin/sh\necho \"$AWSMFA_PROFILE $AWS_ACCESS_KEY_ID $*\" >&2\n"
	bin := filepath.Join(dir, "bin")
	return []string{withProgram(t, bin, "aws", program)}
}

// vault is a stand-in for aws-vault, which alone has the keys: it prints what aws-vault 7 does (cli/export.go).
func vault(t *testing.T, w *world, dir string) []string {
	if err := os.Remove(filepath.Join(w.home, ".aws", "credentials")); err != nil {
		t.Fatal(err)
	}
	program := "#!/bin/sh\n[ \"$*\" = 'export --no-session --format=export-env prod' ] || exit 1\n" +
		"echo export AWS_ACCESS_KEY_ID=" + w.alice.Keys[0].ID + "\n" +
		"echo export AWS_SECRET_ACCESS_KEY=" + w.alice.Keys[0].Secret + "\n" +
		"echo export AWS_REGION=eu-central-1\n"
	return []string{withProgram(t, filepath.Join(dir, "bin"), "aws-vault", program)}
}

// passwords is a store of pass, with a key of its own to encrypt it.
func passwords(t *testing.T, w *world, dir string) []string {
	if _, err := exec.LookPath("oathtool"); err != nil { // which pass otp runs
		shelltest.NotInstalled(t, "oathtool")
	}
	env := append(awsClients(t, w), "GNUPGHOME="+dir)
	t.Cleanup(func() {
		cmd := exec.Command("gpgconf", "--kill", "gpg-agent")
		cmd.Env = env
		cmd.Run() //nolint:errcheck // it ends in any case
	})
	cmd := exec.Command("sh", "-ec", `
		gpg --batch --quiet --passphrase '' --quick-generate-key alice default default never
		pass init alice`)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return []string{"GNUPGHOME=" + dir}
}
