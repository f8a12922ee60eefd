package fakeaws

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
)

// The services of this file know no data: only that a signed request of a real client arrived, and whose it was. Each
// bucket and repository exists and is empty, and what KMS encrypts stays as it is.

const cloudFormationVersion = "2010-05-15"

// jsonTargets are the services by the first half of the X-Amz-Target header of AWS's JSON protocol.
var jsonTargets = map[string]string{"TrentService": "kms", "AmazonEC2ContainerRegistry_V20150921": "ecr"}

func dataServices() map[string]service {
	return map[string]service{
		"s3": {name: "s3", actions: map[string]action{
			"ListBuckets": allowed(
				"s3:ListAllMyBuckets", s3Page("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>")),
			"GetBucketLocation": allowed("s3:GetBucketLocation", s3Page("<LocationConstraint/>")),
			"ListObjects": allowed("s3:ListBucket", s3Page("<ListBucketResult><Name>data</Name>"+
				"<KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>")),
			"HeadBucket": allowed("s3:ListBucket", s3Page("")),
			"GetObject":  (*Server).getObject,
		}},
		"kms": {name: "kms", actions: map[string]action{
			"Encrypt": mirror("kms:Encrypt", "Plaintext", "CiphertextBlob"),
			"Decrypt": mirror("kms:Decrypt", "CiphertextBlob", "Plaintext"),
		}},
		"ecr": {name: "ecr", actions: map[string]action{
			"GetAuthorizationToken": allowed("ecr:GetAuthorizationToken", map[string]any{
				"authorizationData": []map[string]any{{
					"authorizationToken": "QVdTOnBhc3N3b3Jk", // AWS:password
					"expiresAt":          4102444800,
					"proxyEndpoint":      "https://" + DefaultAccount + ".dkr.ecr.eu-central-1.amazonaws.com",
				}},
			}),
		}},
		"cloudformation": {name: "cloudformation", version: cloudFormationVersion, actions: map[string]action{
			"DescribeStacks": (*Server).noStack, "GetTemplate": (*Server).noStack,
		}},
	}
}

func s3Page(xml string) text { return text{body: xml, media: "application/xml"} }

// allowed is an action that returns result to whoever may perform it.
func allowed(name string, result any) action {
	return func(s *Server, req *request) (any, *apiError) {
		if err := s.authorize(req, name, "*"); err != nil {
			return nil, err
		}
		return result, nil
	}
}

// mirror is an action of KMS that returns the value of the parameter from as the result to.
func mirror(name, from, to string) action {
	return func(s *Server, req *request) (any, *apiError) {
		if err := s.authorize(req, name, "*"); err != nil {
			return nil, err
		}
		var params map[string]any
		if err := json.Unmarshal(req.body, &params); err != nil {
			return nil, &apiError{http.StatusBadRequest, "SerializationException", err.Error()}
		}
		return map[string]any{to: params[from], "KeyId": params["KeyId"]}, nil
	}
}

func (s *Server) getObject(req *request) (any, *apiError) {
	if err := s.authorize(req, "s3:GetObject", "*"); err != nil {
		return nil, err
	}
	return nil, &apiError{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (s *Server) noStack(req *request) (any, *apiError) {
	if err := s.authorize(req, "cloudformation:"+req.action, "*"); err != nil {
		return nil, err
	}
	return nil, &apiError{
		http.StatusBadRequest, "ValidationError", "Stack with id " + req.param("StackName") + " does not exist",
	}
}

// readData recognizes a request of the JSON protocol by its target, and one of S3 by its signature: its paths are free.
func (req *request) readData() bool {
	if service, action, ok := strings.Cut(req.http.Header.Get("X-Amz-Target"), "."); ok {
		req.service, req.action = jsonTargets[service], action
		return req.service != ""
	}
	if auth, err := readAuthorization(req.http.Header); err != nil || auth.service != "s3" {
		return false
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(req.http.URL.Path, "/"), "/")
	req.service, req.form = "s3", req.http.URL.Query()
	switch {
	case req.http.Method != http.MethodGet && req.http.Method != http.MethodHead:
		return true // no action: S3 here is read only
	case key != "":
		req.action = "GetObject"
	case bucket == "":
		req.action = "ListBuckets"
	case req.http.Method == http.MethodHead:
		req.action = "HeadBucket"
	case req.has("location"):
		req.action = "GetBucketLocation"
	default:
		req.action = "ListObjects"
	}
	return true
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func s3Error(ans answer, e *apiError) answer {
	if e.code == "InvalidClientTokenId" {
		ans.errorCode = "InvalidAccessKeyId"
	}
	ans.contentType = "application/xml"
	ans.body = xmlBody(struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}{Code: ans.errorCode, Message: e.message, RequestID: ans.requestID})
	return ans
}
