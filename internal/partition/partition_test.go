package partition_test

import (
	"slices"
	"testing"

	"awsmfa/internal/partition"
)

func TestNames(t *testing.T) {
	want := []string{"aws", "aws-cn", "aws-us-gov", "aws-eusc"} // and no isolated one
	if got := partition.Names(); !slices.Equal(got, want) {
		t.Error(got)
	}
}

func TestOfRegion(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "aws", "eu-central-1": "aws", "us-isle-1": "aws", "": "aws",
		"cn-north-1": "aws-cn", "cn-northwest-1": "aws-cn",
		"us-gov-west-1": "aws-us-gov", "us-gov-east-1": "aws-us-gov",
		"eusc-de-east-1": "aws-eusc",
		"us-iso-east-1":  "aws-iso", "us-iso-west-1": "aws-iso",
		"us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f",
	} {
		if got := partition.OfRegion(region).Name; got != want {
			t.Errorf("%q is in %s, not %s", region, want, got)
		}
	}
}

func TestMustBeEnabled(t *testing.T) {
	for region, want := range map[string]bool{
		"us-east-1": false, "ap-northeast-1": false, "ap-east-1": true, "me-south-1": true, "eu-central-2": true,
		"cn-north-1": false, "us-gov-west-1": false, "eusc-de-east-1": false, "": false,
	} {
		if partition.MustBeEnabled(region) != want {
			t.Errorf("%q: not %v", region, want)
		}
	}
}

func TestNameIn(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws-cn:iam::123456789012:mfa/a": "aws-cn", "arn:elsewhere:iam::123456789012:role/a": "elsewhere",
		"x:aws-cn:iam::123456789012:mfa/a": "", "GAHT12345678": "", "": "",
	} {
		if got := partition.NameIn(text); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}

// The default region is one of the ARN's partition.
func TestDefaultRegion(t *testing.T) {
	for arn, want := range map[string]string{
		"":                                     "us-east-1",
		"GAHT12345678":                         "us-east-1",
		"arn:aws:iam::123456789012:mfa/a":      "us-east-1",
		"arn:elsewhere:iam::123456789012:mfa/": "us-east-1",
		"arn:aws-cn:iam::123456789012:mfa/a":   "cn-north-1",
		"arn:aws-us-gov:iam::12345:role/a":     "us-gov-west-1",
		"arn:aws-eusc:iam::12345:role/a":       "eusc-de-east-1",
		"arn:aws-iso:iam::12345:role/a":        "us-iso-east-1",
		"arn:aws-iso-b:iam::12345:role/a":      "us-isob-east-1",
		"arn:aws-iso-e:iam::12345:role/a":      "eu-isoe-west-1",
		"arn:aws-iso-f:iam::12345:role/a":      "us-isof-south-1",
	} {
		got := partition.DefaultRegion(arn)
		if got != want {
			t.Errorf("%q: %s, not %s", arn, got, want)
		}
		if p, ok := partition.Find(partition.NameIn(arn)); ok && partition.OfRegion(got) != p {
			t.Errorf("%s is not in %s", got, p.Name)
		}
	}
}
