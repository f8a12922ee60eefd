//go:build unix

package cli_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
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

// A recipe is a section of a page below docs/recipes, or what is before the first one, with the program that it is for.
type recipe struct {
	page, heading, program string
	// inCI says that .ci/run installs the program on Debian, so that the test may not be skipped there. The other
	// programs are installed by its step recipes, which sets RECIPES.
	inCI bool
	// longTerm says that awsmfa itself signs more requests with the access key than that for a session.
	longTerm bool
	// prepare makes what the section takes for granted, and returns more of its environment.
	prepare func(t *testing.T, w *world, dir string) (env []string)
	// before and after are what a test does and a person would not.
	before, after string
	// want matches what the section's commands print.
	want string
}

// The commands and files of the recipes work with the real programs, as far as these are installed.
func TestRecipes(t *testing.T) {
	t.Parallel()
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
			page: "infrastructure", heading: "CDK", program: "cdk", prepare: stacks,
			before: "awsmfa config prod --write\n", want: `(?s)Topic.*differences: 1.*Topic.*differences: 1`,
		},
		{
			page: "editors", heading: "direnv", program: "direnv", inCI: true,
			after: `direnv exec . sh -c 'echo "$AWSMFA_PROFILE $AWS_ACCESS_KEY_ID"'`, want: `\nprod ASIA\w+\n$`,
		},
		{ // a stand-in for VS Code
			page: "editors", heading: "VS Code and JetBrains IDEs", program: "bash", inCI: true,
			prepare: standIn("code", `echo "opens $* with $AWS_ACCESS_KEY_ID"`),
			after:   `AWSMFA_CODE_COMMAND=false awsmfa exec prod-mfa -- sh -c 'echo "listed: $AWS_ACCESS_KEY_ID"'`,
			want:    `\nopens \. with ASIA\w+\nlisted: ASIA\w+\n$`,
		},
		{ // a stand-in for wsl.exe
			page: "editors", heading: "WSL", program: "pwsh",
			prepare: standIn("wsl", `IFS=:; for name in $WSLENV; do eval "echo $name=\$$name"; done`),
			want: `\nAWS_ACCESS_KEY_ID=ASIA\w+\nAWS_SECRET_ACCESS_KEY=\S+\nAWS_SESSION_TOKEN=\S+\n` +
				`AWS_REGION=eu-central-1\n$`,
		},
		{
			page: "containers", heading: "Docker", program: "docker", prepare: dockerd,
			want: `asked with a session: true`,
		},
		{
			page: "containers", heading: "compose", program: "docker-compose", prepare: compose,
			want: `asked with a session: true`,
		},
		{
			page: "containers", heading: "dev containers", program: "devcontainer", prepare: devContainer,
			after: `awsmfa exec prod -- devcontainer exec --docker-path bin/docker --workspace-folder . env`,
			want:  `(?s)AWS_ACCESS_KEY_ID=ASIA\w+\nAWS_SECRET_ACCESS_KEY=\S+\nAWS_SESSION_TOKEN=\S+\nAWS_REGION=\S+\n`,
		},
		{
			page: "containers", heading: "Login to ECR", program: "docker", prepare: registry,
			want: `Login Succeeded`,
		},
		{
			page: "containers", heading: "kubectl with EKS", program: "kubectl", prepare: cluster,
			want: `\bwith-a-session\b`,
		},
		{
			page: "ssh", program: "session-manager-plugin", prepare: sessionManager,
			want: `SessionId: alice-0 : asked for {"Target": ?"i-0123456789abcdef0"}`,
		},
		{
			page: "ssh", heading: "SSH through it", program: "session-manager-plugin", prepare: sessionManager,
			before: `ssh() { command ssh -v -F .ssh/config "$@" || true; }` + "\n",
			want: `SessionId: alice-0 : asked for {"Target": ?"i-0123456789abcdef0", ?"DocumentName": ?` +
				`"AWS-StartSSHSession", ?"Parameters": ?{"portNumber": ?\["22"\]}}`,
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
		{ // without a YubiKey: ykman only reads its arguments
			page: "codes", heading: "YubiKey", program: "ykman",
			after: `AWSMFA_CODE_COMMAND= awsmfa exec prod -- true || true`, want: `No YubiKey detected`,
		},
		{ // a stand-in for op
			page: "codes", heading: "1Password", program: "bash", inCI: true,
			prepare: standIn("op", `[ "$*" = "item get AWS --otp" ] && cat codes`),
			after:   `AWSMFA_CODE_COMMAND= awsmfa exec prod -- sh -c 'echo "$AWS_ACCESS_KEY_ID"'`, want: `\nASIA\w+\n$`,
		},
		{
			page: "github-actions", program: "actionlint",
			after: `mkdir .git && actionlint && echo "no complaint"`, want: `^no complaint\n$`,
		},
		{
			page: "aws-vault", heading: "One profile", program: "bash", inCI: true, prepare: vault,
			after: `awsmfa exec prod -- sh -c 'echo "$AWS_ACCESS_KEY_ID"'`, want: `ASIA\w+\n$`,
			longTerm: true,
		},
	} {
		t.Run(r.page+" "+r.heading+" "+r.program, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(r.program); err != nil {
				if r.inCI && runtime.GOOS == "linux" {
					shelltest.NotInstalled(t, r.program)
				}
				notForRecipes(t, r.program)
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
			for _, call := range w.aws.Calls() {
				_, session := w.aws.Signer(call.AccessKeyID)
				if !session && call.Action != "GetSessionToken" && !r.longTerm {
					t.Errorf("no session signed %s", call.Action)
				}
			}
		})
	}
}

var (
	recipeBlock = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	fileName    = regexp.MustCompile(`^(?:#|//) (\S+)\n`)
)

// section writes the files that the section shows, whose first line is their name, and returns its commands.
func (r recipe) section(t *testing.T, w *world) (commands string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "recipes", r.page+".md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	if r.heading != "" {
		var ok bool
		if _, text, ok = strings.Cut(text, "\n## "+r.heading+"\n"); !ok {
			t.Fatalf("%s.md has no heading %q", r.page, r.heading)
		}
	}
	text, _, _ = strings.Cut(text, "\n## ")
	for _, block := range recipeBlock.FindAllStringSubmatch(text, -1) {
		name := fileName.FindStringSubmatch(block[2])
		if name == nil {
			text := strings.ReplaceAll(block[2], "secret=KEY'", "secret="+w.phone.Seed+"'")
			text = strings.ReplaceAll(text, "/mnt/c/Users/NAME", w.home)
			if block[1] == "powershell" {
				text = "AWSMFA_SHELL=pwsh TERM=dumb pwsh -NoProfile -Command - <<'END'\n" + text + "END\n"
			}
			commands += text
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
	if commands+r.after == "" {
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
	return throughProxy(t, w, w.aws, dir, "python3", shelltest.Python(t, "boto3"))
}

// throughProxy returns the PATH on which the program finds a stand-in for AWS as the AWS of every region.
func throughProxy(t *testing.T, w *world, aws http.Handler, dir, name, program string) (env []string) {
	t.Helper()
	program, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	url, stop, err := w.proxy(aws)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), w.authority.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{withProgram(t, filepath.Join(dir, "bin"), name, "#!/bin/sh\n"+
		"HTTPS_PROXY="+url+" AWS_CA_BUNDLE='"+dir+"/ca.pem' exec "+program+" \"$@\"\n")}
}

// stacks is an app of CDK's, already synthesized, with one stack.
func stacks(t *testing.T, _ *world, dir string) []string {
	cdk, err := exec.LookPath("cdk")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "cdk.out"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"cdk.json": `{"app": "cdk.out", "notices": false}`,
		"cdk.out/manifest.json": `{"version": "36.0.0", "artifacts": {"app": {"type": "aws:cloudformation:stack",
			"environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "app.json"}}}}`,
		"cdk.out/app.json": `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// npx runs the program of the directory before one that it would fetch.
	if err := os.MkdirAll(filepath.Join(dir, "node_modules", ".bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(cdk, filepath.Join(dir, "node_modules", ".bin", "cdk")); err != nil {
		t.Fatal(err)
	}
	return []string{"CDK_DISABLE_CLI_TELEMETRY=true", "npm_config_update_notifier=false"}
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

// dockerd is a Docker server that has every image, starts no container, and answers with the variables that it would
// get. It knows the password of the stand-in for ECR.
func dockerd(t *testing.T, _ *world, dir string) []string {
	url, stop := serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Api-Version", "1.44")
		rw.Header().Set("Content-Type", "application/json")
		body, _ := io.ReadAll(r.Body)
		_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v"), "/")
		switch {
		case path == "networks", path == "containers/json":
			io.WriteString(rw, "[]")
		case path == "networks/create":
			io.WriteString(rw, `{"Id": "0"}`)
		case strings.HasPrefix(path, "networks/"):
			rw.WriteHeader(http.StatusNotFound)
			io.WriteString(rw, `{"message": "not found"}`)
		case path == "auth":
			var login struct{ Username, Password, ServerAddress string }
			err := json.Unmarshal(body, &login)
			if err != nil || login.Username != "AWS" || login.Password != "password" ||
				login.ServerAddress != "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com" {
				rw.WriteHeader(http.StatusUnauthorized)
			}
			io.WriteString(rw, `{"Status": "Login Succeeded"}`)
		case path == "containers/create":
			var container struct{ Env []string }
			err := json.Unmarshal(body, &container)
			slices.Sort(container.Env) // some versions of docker mix them
			complete := err == nil && regexp.MustCompile(`^AWS_ACCESS_KEY_ID=ASIA\w+ AWS_REGION=\S+ `+
				`AWS_SECRET_ACCESS_KEY=\S+ AWS_SESSION_TOKEN=\S+$`).MatchString(strings.Join(container.Env, " "))
			rw.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(rw, `{"message": "asked with a session: %t"}`, complete)
		default:
			io.WriteString(rw, "{}")
		}
	}))
	t.Cleanup(stop)
	return []string{"DOCKER_HOST=" + strings.Replace(url, "http:", "tcp:", 1), "DOCKER_CONFIG=" + dir}
}

// notForRecipes skips a recipe without its program, or fails it in CI's step recipes, which installs each.
func notForRecipes(t *testing.T, program string) {
	t.Helper()
	if os.Getenv("RECIPES") != "" {
		t.Fatalf("%s is not installed", program)
	}
	t.Skipf("%s is not installed", program)
}

// compose is a Docker server for docker compose, which is a plugin of the docker command.
func compose(t *testing.T, w *world, dir string) []string {
	if _, err := exec.LookPath("docker"); err != nil {
		notForRecipes(t, "docker")
	}
	plugin, err := exec.LookPath("docker-compose")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "cli-plugins"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(plugin, filepath.Join(dir, "cli-plugins", "docker-compose")); err != nil {
		t.Fatal(err)
	}
	return dockerd(t, w, dir)
}

// registry is a Docker server that logs in to ECR, and the AWS CLI.
func registry(t *testing.T, w *world, dir string) []string {
	needAWSCLI(t, awsClients(t, w))
	return append(dockerd(t, w, dir), throughProxy(t, w, w.aws, dir, "aws", "aws")...)
}

// devContainer is a docker command with one running container, which has no variables of its own and whose files are
// this computer's.
func devContainer(t *testing.T, _ *world, dir string) []string {
	return []string{withProgram(t, filepath.Join(dir, "bin"), "docker", `#!/bin/bash
		case "$1" in
		ps) echo 0 ;;
		inspect) echo '[{"Id": "0", "Created": "2020-01-01T00:00:00Z", "State": {"Status": "running"}, "Mounts": [],
			"Config": {"Labels": {}, "Env": []}, "NetworkSettings": {"Ports": {}}}]' ;;
		exec)
			variables=()
			while shift; do
				case "$1" in
				-e) variables+=("$2"); shift ;;
				-u | -w) shift ;;
				-*) ;;
				*) shift; exec env -i PATH="$PATH" "${variables[@]}" "$@" ;;
				esac
			done ;;
		esac
`)}
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

// standIn returns what puts a program on the PATH: that shell script.
func standIn(name, script string) func(*testing.T, *world, string) []string {
	return func(t *testing.T, _ *world, dir string) []string {
		return []string{withProgram(t, filepath.Join(dir, "bin"), name, "#!/bin/sh\n"+script+"\n")}
	}
}

// standInCLI is an AWS CLI that prints its session and arguments, and connects to nothing.
func standInCLI(t *testing.T, w *world, dir string) []string {
	return standIn("aws", `echo "$AWSMFA_PROFILE $AWS_ACCESS_KEY_ID $*" >&2`)(t, w, dir)
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
