package msg

import (
	"fmt"
	"time"
)

// The command line.

// Waiting is said when another run holds the lock for longer than a moment.
const Waiting = "waiting for another awsmfa that is obtaining a session for the same user"

// The cache.

func Unusable(path string, err error, anotherVersion bool) string {
	if anotherVersion {
		return fmt.Sprintf("%s was kept by another version of awsmfa and is not used", path)
	}
	return fmt.Sprintf("%s is not used: %s", path, innermost(err))
}

// WaitedTooLong is the end of Waiting.
func WaitedTooLong(waited time.Duration) error {
	return &Error{
		oldText: fmt.Sprintf("another awsmfa has been obtaining a session for the same user for %s", waited),
		oldHint: "a question for a code may stand unanswered in another terminal: answer it, or end that awsmfa",
	}
}

func NotCached(err error) string {
	return fmt.Sprintf("the session is good, but cannot be kept for the next call: %s", err)
}

// NoCacheDir is NoCache's warning.
func NoCacheDir() string {
	return fmt.Sprintf("%s; %s", NoCache(), HintOf(NoCache()))
}

func NotForgotten(err error) string {
	return fmt.Sprintf("the MFA device that is gone cannot be forgotten: %s", err)
}

func NoLock(err error) string {
	return fmt.Sprintf("runs at the same time cannot wait for one another: %s", err)
}
