// Package partition is the one table of AWS's partitions: the separate parts of AWS, each with its own regions,
// accounts and hosts.
package partition

import (
	"slices"
	"strings"
)

// Partition is one partition of AWS.
type Partition struct {
	// Name is the second field of the partition's ARNs.
	Name string
	// Region is asked if none is configured: a session is valid in all regions of its partition.
	Region string
	// Domain is that of all pages of the AWS console. It is "" for an isolated partition, whose hosts AWS publishes
	// nowhere.
	Domain string
	// SignInRegion is the region whose sign-in host bears no region's name, "" if every such host bears one.
	SignInRegion string
	// OnlyGET is set if the federation endpoint does not accept POST.
	OnlyGET bool

	prefix string // of the names of its regions; "" for aws, which has all that are in no other partition
}

// The names and the regions are those of AWS's endpoint rules (partitions.json in the AWS SDKs). For China they name
// cn-northwest-1 as the region of global services; awsmfa asks the older cn-north-1.
//
// The console's hosts are those of "AWS Sign-In endpoints and quotas" (AWS General Reference); for China and GovCloud,
// of their own user guides; for the European Sovereign Cloud, of its own General Reference (docs.aws.eu). That GovCloud
// accepts only GET is in AWS's own toolkits (aws-toolkit-jetbrains, AwsConsoleUrlFactory).
var table = []Partition{
	{Name: "aws", Region: "us-east-1", Domain: "aws.amazon.com", SignInRegion: "us-east-1"},
	{
		Name: "aws-cn", prefix: "cn-", Region: "cn-north-1",
		Domain: "amazonaws.cn", SignInRegion: "cn-north-1",
	},
	{
		Name: "aws-us-gov", prefix: "us-gov-", Region: "us-gov-west-1",
		Domain: "amazonaws-us-gov.com", SignInRegion: "us-gov-west-1", OnlyGET: true,
	},
	{Name: "aws-eusc", prefix: "eusc-", Region: "eusc-de-east-1", Domain: "amazonaws-eusc.eu"},
	{Name: "aws-iso", prefix: "us-iso-", Region: "us-iso-east-1"},
	{Name: "aws-iso-b", prefix: "us-isob-", Region: "us-isob-east-1"},
	{Name: "aws-iso-e", prefix: "eu-isoe-", Region: "eu-isoe-west-1"},
	{Name: "aws-iso-f", prefix: "us-isof-", Region: "us-isof-south-1"},
}

// Names returns the names of the public partitions: all but the isolated ones.
func Names() []string {
	var names []string
	for _, p := range table {
		if p.Domain != "" {
			names = append(names, p.Name)
		}
	}
	return names
}

// Find returns the partition with a name. It reports false if there is no such partition.
func Find(name string) (Partition, bool) {
	for _, p := range table {
		if p.Name == name {
			return p, true
		}
	}
	return Partition{}, false
}

// OfRegion returns the partition of a region, which is aws for "" and for an unknown region.
func OfRegion(region string) Partition {
	for _, p := range table[1:] {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return table[0]
}

// enabled are the regions of the partition aws that every account has (AWS Account Management Reference Guide,
// "Enable or disable AWS Regions in your account"). A region that opened after March 2019 must be enabled.
var enabled = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
	"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
	"us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// MustBeEnabled reports whether an account has the region only after somebody has enabled it.
func MustBeEnabled(region string) bool {
	return region != "" && OfRegion(region).Name == "aws" && !slices.Contains(enabled, region)
}

// NameIn returns the name of the partition in an ARN, which need not be in the table. It is "" if text is not an ARN,
// such as a hardware token's serial number.
func NameIn(text string) string {
	fields, isARN := strings.CutPrefix(text, "arn:")
	if !isARN {
		return ""
	}
	name, _, _ := strings.Cut(fields, ":")
	return name
}

// DefaultRegion returns the region to ask if none is configured: that of the partition in arn, a device's or a role's,
// and that of aws if arn is not an ARN or its partition is unknown.
func DefaultRegion(arn string) string {
	if p, ok := Find(NameIn(arn)); ok {
		return p.Region
	}
	return table[0].Region
}
