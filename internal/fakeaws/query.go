package fakeaws

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/xml"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// service is one AWS service: its version and its table of actions. A new action is one line in the table.
type service struct {
	name    string
	version string // of the Query protocol; "" for a service that does not speak it
	actions map[string]action
	// unsigned are the actions that need no signature, because their parameter is itself a secret.
	unsigned map[string]action
}

// action performs a request. The server is locked and the caller known; the result becomes the XML or JSON of the
// answer.
type action func(*Server, *request) (any, *apiError)

const (
	stsVersion   = "2011-06-15"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	iamVersion   = "2010-05-08"
	iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
)

// request is a client's request, parsed but not authenticated.
type request struct {
	http   *http.Request
	body   []byte
	form   url.Values
	broken string // why the body is not a form of the Query protocol
	// service is known before the signature if the path identifies it, and for unsigned actions.
	service string
	rest    bool // not the Query protocol: answered in JSON, HTML or plain text
	action  string
	act     action // of endpoints apart from AWS's: metadata
	caller  caller // set once authenticated
}

// text is a result that is sent unchanged.
type text struct {
	body   string
	media  string // "text/plain" when empty
	header http.Header
}

type answer struct {
	status      int
	contentType string
	date        time.Time
	requestID   string
	errorCode   string
	body        []byte
	header      http.Header // additional headers
}

func newRequest(r *http.Request, body []byte) *request {
	req := &request{http: r, body: body}
	if req.rest = req.readREST() || req.readData(); req.rest {
		return req
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	req.form, err = url.ParseQuery(string(body))
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/" || r.URL.RawQuery != "":
		req.broken = "The request must be a POST to / without a query string"
	case media != "application/x-www-form-urlencoded":
		req.broken = "The request must be of type application/x-www-form-urlencoded"
	case err != nil:
		req.broken = "The request body contains a syntax error"
	}
	for _, values := range req.form {
		if len(values) != 1 {
			req.broken = "A parameter is given more than once"
		}
	}
	req.action = req.form.Get("Action")
	if req.action == "AssumeRoleWithWebIdentity" {
		req.service = "sts"
	}
	return req
}

// readREST recognizes requests by method and path.
func (req *request) readREST() bool {
	switch r := req.http; r.Method + " " + strings.TrimSuffix(r.URL.Path, "/") {
	case "GET /2015-03-31/functions":
		req.service, req.action = "lambda", "ListFunctions"
	case "GET /federation/credentials":
		req.service, req.action, req.form = "sso", "GetRoleCredentials", r.URL.Query()
	case "POST /token":
		req.service, req.action = "ssooidc", "CreateToken"
		req.readJSON()
	case "POST /v1/token": // aws login's; only faults answer it
		req.service, req.action = "signin", "CreateOAuth2Token"
		req.readJSON()
	case "GET /federation":
		req.service, req.form = "signin", r.URL.Query()
		req.action = req.param("Action")
	case "POST /federation":
		req.service = "signin"
		req.form, _ = url.ParseQuery(string(req.body)) // a broken body lacks parameters
		req.action = req.param("Action")
	default:
		return false
	}
	return true
}

// unsigned returns the action of a request without a signature; nil if the action needs one or does not exist.
func (s *Server) unsigned(req *request) action {
	if req.act != nil {
		return req.act
	}
	svc := s.services[req.service]
	if !req.rest && (req.broken != "" || req.param("Version") != svc.version) {
		return nil
	}
	return svc.unsigned[req.action]
}

func (req *request) has(name string) bool     { return req.form.Has(name) }
func (req *request) param(name string) string { return req.form.Get(name) }

// route returns the action in the service of the signature's scope.
func (s *Server) route(req *request, scoped string) (service, action, *apiError) {
	if req.rest {
		svc := s.services[req.service]
		if svc.actions[req.action] == nil {
			return svc, nil, &apiError{
				http.StatusBadRequest,
				"UnknownOperationException",
				"There is no such operation.",
			}
		}
		if scoped != svc.name {
			return svc, nil, errWrongService(svc.name)
		}
		return svc, svc.actions[req.action], nil
	}
	if req.broken != "" {
		return service{}, nil, errMalformedRequest(req.broken)
	}
	if !req.has("Action") {
		return service{}, nil, &apiError{http.StatusBadRequest, "MissingAction", "The request is missing an action."}
	}
	svc, ok := s.services[scoped]
	if !ok || svc.version == "" {
		return svc, nil, errWrongService(serviceOfVersion(req.param("Version")))
	}
	act := svc.actions[req.action]
	if act == nil || req.param("Version") != svc.version {
		return svc, nil, errInvalidAction(req.action, req.param("Version"))
	}
	return svc, act, nil
}

func errWrongService(right string) *apiError {
	return errSignatureDoesNotMatch("Credential should be scoped to correct service: '" + right + "'. ")
}

func serviceOfVersion(version string) string {
	if version == iamVersion {
		return "iam"
	}
	return "sts"
}

func (req *request) namespace() string {
	if req.param("Version") == iamVersion {
		return iamNamespace
	}
	return stsNamespace
}

type responseMetadata struct {
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

// namedResult is an element named after the action.
type namedResult struct {
	name  string
	value any
}

func (r namedResult) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return e.EncodeElement(r.value, xml.StartElement{Name: xml.Name{Local: r.name}})
}

// success writes <ActionResponse><ActionResult>…, the form of every answer in the Query protocol. An action without
// results has no ActionResult.
func (req *request) success(now time.Time, result any) answer {
	ans := answer{status: http.StatusOK, contentType: "text/xml", date: now, requestID: newRequestID()}
	if page, ok := result.(text); ok {
		ans.contentType, ans.body, ans.header = cmp.Or(page.media, "text/plain"), []byte(page.body), page.header
		return ans
	}
	if req.rest {
		ans.contentType, ans.body = "application/json", jsonBody(result)
		return ans
	}
	response := struct {
		XMLName xml.Name
		Result  *namedResult
		responseMetadata
	}{
		XMLName:          xml.Name{Space: req.namespace(), Local: req.action + "Response"},
		responseMetadata: responseMetadata{ans.requestID},
	}
	if result != nil {
		response.Result = &namedResult{req.action + "Result", result}
	}
	ans.body = xmlBody(response)
	return ans
}

func (req *request) errorAnswer(now time.Time, e *apiError) answer {
	ans := answer{
		status: e.status, contentType: "text/xml", date: now, requestID: newRequestID(), errorCode: e.code,
	}
	if req.action == "CreateOAuth2Token" {
		return ssoError(ans, e)
	}
	switch req.service {
	case "lambda":
		return lambdaError(ans, e)
	case "s3":
		return s3Error(ans, e)
	case "kms", "ecr":
		ans.contentType = "application/x-amz-json-1.1"
		ans.body = jsonBody(map[string]string{"__type": e.code, "message": e.message})
		return ans
	case "sso", "ssooidc":
		return ssoError(ans, e)
	case "signin", "imds":
		return pageError(ans, e)
	case "container":
		ans.contentType = "application/json"
		ans.body = jsonBody(map[string]string{"code": e.code, "message": e.message})
		return ans
	}
	kind := "Sender"
	if e.status >= 500 {
		kind = "Receiver"
	}
	type detail struct {
		Type    string
		Code    string
		Message string
	}
	ans.body = xmlBody(struct {
		XMLName   xml.Name
		Error     detail
		RequestID string `xml:"RequestId"`
	}{
		xml.Name{Space: req.namespace(), Local: "ErrorResponse"},
		detail{kind, e.code, e.message},
		ans.requestID,
	})
	return ans
}

func (ans answer) write(w http.ResponseWriter) {
	h := w.Header()
	maps.Copy(h, ans.header)
	h.Set("Date", ans.date.Format(http.TimeFormat))
	h.Set("Content-Type", ans.contentType)
	h.Set("X-Amzn-Requestid", ans.requestID)
	if ans.errorCode != "" && ans.contentType == "application/json" {
		h.Set("X-Amzn-Errortype", ans.errorCode)
	}
	w.WriteHeader(ans.status)
	_, _ = w.Write(ans.body)
}

// xmlBody panics if a result cannot be encoded: that is a bug in this package, which a test finds.
func xmlBody(v any) []byte {
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("fakeaws: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func newRequestID() string {
	b := hex.EncodeToString(randomBytes(16))
	return b[:8] + "-" + b[8:12] + "-" + b[12:16] + "-" + b[16:20] + "-" + b[20:]
}

// timestamp returns ISO 8601 in whole seconds, the format of these services.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
