//go:build unix

package cli

import (
	"os"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/mfa"
	"awsmfa/internal/profile"
)

// A code command ends before the client gives up, however long it would run.
func TestCodeCommandEndsForClient(t *testing.T) {
	t.Parallel()
	f := sessionFlags{CodeCommand: "sleep 600", client: &client{end: time.Now()}}
	a := &app{System: System{Environ: os.Environ(), Stderr: os.Stderr}}
	code, err := f.source(a, profile.Chain{})(t.Context(), mfa.CodeRequest{})
	if code != "" || err == nil || !strings.Contains(err.Error(), "printed no line within "+clientLeast.String()) {
		t.Errorf("%q, %v", code, err)
	}
}
