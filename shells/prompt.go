package shells

import (
	"embed"
	"strconv"
	"strings"
	"time"
)

//go:embed prompt.*
var promptScripts embed.FS

// PromptOptions are what the code for a shell's prompt depends on.
type PromptOptions struct {
	// Function is the name of the function that Init defines.
	Function string
	// Program is the awsmfa command, quoted by Command.
	Program string
	// Renew makes the hook run the function with --renew shortly before the session ends.
	Renew bool
	// Ended stands behind the profile's name in the segment when the session has ended.
	Ended string
	// EndedLine is printed once when the session has ended, with the profile's name after it.
	EndedLine string
	// Now is the time at which the shell starts.
	Now time.Time
}

// HasPrompt reports whether Prompt has code for the shell.
func (s Shell) HasPrompt() bool { return s.prompt != "" }

// Prompt returns the code that runs a hook before each prompt, after the code of Init. The hook sets AWSMFA_PROMPT to
// the segment: the profile and how long its session lasts. The errors are those of Word, for the texts.
func (s Shell) Prompt(o PromptOptions) (string, error) {
	script, err := promptScripts.ReadFile(s.prompt)
	if err != nil {
		panic(err) // it is embedded
	}
	ended, err := s.Word(" " + o.Ended) // with a blank it is in quotes
	if err != nil {
		return "", err
	}
	line, err := s.Word(o.EndedLine)
	if err != nil {
		return "", err
	}
	renews := "0"
	if o.Renew {
		renews = "1"
	}
	return strings.NewReplacer(
		"FUNCTION", o.Function,
		"PROGRAM", o.Program,
		"RENEWS", renews,
		"ENDED_WORD", ended,
		"ENDED_LINE", line,
		"STARTED_AT", strconv.FormatInt(o.Now.Unix(), 10),
	).Replace(string(script)), nil
}
