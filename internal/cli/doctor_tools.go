package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// toolFiles are the files in which tools name an AWS profile, and the regular expression of the text that does. A tool
// uses the profile that it names itself, whatever session is in the environment. Compiled here, they would take a tenth
// of a millisecond of every call.
var toolFiles = []struct{ pattern, name string }{
	{"*.tf", hclProfile}, // terraform: backend, provider
	{"*.hcl", hclProfile},
	{"*.tf.json", jsonProfile},
	{"samconfig.toml", `(?m)^\s*profile\s*=\s*"([^"]+)"`},
	{"serverless.y*ml", `(?m)^\s*profile:\s*["']?([^"'\s#]+)`},
	{"cdk.json", jsonProfile},
}

const (
	hclProfile  = `(?m)^(?:\s*\w[^#\n]*[{,])?\s*profile\s*=\s*"([^"]+)"` // also within a line
	jsonProfile = `"profile"\s*:\s*"([^"]+)"`
	sopsProfile = `(?m)^[\s-]*aws_profile:\s*["']?([^"'\s#]+)`

	// kubeProfile is what aws eks update-kubeconfig --profile writes, or --profile among the arguments.
	kubeProfile = `(?:name:\s*AWS_PROFILE\s+value:|--profile["']?(?:=|,|\s+-\s))\s*["']?([^"'\s,\]]+)`
)

// tools warns of tools' files here, and of the kubeconfig, that name a profile with long-term keys in the AWS files.
func (d *doctor) tools() (found []check) {
	for _, f := range toolFiles {
		paths, _ := filepath.Glob(f.pattern) // the patterns are well-formed
		for _, path := range paths {
			found = append(found, d.namedIn(path, f.name)...)
		}
	}
	found = append(found, d.namedIn(nearest(".sops.yaml"), sopsProfile)...)
	kube := filepath.SplitList(d.Getenv("KUBECONFIG"))
	if len(kube) == 0 && d.Home != "" {
		kube = []string{filepath.Join(d.Home, ".kube", "config")}
	}
	for _, path := range kube {
		found = append(found, d.namedIn(path, kubeProfile)...)
	}
	return found
}

// nearest returns the path of the file in this directory, else in the nearest one above that has it, as sops does.
func nearest(name string) string {
	dir, _ := os.Getwd()
	for path := name; ; path = filepath.Join("..", path) {
		if _, err := os.Stat(path); err == nil || dir == filepath.Dir(dir) {
			return path
		}
		dir = filepath.Dir(dir)
	}
}

// namedIn warns of each profile that the file names and that is used without MFA.
func (d *doctor) namedIn(path, name string) (found []check) {
	text, err := bounded.ReadFile(path)
	if err != nil {
		return nil
	}
	for _, at := range regexp.MustCompile(name).FindAllSubmatchIndex(text, -1) {
		named := string(text[at[2]:at[3]])
		line := 1 + bytes.Count(text[:at[2]], []byte("\n"))
		chain, is := d.withoutMFA(named)
		if !is {
			continue
		}
		pos := profile.Pos{File: path, Line: line}
		err := msg.Errorf("%s names profile %q: "+
			"that tool uses its long-term keys, without MFA, also inside awsmfa exec", pos, named)
		if len(chain.Roles) > 0 {
			err = msg.Errorf("%s names profile %q: that tool assumes its role with the long-term keys of profile %q, "+
				"without MFA, also inside awsmfa exec", pos, named, chain.Base.Name)
		}
		found = append(found, warning(msg.Textf("tools"), err.
			Hint("remove the name there, or name the profile that %s writes", msg.Command("config", named, "--write"))))
	}
	return found
}

// withoutMFA reports whether a tool that names the profile uses long-term keys in the AWS files, as they are or for a
// role. For a role that has mfa_serial a tool asks for a code itself, or fails.
func (d *doctor) withoutMFA(named string) (chain profile.Chain, is bool) {
	p, err := profile.Load(d.files(), named)
	if err == nil {
		chain, err = p.Chain()
	}
	if err != nil || chain.Kind != profile.KindKeys {
		return chain, false
	}
	keys, err := chain.Base.LongTermKeys()
	hasSerial := func(p profile.Profile) bool { return p.MFASerial != "" }
	return chain, err == nil && keys.Store == "" &&
		!slices.ContainsFunc(chain.Profiles()[:len(chain.Roles)], hasSerial)
}
