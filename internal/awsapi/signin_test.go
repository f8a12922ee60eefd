package awsapi

import (
	"testing"
	"time"
)

// parseDate reads the formats of all versions of the AWS CLI, and refuses a date without a time zone.
func TestParseDate(t *testing.T) {
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, text := range []string{
		"2026-01-02T03:04:05Z", "2026-01-02T03:04:05UTC", "2026-01-02 03:04:05 UTC", "2026-01-02T03:04:05+00:00",
		"2026-01-02T05:04:05+0200", "2026-01-02T05:04:05+02", " 2026-01-02T03:04:05Z\n", "2026-01-02T03:04:05GMT",
	} {
		if got, err := parseDate(text); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	if got, err := parseDate("2026-01-02T03:04Z"); err != nil || !got.Equal(want.Truncate(time.Minute)) {
		t.Errorf("to the minute: %v %v", got, err)
	}
	for _, text := range []string{"", "UTC", "2026-01-02T03:04:05", "2026-01-02", "1767323045", "soon"} {
		if got, err := parseDate(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
