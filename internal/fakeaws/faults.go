package fakeaws

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind is a kind of failure of a request.
type FaultKind int

// The first kinds prevent the action; those from CutAfter on let it run and corrupt the answer.
const (
	noFault FaultKind = iota

	Throttle    // 400 Throttling "Rate exceeded"
	Internal    // 500 InternalFailure
	Unavailable // 503 ServiceUnavailable
	Stall       // no answer until the client disconnects or the server closes
	Cut         // the connection is closed without an answer
	Portal      // 403 and an HTML page, as from a captive portal
	Proxy       // 407 and an HTML page, as from a proxy that requires a password
	Echo        // 403 AccessDenied and a message of many lines that quotes the tokens and the body of the request
	Elsewhere   // 307 to a host that does not exist
	Refuse      // the error in the fault

	CutAfter  // the action runs, and the connection is closed without an answer
	CutBody   // the action runs, and the connection is closed halfway through the answer's body
	BrokenXML // the action runs, and the answer's body ends in the middle
	NoKeys    // the action runs, and the credentials in its answer have neither key ID nor secret
	NoToken   // the action runs, and the credentials in its answer have no session token
	Ended     // the action runs, and the credentials in its answer expired in 2001
	Short     // the action runs, and the credentials in its answer expire in half an hour
	Ending    // the action runs, and the credentials in its answer expire 14 s from now
	Braces    // the action runs, and the answer is {}
	Endless   // the action runs, and the answer's body ends in blanks until the client disconnects
)

// Fault makes the next Times requests fail. Faults for the same action apply in the order in which they were injected.
type Fault struct {
	Kind   FaultKind
	Action string // such as "GetSessionToken"; any action when empty
	Times  int    // once when 0; until ClearFaults when negative
	// Status, Code and Message are the error of Refuse.
	Status        int
	Code, Message string
}

// Inject adds a fault.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, f)
}

// ClearFaults removes the remaining faults. A stalled request stays stalled.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault uses the first fault for the action once.
func (s *Server) takeFault(action string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults, func(f Fault) bool { return f.Action == "" || f.Action == action })
	if i < 0 {
		return Fault{Kind: noFault}
	}
	taken := s.faults[i]
	switch s.faults[i].Times {
	case 1:
		s.faults = slices.Delete(s.faults, i, i+1)
	default:
		s.faults[i].Times = max(s.faults[i].Times-1, -1)
	}
	return taken
}

func (k FaultKind) runsAction() bool {
	return k == noFault || k >= CutAfter
}

// answerFault answers instead of the action, or closes the connection.
func (s *Server) answerFault(ctx context.Context, w http.ResponseWriter, req *request, fault Fault) {
	switch fault.Kind {
	case Refuse:
		s.writeError(w, req, &apiError{fault.Status, fault.Code, fault.Message})
	case Throttle:
		s.writeError(w, req, errThrottling())
	case Internal:
		s.writeError(w, req, errInternalFailure())
	case Unavailable:
		s.writeError(w, req, errServiceUnavailable())
	case Portal:
		s.html(w, req, http.StatusForbidden, "Sign in to the network")
	case Proxy:
		w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
		s.html(w, req, http.StatusProxyAuthRequired, "Proxy authentication required")
	case Echo:
		s.writeError(w, req, errAccessDenied(echo(req)))
	case Elsewhere:
		s.record(req, http.StatusTemporaryRedirect, "")
		http.Redirect(w, req.http, "http://elsewhere.invalid/", http.StatusTemporaryRedirect)
	case Stall:
		s.record(req, 0, "")
		s.stall(ctx)
		panic(http.ErrAbortHandler)
	default:
		s.record(req, 0, "")
		panic(http.ErrAbortHandler) // net/http closes the connection and logs nothing
	}
}

func (s *Server) writeError(w http.ResponseWriter, req *request, e *apiError) {
	s.mu.Lock()
	ans := req.errorAnswer(s.serverTime(), e)
	s.mu.Unlock()
	s.record(req, ans.status, ans.errorCode)
	ans.write(w)
}

func (s *Server) html(w http.ResponseWriter, req *request, status int, title string) {
	s.record(req, status, "")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<!DOCTYPE html>\n<html><head><title>" + title +
		"</title><meta charset=utf-8></head><body><h1>" + title + "<br></h1></body></html>\n"))
}

// echo returns a text that repeats the request's secrets many times.
func echo(req *request) string {
	h := req.http.Header
	line := fmt.Sprintf("Access denied: %s %s %s %s\n", h.Get("X-Amz-Security-Token"), h.Get("X-Amz-Sso_bearer_token"),
		req.param("TokenCode"), req.body)
	return strings.Repeat(line, 50)
}

// corrupt returns an answer's body as changed by a fault.
func corrupt(body []byte, fault FaultKind) []byte {
	switch fault {
	case CutBody, BrokenXML, Endless:
		return body[:len(body)/2]
	case NoKeys:
		return replaceValues(body, "AccessKeyId|SecretAccessKey", "")
	case NoToken:
		return replaceValues(body, "SessionToken|Token", "")
	case Ended:
		return replaceValues(replaceValues(body, "Expiration", "2001-01-01T00:00:00Z"), "expiration", "978307200000")
	case Short:
		return replaceValues(body, "Expiration", time.Now().Add(30*time.Minute).UTC().Format(time.RFC3339))
	case Ending:
		return replaceValues(body, "Expiration", timestamp(time.Now().Add(14*time.Second)))
	case Braces:
		return []byte("{}")
	default:
		return body
	}
}

// replaceValues sets another value in the XML elements or JSON fields with these names.
func replaceValues(body []byte, names, value string) []byte {
	element := regexp.MustCompile(`(<(?:` + names + `)>)[^<]*`)
	field := regexp.MustCompile(`("(?i:` + names + `)": ?"?)[^",}]*`)
	return field.ReplaceAll(element.ReplaceAll(body, []byte("${1}"+value)), []byte("${1}"+value))
}

// endless writes blanks until the client disconnects.
func endless(w http.ResponseWriter) {
	blanks := bytes.Repeat([]byte(" "), 64<<10)
	for {
		if _, err := w.Write(blanks); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// deliver sends the answer of an action that has run, unless a fault drops it. The call is recorded before the first
// byte is sent, so that a client with the answer finds it.
func (s *Server) deliver(w http.ResponseWriter, req *request, ans answer, fault FaultKind) {
	if fault == CutAfter {
		s.record(req, 0, ans.errorCode)
		panic(http.ErrAbortHandler)
	}
	s.record(req, ans.status, ans.errorCode)
	if fault == CutBody {
		w.Header().Set("Content-Length", strconv.Itoa(len(ans.body)))
	}
	ans.body = corrupt(ans.body, fault)
	ans.write(w)
	if fault == Endless {
		endless(w)
	}
	if fault == CutBody {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}
