package profile

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const testRole = "role_arn = arn:aws:iam::123456789012:role/"

// spell is a chain in one line: the base with its kind, and the roles in the order in which they are assumed.
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
		{"role", "[profile p]\n" + testRole + "r\nsource_profile=b\n" + keys("b"), fmt.Sprint("b ", KindKeys, " → p r")},
		{
			"four roles",
			"[profile p]\n" + testRole + "r4\nsource_profile=c\n[profile c]\n" + testRole + "r3\nsource_profile=b\n" +
				"[profile b]\n" + testRole + "r2\nsource_profile=a\n[profile a]\n" + testRole + "r1\nsource_profile=k\n" + keys("k"),
			fmt.Sprint("k ", KindKeys, " → a r1 → b r2 → c r3 → p r4"),
		},
		{"its own source", "[profile p]\n" + testRole + "r\nsource_profile=p\n" + testKeys, fmt.Sprint("p ", KindKeys, " → p r")},
		{"no source", "[profile p]\n" + testRole + "r\n" + testKeys, fmt.Sprint("p ", KindKeys, " → p r")},
		{"its own keys and a source", "[profile p]\n" + testRole + "r\nsource_profile=b\n" + testKeys + keys("b"), fmt.Sprint("b ", KindKeys, " → p r")},
		{
			"a source with keys is those keys, whatever role it is",
			"[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\n" + testRole + "other\nsource_profile=x\n" + testKeys,
			fmt.Sprint("b ", KindKeys, " → p r"),
		},
		{"borrowed", "[profile p]\nsource_profile=b\n" + keys("b"), fmt.Sprint("b ", KindKeys)},
		{"keys win over a source without a role", "[profile p]\nsource_profile=b\n" + testKeys + keys("b"), fmt.Sprint("p ", KindKeys)},
		{"a role that is borrowed", "[profile p]\nsource_profile=b\n[profile b]\n" + testRole + "r\n" + testKeys, fmt.Sprint("b ", KindKeys)},
		{"a process", "[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\ncredential_process=x\n", fmt.Sprint("b ", KindProcess, " → p r")},
		{"a process of its own", "[profile p]\n" + testRole + "r\ncredential_process=x\n", fmt.Sprint("p ", KindProcess, " → p r")},
		{"SSO", "[profile p]\nsso_session=s\n", fmt.Sprint("p ", KindSSO)},
		{"web identity is the role", "[profile p]\n" + testRole + "r\nweb_identity_token_file=/t\nsource_profile=nobody\n", fmt.Sprint("p ", KindWebIdentity)},
		{"the machine", "[profile p]\n" + testRole + "r\ncredential_source=EcsContainer\n", fmt.Sprint("p ", KindSurroundings, " → p r")},
		{"the machine, no role", "[profile p]\ncredential_source=Environment\n", fmt.Sprint("p ", KindSurroundings)},
		{"an empty source is none", "[profile p]\nsource_profile=\n" + testKeys, fmt.Sprint("p ", KindKeys)},

		{"nothing", "[profile p]\n", `profile "p" has no access key (config:1) | run aws configure --profile p`},
		{
			"no way to the role", "[profile p]\n" + testRole + "r\n",
			`profile "p" is a role (role_arn, config:2) and names no profile to assume it with | add source_profile with the name of the profile that has the keys`,
		},
		{
			"its own source without keys", "[profile p]\n" + testRole + "r\nsource_profile=p\n",
			`profile "p" is a role (role_arn, config:2) and names no profile to assume it with | add source_profile with the name of the profile that has the keys`,
		},
		{
			"the end of the chain has nothing", "[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\nregion=a\n",
			`profile "b" has no access key (config:4) | run aws configure --profile b`,
		},
		{
			"a loop", "[profile p]\n" + testRole + "r\nsource_profile=b\n[profile b]\n" + testRole + "r\nsource_profile=c\n[profile c]\n" + testRole + "r\nsource_profile=b\n",
			`the source profiles go round in a circle: "p" → "b" → "c" → "b" (config:9) | end the chain with a profile that has credentials of its own`,
		},
		{
			"a source that is not there", "[profile p]\n" + testRole + "r\nsource_profile=bse\n" + keys("base"),
			`source_profile of profile "p" (config:3): profile "bse" is neither in config nor in credentials | did you mean "base"?`,
		},
		{
			"two sources", "[profile p]\n" + testRole + "r\nsource_profile=b\ncredential_source=Environment\n" + keys("b"),
			`profile "p" has both source_profile and credential_source (config:4) | take one of the two lines out`,
		},
		{
			"no such surroundings", "[profile p]\n" + testRole + "r\ncredential_source=environment\n",
			`profile "p": there is no credential_source = environment (config:3) | use one of Environment, Ec2InstanceMetadata, EcsContainer`,
		},
		{
			"not an ARN", "[profile p]\nrole_arn=admin\nsource_profile=b\n",
			`profile "p": role_arn is not the ARN of a role (config:2) | it looks like arn:aws:iam::ACCOUNT:role/NAME, with the account's twelve digits`,
		},
		{
			"a user's ARN", "[profile p]\nrole_arn=arn:aws:iam::123456789012:user/r\nsource_profile=b\n",
			`profile "p": role_arn is not the ARN of a role (config:2) | it looks like arn:aws:iam::ACCOUNT:role/NAME, with the account's twelve digits`,
		},
		{
			"no duration", "[profile p]\n" + testRole + "r\nduration_seconds=1h\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 is an hour, 43200 are twelve`,
		},
		{
			"too short", "[profile p]\n" + testRole + "r\nduration_seconds=899\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 is an hour, 43200 are twelve`,
		},
		{
			"too long", "[profile p]\n" + testRole + "r\nduration_seconds=43201\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 is an hour, 43200 are twelve`,
		},
		{
			"so long that it wraps", "[profile p]\n" + testRole + "r\nduration_seconds=36893488147419107000\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 is an hour, 43200 are twelve`,
		},
		{
			"so many seconds that they wrap", "[profile p]\n" + testRole + "r\nduration_seconds=18446747673\nsource_profile=b\n",
			`profile "p": duration_seconds is not between 900 and 43200 (config:3) | give it in seconds: 3600 is an hour, 43200 are twelve`,
		},
		{
			"no tags", "[profile p]\n" + testRole + "r\nsession_tags=Team\nsource_profile=b\n",
			`profile "p": session_tags are not key=value,key=value (config:3) | write each tag as key=value, with commas between`,
		},
		{
			"a tag without a key", "[profile p]\n" + testRole + "r\nsession_tags=A=1, =2\nsource_profile=b\n",
			`profile "p": session_tags are not key=value,key=value (config:3) | write each tag as key=value, with commas between`,
		},
		{
			"a transitive tag that is none", "[profile p]\n" + testRole + "r\nsession_tags=A=1\ntransitive_session_tags=A,B\nsource_profile=b\n",
			`profile "p": transitive_session_tags names "B", which session_tags does not have (config:4) | give the tag a value in session_tags, or take it out of transitive_session_tags`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, "")
			p, err := Load(files, "p")
			if err != nil {
				t.Fatal(err)
			}
			c, err := p.Chain(files)
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

// What a role is asked for with, all of it; and where the chain's own settings come from.
func TestRoleSettings(t *testing.T) {
	files := write(t, "[profile p]\n"+testRole+`r
source_profile = b
role_session_name = s
external_id = e
source_identity = i
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
	c, err := p.Chain(files)
	if err != nil {
		t.Fatal(err)
	}
	want := Role{
		Profile: "p", ARN: "arn:aws:iam::123456789012:role/r", SessionName: "s", ExternalID: "e", SourceIdentity: "i",
		Duration: 12 * time.Hour, Tags: []Tag{{"A", "1"}, {"B", "x=y"}, {"C", ""}}, TransitiveTags: []string{"A", "C"},
	}
	if got := fmt.Sprintf("%+v", c.Roles); got != fmt.Sprintf("%+v", []Role{want}) {
		t.Errorf("got  %s\nwant %+v", got, want)
	}
	if c.Get("mfa_serial") != "arn:aws:iam::123456789012:mfa/b" || c.Where("mfa_serial").Line != 11 || c.Get("source_profile") != "b" || c.Get("services") != "" {
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
		if IsRoleARN(arn) != want {
			t.Errorf("%s: %v", arn, !want)
		}
	}
}
