package cli

import (
	"bytes"
	"path/filepath"
	"regexp"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// toolFiles are the files in which tools name an AWS profile, and the regular expression of the text that does. A tool
// uses the profile that it names itself, whatever session is in the environment. Compiled here, they would take a tenth
// of a millisecond of every call.
var toolFiles = []struct{ pattern, name string }{
	{"*.tf", `(?m)^\s*profile\s*=\s*"([^"]+)"`}, // terraform: backend, provider
	{"*.hcl", `(?m)^\s*profile\s*=\s*"([^"]+)"`},
	{".sops.yaml", `(?m)^[\s-]*aws_profile:\s*["']?([^"'\s#]+)`},
	{"samconfig.toml", `(?m)^\s*profile\s*=\s*"([^"]+)"`},
	{"serverless.y*ml", `(?m)^\s*profile:\s*["']?([^"'\s#]+)`},
	{"cdk.json", `"profile"\s*:\s*"([^"]+)"`},
}

// kubeProfile is what aws eks update-kubeconfig --profile writes.
const kubeProfile = `name:\s*AWS_PROFILE\s+value:\s*["']?([^"'\s]+)`

// tools warns of tools' files here, and of the kubeconfig, that name a profile with long-term keys in the AWS files.
func (d *doctor) tools() (found []check) {
	for _, f := range toolFiles {
		paths, _ := filepath.Glob(f.pattern) // the patterns are well-formed
		for _, path := range paths {
			found = append(found, d.namedIn(path, f.name)...)
		}
	}
	kube := filepath.SplitList(d.Getenv("KUBECONFIG"))
	if len(kube) == 0 && d.Home != "" {
		kube = []string{filepath.Join(d.Home, ".kube", "config")}
	}
	for _, path := range kube {
		found = append(found, d.namedIn(path, kubeProfile)...)
	}
	return found
}

// namedIn warns of each profile with long-term keys that the file names.
func (d *doctor) namedIn(path, name string) (found []check) {
	text, err := bounded.ReadFile(path)
	if err != nil {
		return nil
	}
	for _, at := range regexp.MustCompile(name).FindAllSubmatchIndex(text, -1) {
		named := string(text[at[2]:at[3]])
		line := 1 + bytes.Count(text[:at[2]], []byte("\n"))
		p, err := profile.Load(d.files(), named)
		if err != nil || p.Kind() != profile.KindKeys {
			continue
		}
		if keys, err := p.KeyPair(); err != nil || keys.SessionToken.Reveal() != "" {
			continue
		}
		pos := profile.Pos{File: path, Line: line}
		found = append(found, warning(msg.Textf("tools"), msg.Errorf("%s names profile %q: "+
			"that tool uses its long-term keys, without MFA, also inside awsmfa exec", pos, named).
			Hint("remove the name there, or name the profile that %s writes", msg.Command("config", named, "--write"))))
	}
	return found
}
