//go:build !windows

package mfa

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/msg"
)

// Command ends a program at its deadline, and says so.
func TestCommandEndsAtDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	source := Command("sleep 600", nil, io.Discard, func(msg.Text) {})
	code, err := source(ctx, CodeRequest{})
	if code != "" || err == nil || errors.Is(err, context.DeadlineExceeded) ||
		!strings.Contains(err.Error(), "printed no line within ") {
		t.Error(code, err)
	}
}
