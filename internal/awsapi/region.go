package awsapi

import "slices"

// IsLegacyRegion reports whether sts_regional_endpoints = legacy means the global endpoint in a region (AWS SDKs and
// Tools Reference Guide, "AWS STS Regional endpoints").
func IsLegacyRegion(region string) bool { return slices.Contains(legacyRegions, region) }

var legacyRegions = []string{
	"ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "aws-global", "ca-central-1", "eu-central-1",
	"eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2",
	"us-west-1", "us-west-2",
}
