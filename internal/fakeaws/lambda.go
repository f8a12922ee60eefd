package fakeaws

import (
	"encoding/json"
	"net/http"
)

// lambdaService has one action of another service, for tests and the demo, in which a command uses the session.
func lambdaService() service {
	return service{name: "lambda", actions: map[string]action{"ListFunctions": (*Server).listFunctions}}
}

// https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
func (s *Server) listFunctions(req *request) (any, *apiError) {
	if err := s.authorize(req, "lambda:ListFunctions", "*"); err != nil {
		return nil, err
	}
	type function struct{ FunctionName, Runtime, Handler string }
	return map[string]any{
		"Functions": []function{
			{"hello", "provided.al2023", "bootstrap"},
			{"nightly-report", "python3.13", "report.run"},
		},
		"NextMarker": nil,
	}, nil
}

// lambdaError uses the error codes of JSON services; the messages are the same.
func lambdaError(ans answer, e *apiError) answer {
	switch e.code {
	case "InvalidClientTokenId":
		ans.errorCode = "UnrecognizedClientException"
	case "SignatureDoesNotMatch":
		ans.errorCode = "InvalidSignatureException"
	case "Throttling":
		ans.errorCode, ans.status = "TooManyRequestsException", http.StatusTooManyRequests
	case "InternalFailure":
		ans.errorCode = "ServiceException"
	default:
		ans.errorCode = e.code + "Exception"
	}
	ans.contentType, ans.body = "application/json", jsonBody(map[string]string{"Message": e.message})
	return ans
}

func jsonBody(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("fakeaws: " + err.Error())
	}
	return b
}
