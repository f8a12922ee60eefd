package fakeaws

import (
	"fmt"
	"net/http"
)

// apiError is an error of AWS: HTTP status, code and message are those that AWS sends, as far as they are published or
// were observed.
type apiError struct {
	status        int
	code, message string
}

func errInvalidClientTokenID() *apiError {
	return &apiError{
		http.StatusForbidden, "InvalidClientTokenId",
		"The security token included in the request is invalid.",
	}
}

func errExpiredToken() *apiError {
	return &apiError{http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"}
}

func errMissingAuthenticationToken() *apiError {
	return &apiError{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"}
}

func errIncompleteSignature(message string) *apiError {
	return &apiError{http.StatusBadRequest, "IncompleteSignature", message}
}

func errSignatureDoesNotMatch(message string) *apiError {
	return &apiError{http.StatusForbidden, "SignatureDoesNotMatch", message}
}

func errAccessDenied(message string) *apiError {
	return &apiError{http.StatusForbidden, "AccessDenied", message}
}

func errInvalidAction(action, version string) *apiError {
	return &apiError{
		http.StatusBadRequest, "InvalidAction",
		fmt.Sprintf("Could not find operation %s for version %s", action, version),
	}
}

func errMalformedRequest(message string) *apiError {
	return &apiError{http.StatusBadRequest, "MalformedQueryString", message}
}

func errNoSuchEntity(message string) *apiError {
	return &apiError{http.StatusNotFound, "NoSuchEntity", message}
}

// errConflict is an error because of a resource's state; on IAM all of them are 409.
func errConflict(code, message string) *apiError {
	return &apiError{http.StatusConflict, code, message}
}

func errInvalidAuthenticationCode() *apiError {
	return &apiError{http.StatusForbidden, "InvalidAuthenticationCode", "Authentication code for device is not valid."}
}

func errThrottling() *apiError {
	return &apiError{http.StatusBadRequest, "Throttling", "Rate exceeded"}
}

func errInternalFailure() *apiError {
	return &apiError{
		http.StatusInternalServerError, "InternalFailure",
		"The request processing has failed because of an unknown error, exception or failure.",
	}
}

func errServiceUnavailable() *apiError {
	return &apiError{
		http.StatusServiceUnavailable, "ServiceUnavailable",
		"The request has failed due to a temporary failure of the server.",
	}
}

func errValidation(message string) *apiError {
	return &apiError{http.StatusBadRequest, "ValidationError", message}
}

func errInvalidParameter(message string) *apiError {
	return &apiError{http.StatusBadRequest, "InvalidParameterValue", message}
}

func errTooLong() *apiError {
	return errValidation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
}
