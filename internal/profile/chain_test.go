package profile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const testRole = "role_arn = arn:aws:iam::123456789012:role/"

const testSSO = "sso_start_url=https://x\nsso_region=us-east-1\nsso_account_id=123456789012\nsso_role_name=r\n"

// Where two settings say where credentials come from, the winner follows botocore's order, for the profile itself and
// for one that is a source; and both are named.
func TestOrder(t *testing.T) {
	type setting struct {
		key, config, credentials string
		kind                     Kind
	}
	order := []setting{
		{key: "web_identity_token_file", config: "web_identity_token_file=/t\n", kind: KindWebIdentity},
		{key: "sso_start_url", config: testSSO, kind: KindSSO},
		{key: idKey, credentials: testKeys, kind: KindKeys},
		{key: "login_session", config: "login_session=x\n", kind: KindLogin},
		{key: "credential_process", config: "credential_process=x\n", kind: KindProcess},
		{key: idKey, config: testKeys, kind: KindKeys},
		{key: "source_profile", config: "source_profile=k\n", kind: KindSource},
	}
	for _, key := range sourceKeys {
		if key != "role_arn" && key != "credential_source" && key != "sso_session" && // below, and in other tests
			key != storedKey &&
			!slices.ContainsFunc(order, func(s setting) bool { return strings.Contains(s.config+s.credentials, key) }) {
			t.Errorf("%s has no row", key)
		}
	}
	for i, won := range order {
		if !slices.Contains(sourceKeys, won.key) {
			t.Errorf("%s is not in sourceKeys", won.key)
		}
		for _, over := range order[i+1:] {
			for _, name := range []string{"p", "source"} {
				config := "[profile p]\n" + over.config + won.config + "[profile k]\n" + testKeys
				credentials := "[p]\n" + won.credentials + over.credentials
				files := write(t, config+"[profile source]\n"+testRole+"r\nsource_profile=p\n", credentials)
				p, err := Load(files, name)
				if err != nil {
					t.Fatal(err)
				}
				c, err := p.Chain()
				if err != nil || c.Base.Name != "p" || c.Kind != won.kind {
					t.Errorf("%s beside %s, %s: %v %v", won.key, over.key, name, c.Kind, err)
				}
				all := c.Conflicts()
				if len(all) != 1 || all[0].Used.Key != won.key || all[0].Ignored.Key != over.key ||
					all[0].Used.Pos == (Pos{}) || all[0].Ignored.Pos == (Pos{}) {
					t.Errorf("%s beside %s, %s: %+v", won.key, over.key, name, all)
				}
			}
		}
	}
	// A role with a source takes precedence over all of them.
	for _, source := range []string{"source_profile=k\n", "credential_source=Environment\n"} {
		for _, over := range order[1 : len(order)-1] {
			files := write(t, "[profile p]\n"+testRole+"r\n"+source+over.config+"[profile k]\n"+testKeys,
				"[p]\n"+over.credentials)
			p, err := Load(files, "p")
			if err != nil {
				t.Fatal(err)
			}
			c, err := p.Chain()
			all := c.Conflicts()
			if err != nil || len(c.Roles) != 1 || c.Kind == over.kind && c.Base.Name == "p" || len(all) != 1 ||
				all[0].Ignored.Key != over.key {
				t.Errorf("%s beside %s: %s %+v %v", source, over.key, spell(c), all, err)
			}
		}
	}
}

// A setting that differs between a profile and its sso-session section is an error with both lines.
func TestSSODiffers(t *testing.T) {
	for _, key := range []string{
		"sso_account_id", "sso_role_name", "sso_region", "sso_start_url",
		"sso_registration_scopes",
	} {
		config := "[profile p]\nsso_session=s\n" + testSSO + "sso_registration_scopes=x\n" + key +
			"=mine\n[sso-session s]\n" + key + "="
		for value, want := range map[string]string{
			"mine": "",
			"other": `profile "p" has another ` + key +
				` (config:8) than its [sso-session s] (config:10) | remove one of the two lines`,
		} {
			files := write(t, config+value+"\n", "")
			p, err := Load(files, "p")
			if err != nil {
				t.Fatal(err)
			}
			if _, err = p.SSO(); err == nil && want != "" || err != nil && plainly(files, err) != want {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
}

// spell returns a chain as one line: the base with its kind, and the roles in the order of assuming them.
func spell(c Chain) string {
	s := fmt.Sprint(c.Base.Name, " ", c.Kind)
	for _, r := range c.Roles {
		s += " → " + r.Profile + " " + r.ARN[strings.LastIndexByte(r.ARN, '/')+1:]
	}
	return s
}

func TestChain(t *testing.T) {
	keys := func(name string) string { return "[profile " + name + "]\n" + testKeys }
	for _, test := range []struct{ name, config, want string }{
		{"keys", keys("p"), fmt.Sprint("p ", KindKeys)},
		{
			"role", "[profile p]\n" + testRole + "r\nsource_profile=b\n" + keys("b"),
			fmt.Sprint("b ", KindKeys, " → p r"),
		},
		{
			"four roles",
			"[profile p]\n" + testRole + "r4\nsource_profile=c\n[profile c]\n" + testRole + "r3\nsource_profile=b\n" +
				"[profile b]\n" + testRole + "r2\nsource_profile=a\n[profile a]\n" + testRole +
				"r1\nsource_profile=k\n" + keys("k"),
			fmt.Sprint("k ", KindKeys, " → a r1 → b r2 → c r3 → p r4"),
		},
		{
			"its own source", "[profile p]\n" + testRole + "r\nsource_profile=p\n" + testKeys,
			fmt.Sprint("p ", KindKeys, " → p r"),
		},
		{"no source", "[profile p]\n" + testRole + "r\n" + testKeys, fmt.Sprint("p ", KindKeys, " → p r")},
		{
			"its own keys and a source", "[profile p]\n" + testRole + "r\nsource_profile=b\n" + testKeys + keys("b"),
			fmt.Sprint("b ", KindKeys, " → p r"),
		},
		{
			"a source with keys is those keys, whatever role it is",
			"[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\n" + testRole + "other\nsource_profile=x\n" +
				testKeys,
			fmt.Sprint("b ", KindKeys, " → p r"),
		},
		{
			"keys win over a source without a role", "[profile p]\nsource_profile=b\n" + testKeys + keys("b"),
			fmt.Sprint("p ", KindKeys),
		},
		{
			"SSO wins over a source without a role", "[profile p]\nsource_profile=b\n" + testSSO + keys("b"),
			fmt.Sprint("p ", KindSSO),
		},
		{
			"a program wins over a machine without a role",
			"[profile p]\ncredential_source=EcsContainer\ncredential_process=x\n", fmt.Sprint("p ", KindProcess),
		},
		{
			"the machine wins over keys", "[profile p]\n" + testRole + "r\ncredential_source=EcsContainer\n" + testKeys,
			fmt.Sprint("p ", KindCredentialSource, " → p r"),
		},
		{"keys of a source win over its machine", "[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\n" +
			testRole + "q\ncredential_source=EcsContainer\n" + testKeys, fmt.Sprint("b ", KindKeys, " → p r")},
		{
			"a source's program does not win over its role",
			"[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\n" + testRole +
				"q\nsource_profile=k\ncredential_process=x\n" + keys("k"),
			fmt.Sprint("k ", KindKeys, " → b q → p r"),
		},
		{
			"a process", "[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\ncredential_process=x\n",
			fmt.Sprint("b ", KindProcess, " → p r"),
		},
		{
			"a process of its own", "[profile p]\n" + testRole + "r\ncredential_process=x\n",
			fmt.Sprint("p ", KindProcess, " → p r"),
		},
		{"SSO", "[profile p]\n" + testSSO, fmt.Sprint("p ", KindSSO)},
		{"half an SSO account", "[profile p]\nsso_role_name=r\n" + testKeys, fmt.Sprint("p ", KindSSO)},
		{"a session for bearer tokens", "[profile p]\nsso_session=s\n" + testKeys, fmt.Sprint("p ", KindKeys)},
		{
			"an old session for bearer tokens",
			"[profile p]\nsso_start_url=https://x\nsso_region=us-east-1\ncredential_process=x\n",
			fmt.Sprint("p ", KindProcess),
		},
		{"web identity is the role", "[profile p]\n" + testRole +
			"r\nweb_identity_token_file=/t\nsource_profile=nobody\n", fmt.Sprint("p ", KindWebIdentity)},
		{
			"the machine", "[profile p]\n" + testRole + "r\ncredential_source=EcsContainer\n",
			fmt.Sprint("p ", KindCredentialSource, " → p r"),
		},
		{"an empty source is none", "[profile p]\nsource_profile=\n" + testKeys, fmt.Sprint("p ", KindKeys)},

		{
			"a role that is lost", "[profile p]\nrole-arn=arn:aws:iam::123456789012:role/r\nsource_profile=b\n" +
				keys("b"),
			`profile "p" has source_profile (config:3) but no role_arn | write role_arn instead of role-arn (config:2)`,
		},
		{
			"no role", "[profile p]\nsource_profile=b\n" + keys("b"),
			`profile "p" has source_profile (config:2) but no role_arn | add role_arn, or remove the line`,
		},
		{
			"no role for the machine", "[profile p]\ncredential_source=Environment\n",
			`profile "p" has credential_source (config:2) but no role_arn | add role_arn, or remove the line`,
		},
		{
			"no role in the midst", "[profile p]\n" + testRole +
				"r\nsource_profile=b\n[profile b]\nrolearn=x\nsource_profile=k\n" + keys("k"),
			`profile "b" has source_profile (config:6) but no role_arn | write role_arn instead of rolearn (config:5)`,
		},
		{
			"an empty role", "[profile p]\nrole_arn =\nsource_profile=b\n" + keys("b"),
			`profile "p" has an empty role_arn (config:2) | set it to the role's ARN, ` +
				`arn:aws:iam::ACCOUNT:role/NAME, or remove the line`,
		},
		{
			"an empty role beside SSO", "[profile p]\nrole_arn =\n" + testSSO,
			`profile "p" has an empty role_arn (config:2) | set it to the role's ARN, ` +
				`arn:aws:iam::ACCOUNT:role/NAME, or remove the line`,
		},
		{
			"an SSO session and nothing else", "[profile p]\nsso_session=s\n",
			`profile "p" (config:1) signs in through IAM Identity Center, but sso_account_id is missing | run aws ` +
				`configure sso --profile p`,
		},
		{"nothing", "[profile p]\n", `profile "p" has no access key (config:1) | run aws configure --profile p`},
		{
			"no way to the role", "[profile p]\n" + testRole + "r\n",
			`profile "p" is a role (role_arn, config:2) without a source profile | add source_profile with the name ` +
				`of the profile that has the keys`,
		},
		{
			"its own source without keys", "[profile p]\n" + testRole + "r\nsource_profile=p\n",
			`profile "p" is a role (role_arn, config:2) without a source profile | add source_profile with the name ` +
				`of the profile that has the keys`,
		},
		{
			"the end of the chain has nothing", "[profile p]\n" + testRole +
				"r\nsource_profile=b\n[profile b]\nregion=a\n",
			`profile "b" has no access key (config:4) | run aws configure --profile b`,
		},
		{
			"a loop", "[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\n" + testRole +
				"r\nsource_profile=c\n[profile c]\n" + testRole + "r\nsource_profile=b\n",
			`the source profiles form a cycle: "p" → "b" → "c" → "b" (config:9) | end the chain with a profile that ` +
				`has credentials of its own`,
		},
		{
			"a source that is not there", "[profile p]\n" + testRole + "r\nsource_profile=bse\n" + keys("base"),
			`source_profile of profile "p" (config:3): profile "bse" is neither in config nor in credentials | did ` +
				`you mean "base"?`,
		},
		{
			"two sources", "[profile p]\n" + testRole + "r\nsource_profile=b\ncredential_source=Environment\n" +
				keys("b"),
			`profile "p" has both source_profile and credential_source (config:4) | remove one of the two lines`,
		},
		{
			"no such credential source", "[profile p]\n" + testRole + "r\ncredential_source=environment\n",
			`profile "p": credential_source = environment is not supported (config:3) | use one of Environment, ` +
				`Ec2InstanceMetadata, EcsContainer`,
		},
		{
			"not an ARN", "[profile p]\nrole_arn=admin\nsource_profile=b\n",
			`profile "p": role_arn is not the ARN of a role (config:2) | it looks like ` +
				`arn:aws:iam::ACCOUNT:role/NAME, with the account's twelve digits`,
		},
		{
			"a user's ARN", "[profile p]\nrole_arn=arn:aws:iam::123456789012:user/r\nsource_profile=b\n",
			`profile "p": role_arn is not the ARN of a role (config:2) | it looks like ` +
				`arn:aws:iam::ACCOUNT:role/NAME, with the account's twelve digits`,
		},
		{
			"no duration", "[profile p]\n" + testRole + "r\nduration_seconds=1h\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 for ` +
				`one hour, 43200 for twelve`,
		},
		{
			"too short", "[profile p]\n" + testRole + "r\nduration_seconds=899\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 for ` +
				`one hour, 43200 for twelve`,
		},
		{
			"too long", "[profile p]\n" + testRole + "r\nduration_seconds=43201\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 for ` +
				`one hour, 43200 for twelve`,
		},
		{
			"so long that it wraps", "[profile p]\n" + testRole +
				"r\nduration_seconds=36893488147419107000\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 for ` +
				`one hour, 43200 for twelve`,
		},
		{
			"so many seconds that they wrap", "[profile p]\n" + testRole +
				"r\nduration_seconds=18446747673\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 for ` +
				`one hour, 43200 for twelve`,
		},
		{
			"no tags", "[profile p]\n" + testRole + "r\nsession_tags=Team\nsource_profile=b\n",
			`profile "p": session_tags are not of the form key=value,key=value (config:3) | write each tag as ` +
				`key=value, with commas between`,
		},
		{
			"a tag without a key", "[profile p]\n" + testRole + "r\nsession_tags=A=1, =2\nsource_profile=b\n",
			`profile "p": session_tags are not of the form key=value,key=value (config:3) | write each tag as ` +
				`key=value, with commas between`,
		},
		{
			"a transitive tag that is none", "[profile p]\n" + testRole +
				"r\nsession_tags=A=1\ntransitive_session_tags=A,B\nsource_profile=b\n",
			`profile "p": transitive_session_tags names "B", which session_tags does not have (config:4) | give the ` +
				`tag a value in session_tags, or remove it from transitive_session_tags`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, "")
			p, err := Load(files, "p")
			if err != nil {
				t.Fatal(err)
			}
			c, err := p.Chain()
			got := plainly(files, err)
			if err == nil {
				got = spell(c)
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// All settings of a role, and the positions of the chain's settings.
func TestRoleSettings(t *testing.T) {
	files := write(t, "[profile p]\n"+testRole+`r
source_profile = b
role_session_name = ss
external_id = ee
source_identity = ii
duration_seconds = 43200
session_tags = A = 1, B=x=y,C=
transitive_session_tags = A , C
[profile b]
mfa_serial = arn:aws:iam::123456789012:mfa/b
region = eu-west-1
`+testKeys, "")
	p, err := Load(files, "p")
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Chain()
	if err != nil {
		t.Fatal(err)
	}
	want := Role{
		Profile:        "p",
		ARN:            "arn:aws:iam::123456789012:role/r",
		SessionName:    "ss",
		ExternalID:     "ee",
		SourceIdentity: "ii",
		Duration:       12 * time.Hour,
		Tags:           []Tag{{"A", "1"}, {"B", "x=y"}, {"C", ""}},
		TransitiveTags: []string{"A", "C"},
	}
	if got := fmt.Sprintf("%+v", c.Roles); got != fmt.Sprintf("%+v", []Role{want}) {
		t.Errorf("got  %s\nwant %+v", got, want)
	}
	if c.Get("mfa_serial") != "arn:aws:iam::123456789012:mfa/b" || c.Where("mfa_serial").
		Line != 11 || c.Get("source_profile") != "b" || c.Get("services") != "" {
		t.Errorf("%q at %v", c.Get("mfa_serial"), c.Where("mfa_serial"))
	}
}

func TestIsRoleARN(t *testing.T) {
	for arn, want := range map[string]bool{
		"arn:aws:iam::123456789012:role/a:b/Developer":   true,
		"arn:aws:iam::123456789012:role/Developer:1":     false,
		"arn:aws:iam::123456789012:role/r":               true,
		"arn:aws-us-gov:iam::123456789012:role/path/r":   true,
		"arn:aws:iam::123456789012:role/":                false,
		"arn:aws:iam::12345:role/r":                      false,
		"arn:aws:sts::123456789012:assumed-role/r/s":     false,
		"arn:aws:iam::123456789012:user/role/r":          false,
		"arn:aws:iam::abcdefghijkl:role/r":               false,
		"arn::iam::123456789012:role/r":                  false,
		"arn:aws:iam:us-east-1:123456789012:role/r":      false,
		"https://arn:aws:iam::123456789012:role/r":       false,
		"arn:aws:iam::123456789012:role/with blank":      false,
		"arn:aws:iam::123456789012:role/r:with:colons":   false,
		"arn:aws:iam::123456789012:role/aws-reserved/x_": true,
	} {
		if isRoleARN(arn) != want {
			t.Errorf("%s: %v", arn, !want)
		}
	}
}
