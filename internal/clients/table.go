package main

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"strings"
)

// A way is how a client gets its credentials from awsmfa.
type way int

const (
	byEnv way = iota
	byExec
	byConfig
	byStored
	byServer
)

var ways = []way{byEnv, byExec, byConfig, byStored, byServer}

func (w way) String() string {
	return [...]string{"`env`", "`exec`", "a profile of `config`", "a stored profile", "`exec --server`"}[w]
}

// line returns the line for sh that runs the client's line with the profile.
func (w way) line(profile, client string) string {
	switch w {
	case byEnv:
		return `eval "$(awsmfa env ` + profile + ` --shell sh)" && ` + client
	case byExec:
		return "awsmfa exec " + profile + " -- sh -c '" + strings.ReplaceAll(client, "'", `'\''`) + "'"
	case byConfig:
		return "export AWS_PROFILE=" + profile + "-mfa && " + client
	case byStored:
		return "export AWS_PROFILE=" + profile + " && " + client
	default:
		return "awsmfa exec --server " + profile + " -- sh -c '" + strings.ReplaceAll(client, "'", `'\''`) + "'"
	}
}

// An outcome is what a client made of its credentials, as the page says it.
type outcome string

const (
	works     outcome = "yes"
	noKeys    outcome = "no: finds no credentials, and says so"
	anonymous outcome = "no: goes on without credentials"
	longTerm  outcome = "**no: takes the long-term key**"
)

// A client is a program that calls AWS.
type client struct {
	name    string
	version string                             // part of what ask prints
	ask     string                             // a line for sh
	line    string                             // the call, for sh; $URL is the stand-in's address
	shown   string                             // the line in the page, after awsmfa exec PROFILE --
	twice   string                             // calls twice in one process, for sh; "" if the client ends after a call
	mayFail bool                               // after a request with the right signature: the stand-in has no data
	want    map[way]outcome                    // where it does not work
	signer  func(output string) (keyID string) // of a client that signs, but sends nothing itself
}

func (c client) wanted(w way) outcome { return cmp.Or(c.want[w], works) }

var clients = []client{
	{
		name: "AWS CLI", version: "2.9.19", ask: "aws --version",
		line: "aws lambda list-functions --endpoint-url $URL", shown: "aws lambda list-functions",
	},
	{
		name: "AWS CLI: aws eks get-token (kubectl)", version: "2.9.19", ask: "aws --version",
		line: "aws eks get-token --cluster-name main", shown: "aws eks get-token --cluster-name main",
		signer: tokenSigner,
	},
	{
		name: "boto3", version: "1.26.27", ask: "python3 -c 'import boto3; print(boto3.__version__)'",
		line: "python3 boto.py 1", twice: "python3 boto.py 2", shown: "python3 boto.py",
	},
	{
		name: "JavaScript SDK v3", version: "3.1174.0", ask: askNode("@aws-sdk/client-sts"),
		line: "node v3.cjs 1", twice: "node v3.cjs 2", shown: "node v3.cjs",
	},
	{
		name: "JavaScript SDK v2", version: "2.1693.0", ask: askNode("aws-sdk"),
		line: "node v2.cjs 1", twice: "node v2.cjs 2", shown: "node v2.cjs",
		want: map[way]outcome{byConfig: noKeys, byStored: noKeys},
	},
	{
		name: "JavaScript SDK v2, AWS_SDK_LOAD_CONFIG=1", version: "2.1693.0", ask: askNode("aws-sdk"),
		line: "AWS_SDK_LOAD_CONFIG=1 node v2.cjs 1", twice: "AWS_SDK_LOAD_CONFIG=1 node v2.cjs 2",
		shown: "env AWS_SDK_LOAD_CONFIG=1 node v2.cjs",
	},
	{
		name: "CDK", version: "2.1148.1", ask: "cdk --version",
		line: "cdk diff --app cdk.out --no-notices", shown: "cdk diff",
	},
	{
		name: "Ruby SDK", version: "3.168.1", ask: `ruby -e 'require "aws-sdk-core"; puts Aws::CORE_GEM_VERSION'`,
		line: "ruby call.rb 1", twice: "ruby call.rb 2", shown: "ruby call.rb",
		want: map[way]outcome{byServer: noKeys},
	},
	{
		name: "s5cmd", version: "2.2.2", ask: "true",
		line: "s5cmd --endpoint-url $URL ls s3://data", shown: "s5cmd ls s3://data", mayFail: true,
	},
	{
		name: "rclone", version: "1.70.3", ask: "rclone version",
		line:  `rclone lsf ":s3,provider=AWS,env_auth=true,region=eu-central-1,endpoint='$URL':data"`,
		shown: `rclone lsf ":s3,provider=AWS,env_auth=true,region=eu-central-1:data"`,
	},
	{
		name: "sops", version: "3.10.2", ask: "true",
		line: "sops decrypt sealed.yaml", shown: "sops decrypt sealed.yaml",
	},
	{
		name: "docker-credential-ecr-login", version: "0.12.0", ask: "true",
		line: "echo 123456789012.dkr.ecr.eu-central-1.amazonaws.com | " +
			"AWS_ECR_DISABLE_CACHE=1 docker-credential-ecr-login get",
		shown: "docker-credential-ecr-login get",
	},
	{
		name: "restic", version: "0.14.0", ask: "restic version",
		line:  "RESTIC_PASSWORD=x restic --no-cache -r s3:$URL/data snapshots",
		shown: "restic -r s3:s3.amazonaws.com/data snapshots", mayFail: true,
		want: map[way]outcome{byConfig: anonymous, byStored: anonymous},
	},
	{
		name: "s3cmd", version: "2.3.0", ask: "s3cmd --version",
		line:  `s3cmd --no-ssl --host="${URL#http://}" --host-bucket="${URL#http://}" ls s3://data`,
		shown: "s3cmd ls s3://data",
		want:  map[way]outcome{byConfig: noKeys, byStored: noKeys, byServer: noKeys},
	},
}

func askNode(module string) string {
	return `node -p 'require("` + module + `/package.json").version'`
}

// tokenSigner returns the access key ID in a token of aws eks get-token: a signed link to GetCallerIdentity.
func tokenSigner(output string) string {
	_, token, _ := strings.Cut(output, "k8s-aws-v1.")
	token, _, _ = strings.Cut(token, `"`)
	link, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return ""
	}
	u, err := url.Parse(string(link))
	if err != nil {
		return ""
	}
	keyID, _, _ := strings.Cut(u.Query().Get("X-Amz-Credential"), "/")
	return keyID
}

// files are what the clients read, in the directory in which they run.
var files = map[string]string{
	"boto.py": `import boto3, os, sys, time
sts = boto3.client("sts", region_name="eu-central-1", endpoint_url=os.environ["URL"])
for i in range(int(sys.argv[1])):
    time.sleep(i)
    print(sts.get_caller_identity()["Arn"])
`,
	"v3.cjs": `const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
(async () => {
  const sts = new STSClient({ region: "eu-central-1", endpoint: process.env.URL });
  for (let i = 0; i < Number(process.argv[2]); i++) {
    await new Promise((done) => setTimeout(done, i * 1000));
    console.log((await sts.send(new GetCallerIdentityCommand({}))).Arn);
  }
})().catch((err) => { console.error(err.message); process.exitCode = 1; });
`,
	"v2.cjs": `process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const AWS = require("aws-sdk");
(async () => {
  const sts = new AWS.STS({ region: "eu-central-1", endpoint: process.env.URL });
  for (let i = 0; i < Number(process.argv[2]); i++) {
    await new Promise((done) => setTimeout(done, i * 1000));
    console.log((await sts.getCallerIdentity().promise()).Arn);
  }
})().catch((err) => { console.error(err.message); process.exitCode = 1; });
`,
	"call.rb": `require "aws-sdk-core"
sts = Aws::STS::Client.new(region: "eu-central-1", endpoint: ENV["URL"])
Integer(ARGV[0]).times do |i|
  sleep i
  puts sts.get_caller_identity.arn
end
`,
	"plain.yaml": "word: secret\n",
	"cdk.out/manifest.json": `{"version": "36.0.0", "artifacts": {"app": {"type": "aws:cloudformation:stack",
  "environment": "aws://unknown-account/unknown-region",
  "properties": {"templateFile": "app.template.json"}}}}
`,
	"cdk.out/app.template.json": `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
`,
}
