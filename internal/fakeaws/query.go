package fakeaws

import (
	"bytes"
	"encoding/hex"
	"encoding/xml"
	"mime"
	"net/http"
	"net/url"
	"time"
)

// service is one AWS service: its version and its table of actions. A new action is one line in the table.
type service struct {
	name    string
	version string // of the Query protocol; "" for a service that does not speak it
	actions map[string]action
}

// action does the work. The server is locked and the caller known; the result becomes the XML or JSON of the answer.
type action func(*Server, *request) (any, *apiError)

const (
	stsVersion   = "2011-06-15"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	iamVersion   = "2010-05-08"
	iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
)

// request is what a client sent, read but not believed.
type request struct {
	http   *http.Request
	body   []byte
	form   url.Values
	broken string // why the body is no form of the Query protocol
	json   bool   // the answer is JSON: Lambda, not the Query protocol
	action string
	caller caller // set once authenticated
}

type answer struct {
	status      int
	contentType string
	date        time.Time
	requestID   string
	errorCode   string
	body        []byte
}

func newRequest(r *http.Request, body []byte) *request {
	req := &request{http: r, body: body}
	if isListFunctions(r) {
		req.json, req.action = true, "ListFunctions"
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
	return req
}

func (req *request) has(name string) bool     { return req.form.Has(name) }
func (req *request) param(name string) string { return req.form.Get(name) }

// route finds the action in the service that the signature is for.
func (s *Server) route(req *request, scoped string) (service, action, *apiError) {
	if req.json {
		svc := s.services["lambda"]
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

// namedResult is an element that is called after the action.
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
	if req.json {
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

func (req *request) refusal(now time.Time, e *apiError) answer {
	ans := answer{
		status: e.status, contentType: "text/xml", date: now, requestID: newRequestID(), errorCode: e.code,
	}
	if req.json {
		return lambdaRefusal(ans, e)
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
	h.Set("Date", ans.date.Format(http.TimeFormat))
	h.Set("Content-Type", ans.contentType)
	h.Set("X-Amzn-Requestid", ans.requestID)
	if ans.errorCode != "" && ans.contentType == "application/json" {
		h.Set("X-Amzn-Errortype", ans.errorCode)
	}
	w.WriteHeader(ans.status)
	_, _ = w.Write(ans.body)
}

// xmlBody panics when a result cannot be written: that is a mistake in this package, and a test finds it.
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

// timestamp is ISO 8601 in whole seconds, as these services write it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
