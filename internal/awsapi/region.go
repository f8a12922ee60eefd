package awsapi

import (
	"slices"
	"strings"
)

// DefaultRegion returns the region to call if none is configured: a session is valid in all regions of its partition,
// which is part of a device's or a role's ARN.
func DefaultRegion(serial string) string {
	_, rest, _ := strings.Cut(serial, ":")
	partition, _, _ := strings.Cut(rest, ":")
	switch partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	case "aws-eusc":
		return "eusc-de-east-1"
	}
	return "us-east-1"
}

// IsLegacyRegion reports whether sts_regional_endpoints = legacy means the global endpoint in a region (AWS SDKs and
// Tools Reference Guide, "AWS STS Regional endpoints").
func IsLegacyRegion(region string) bool { return slices.Contains(legacyRegions, region) }

var legacyRegions = []string{
	"ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "aws-global", "ca-central-1", "eu-central-1",
	"eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2",
	"us-west-1", "us-west-2",
}
