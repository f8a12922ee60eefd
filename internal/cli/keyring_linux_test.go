package cli_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/shelltest"
)

// keyring is a Secret Service on a session bus of its own.
type keyring struct {
	t       *testing.T
	home    string
	address string
	env     []string
	daemon  *exec.Cmd
	bus     *exec.Cmd
}

// startKeyring starts gnome-keyring, unlocked, on a bus where no other service can be started.
func startKeyring(t *testing.T) *keyring {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			shelltest.NotInstalled(t, program)
		}
	}
	dir, err := os.MkdirTemp("", "bus") //nolint:usetesting // t.TempDir is too long for the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	k := &keyring{t: t, home: dir, address: "unix:path=" + filepath.Join(dir, "bus")}
	config := filepath.Join(dir, "conf")
	err = os.WriteFile(config, []byte(`<busconfig><type>session</type><listen>`+k.address+`</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	home := []string{"HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "PATH=" + os.Getenv("PATH")}
	k.env = []string{"DBUS_SESSION_BUS_ADDRESS=" + k.address}
	k.bus = exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address")
	k.bus.Env = home
	out, err := k.bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	k.start(k.bus)
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("dbus-daemon said %q, %v", line, err)
	}
	k.daemon = exec.Command("gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground")
	k.daemon.Env, k.daemon.Stdin = append(home, k.env...), strings.NewReader("password\n")
	k.start(k.daemon)
	k.eventually("unlocked", func() bool {
		v, err := k.collection().GetProperty("org.freedesktop.Secret.Collection.Locked")
		return err == nil && v.Value() == false
	})
	return k
}

func (k *keyring) start(cmd *exec.Cmd) {
	k.t.Helper()
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

func (k *keyring) eventually(what string, is func() bool) {
	k.t.Helper()
	for end := time.Now().Add(longest); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			k.t.Fatalf("the keyring is never %s", what)
		}
	}
}

func (k *keyring) connect() *dbus.Conn {
	k.t.Helper()
	c, err := dbus.Connect(k.address)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { c.Close() })
	return c
}

func (k *keyring) collection() dbus.BusObject {
	return k.connect().Object("org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login")
}

// lock locks the keyring.
func (k *keyring) lock() {
	k.t.Helper()
	err := k.connect().Object("org.freedesktop.secrets", "/org/freedesktop/secrets").
		Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{k.collection().Path()}).Err
	if err != nil {
		k.t.Fatal(err)
	}
}

// entries counts the entries of awsmfa.
func (k *keyring) entries() int {
	k.t.Helper()
	var found []dbus.ObjectPath
	ours := map[string]string{"service": "awsmfa"}
	err := k.collection().Call("org.freedesktop.Secret.Collection.SearchItems", 0, ours).Store(&found)
	if err != nil {
		k.t.Fatal(err)
	}
	return len(found)
}

// runs runs awsmfa with the keyring, and checks its exit code.
func (k *keyring) runs(w *world, code int, env []string, args ...string) *started {
	k.t.Helper()
	s := run(k.t, w, append(append([]string{}, k.env...), env...), args...)
	if got := s.exit(); got != code {
		k.t.Fatalf("%q: exit code %d: %s", args, got, &s.said)
	}
	return s
}

// The keys move into the keyring and back. A cached call does not open it.
func TestKeyring(t *testing.T) {
	t.Parallel()
	w, k := inWorld(t), startKeyring(t)
	codes := w.codes(t, 2)
	before, config := w.file(".aws/credentials"), w.file(".aws/config")
	s := k.runs(w, 0, nil, "keys", "store", "prod", "--yes")
	if !strings.Contains(s.said.String(), "what has no keyring gets no new session: containers") {
		t.Errorf("it said %s", &s.said)
	}
	text := w.file(".aws/config") + w.file(".aws/credentials")
	if strings.Contains(text, w.alice.Keys[0].Secret) || !strings.Contains(text, "keyring:"+w.alice.Keys[0].ID) {
		t.Errorf("the files are %s", text)
	}
	if n := k.entries(); n != 1 {
		t.Errorf("%d entries", n)
	}
	k.runs(w, 0, codes, "env", "prod")
	_ = k.daemon.Process.Signal(syscall.SIGSTOP)
	for _, args := range [][]string{{"env", "prod"}, {"credential-process", "prod"}, {"list"}, {"keys", "list"}} {
		k.runs(w, 0, nil, args...)
	}
	_ = k.daemon.Process.Signal(syscall.SIGCONT)
	k.runs(w, 0, nil, "keys", "restore", "dev")
	if w.file(".aws/credentials") != before || w.file(".aws/config") != config || k.entries() != 0 {
		t.Errorf("the files are %s", w.file(".aws/config")+w.file(".aws/credentials"))
	}
}

// A keyring that is locked, stopped, killed or absent ends a call within a limit, with a reason. No dbus-launch is run.
func TestKeyringFails(t *testing.T) {
	t.Parallel()
	w, k := inWorld(t), startKeyring(t)
	k.runs(w, 0, nil, "keys", "store", "prod", "--yes")
	stored := w.file(".aws/config")
	// A launcher of session buses that tells that it was run.
	bin := filepath.Join(w.home, "bin")
	launched := filepath.Join(w.home, "launched")
	script := "#!/bin/sh\ntouch " + launched + "\nexit 1\n"
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	path := "PATH=" + bin + ":" + os.Getenv("PATH")
	few := [][]string{{"env", "prod"}, {"keys", "restore", "prod"}} // where each takes seconds
	all := append(few, [][]string{
		{"keys", "remove", "prod", "--yes"},
		{"keys", "store", "prod", "--store", "file", "--yes"},
	}...)
	check := func(commands [][]string, what, want string, env ...string) {
		t.Helper()
		for _, args := range commands {
			s := k.runs(w, 1, append(env, path), args...)
			if !strings.Contains(s.said.String(), "awsmfa: error: "+want) ||
				!strings.Contains(s.said.String(), "\nawsmfa: hint: ") {
				t.Errorf("%s, %q: it said %s", what, args, &s.said)
			}
			if w.file(".aws/config") != stored {
				t.Fatalf("%s, %q: the file is %s", what, args, w.file(".aws/config"))
			}
		}
	}
	check(all, "sandbox", "there is no keyring in the demo's sandbox", "AWSMFA_SANDBOX="+w.home)
	check(all, "absent", "there is no keyring", "DBUS_SESSION_BUS_ADDRESS=")
	check(all, "absent", "there is no keyring", "DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR="+t.TempDir())
	check(all, "another bus", "there is no keyring", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere")
	k.lock()
	check(all, "locked", "the system's keyring is locked")
	_ = k.daemon.Process.Signal(syscall.SIGSTOP)
	check(few, "stopped", "the system's keyring did not answer in time")
	k.daemon.Process.Kill()
	_ = k.daemon.Process.Signal(syscall.SIGCONT)
	k.daemon.Wait()
	check(all, "killed", "there is no keyring")
	_ = k.bus.Process.Signal(syscall.SIGSTOP)
	check(few, "a stopped bus", "the system's keyring did not answer in time")
	if _, err := os.Stat(launched); err == nil {
		t.Error("dbus-launch was run")
	}
}

// setup offers the keyring for a key that a person types, but not in the demo's sandbox.
func TestKeyringOffered(t *testing.T) {
	t.Parallel()
	const offer, added = "Keep the access key in the system's keyring?", "added profile \"new\""
	for sandbox, want := range map[string]string{"": offer, "/sandbox": added} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			w, k := inWorld(t), startKeyring(t)
			person, program := openTerminal(t)
			cmd, _ := inSession(t, w, program, "exec awsmfa setup new 2>/dev/tty")
			cmd.Env = append(append(cmd.Env, k.env...), "AWSMFA_SANDBOX="+sandbox)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			readUntil(t, person, "Access key ID: ")
			typeLine(t, person, w.alice.Keys[0].ID)
			readUntil(t, person, "(not shown): ")
			typeLine(t, person, w.alice.Keys[0].Secret)
			readUntil(t, person, "Enter for none): ")
			typeLine(t, person, "")
			var screen strings.Builder
			readUntil(t, io.TeeReader(person, &screen), want)
			if strings.Contains(screen.String(), offer) != (want == offer) {
				t.Errorf("it shows %q", &screen)
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
}

// Real clients with nothing but --profile, and with a role whose source is the profile: the keyring has the key, and
// AWS gives the role only to a session with MFA. A proxy stands for the network.
func TestStoredClients(t *testing.T) {
	t.Parallel()
	const js = `const {STSClient, GetCallerIdentityCommand} = require("@aws-sdk/client-sts");
const client = new STSClient({profile: process.argv[1], region: "us-east-1"});
client.send(new GetCallerIdentityCommand({})).then(r => console.log(r.Arn));`
	const python = `import boto3, sys
print(boto3.Session(profile_name=sys.argv[1]).client("sts").get_caller_identity()["Arn"])`
	for _, client := range []struct {
		name string
		need func(t *testing.T, env []string) []string // the command, to which the profile is added
	}{
		{"AWS CLI", func(t *testing.T, env []string) []string {
			needAWSCLI(t, env)
			return []string{"aws", "sts", "get-caller-identity", "--profile"}
		}},
		{"boto3", func(t *testing.T, _ []string) []string {
			return []string{shelltest.Python(t, "boto3"), "-c", python}
		}},
		{"JavaScript SDK v3", func(t *testing.T, env []string) []string {
			find := exec.Command("node", "-e", `require("@aws-sdk/client-sts")`)
			find.Env, find.Dir = append(env, "NODE_PATH="+os.Getenv("NODE_PATH")), t.TempDir()
			switch err := find.Run(); {
			case err != nil && os.Getenv("NODE_PATH") == "":
				t.Skip("node finds no @aws-sdk/client-sts; NODE_PATH may lead to it")
			case err != nil:
				shelltest.NotInstalled(t, "@aws-sdk/client-sts")
			}
			return []string{"node", "-e", js}
		}},
	} {
		t.Run(client.name, func(t *testing.T) {
			t.Parallel()
			w, k := inWorld(t), startKeyring(t)
			env := append(append(awsClients(t, w), k.env...), w.codes(t, 1)...)
			command := client.need(t, env)
			if command[0] == "node" { // which knows no proxy
				env = append(env, "NODE_PATH="+os.Getenv("NODE_PATH"))
			} else {
				proxy, stop, err := w.proxy(w.aws)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(stop)
				ca := filepath.Join(w.home, "ca.pem")
				if err := os.WriteFile(ca, w.authority.pem, 0o600); err != nil {
					t.Fatal(err)
				}
				env = append(env, "AWS_ENDPOINT_URL=", "HTTPS_PROXY="+proxy, "AWS_CA_BUNDLE="+ca)
			}
			role := w.aws.AddRole(fakeaws.Role{
				Name: "developer", Trust: fakeaws.TrustAccountWithMFA("aws", fakeaws.DefaultAccount),
			})
			w.addConfig(t, "[profile developer]\nrole_arn = "+role.ARN+"\nsource_profile = prod\nregion = us-east-1\n")
			k.runs(w, 0, nil, "keys", "store", "prod", "--yes")
			for profile, arn := range map[string]string{"prod": w.alice.ARN, "developer": ":assumed-role/developer/"} {
				cmd := exec.Command(command[0], append(command[1:], profile)...)
				cmd.Env, cmd.Dir = env, w.home
				out, err := cmd.CombinedOutput()
				if err != nil || !strings.Contains(string(out), arn) {
					t.Errorf("%s: %v: %s", profile, err, out)
				}
			}
			w.oneCode(t)
			if n := w.aws.Count("GetSessionToken"); n != 1 {
				t.Errorf("%d calls of GetSessionToken", n)
			}
		})
	}
}
