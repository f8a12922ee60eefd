package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/shells"
)

type statusCmd struct {
	JSON  bool `name:"json"  xor:"format"`
	Short bool `name:"short" xor:"format"`
}

func (*statusCmd) help() flagHelp {
	return flagHelp{
		"json":  msg.Textf("Print one JSON object instead of a line."),
		"short": msg.Textf("Print only the profile and the time left, for a prompt; nothing if there is no session."),
	}
}

func (*statusCmd) Help() string {
	return `Prints the profile of the session in this shell's variables, its access key ID and when it ends, and warns
of variables that some AWS client would use instead. It asks AWS nothing. Exits with 0 if the session lasts, with 1 if
there is none or it has ended, with 3 if it lasts but other variables would win over it.

With --json it prints one object: profile, access_key_id, expires, seconds_left (null if not known), endpoint (the
session comes from the endpoint of exec --server), status (ok, overridden, ended or none), problems (text, fix).`
}

// Run reports on the session in the variables.
func (c *statusCmd) Run(a *app) error {
	s := a.shellSession(c.Short)
	switch {
	case c.JSON:
		if err := a.print(s.json(a)); err != nil {
			return err
		}
	case c.Short:
		if s.lasts() {
			if err := a.print(s.short(a)); err != nil {
				return err
			}
		}
	case !s.lasts():
		return s.problems[0].err
	default:
		if err := a.print(a.printable(msg.Foreign(a.printerFor(a.Stdout).Text(s.text()))) + "\n"); err != nil {
			return err
		}
		for _, p := range s.problems {
			a.warn(p.err)
		}
	}
	switch s.state {
	case sessionOK:
		return nil
	case sessionOverridden:
		return errExit(exitOverridden)
	default:
		return errExit(exitError)
	}
}

// shellSession is the session in the variables of the shell.
type shellSession struct {
	exportedKeys
	state    sessionState
	endpoint bool    // the session is that of the endpoint of exec --server
	problems []check // at least one if there is no session that lasts
}

type sessionState string

const (
	sessionOK         sessionState = "ok"
	sessionOverridden sessionState = "overridden" // some AWS client would use something else
	sessionEnded      sessionState = "ended"
	sessionNone       sessionState = "none"
)

func (s *shellSession) lasts() bool { return s.state == sessionOK || s.state == sessionOverridden }

// shellSession finds the session in the variables. Without hints it does not look for the shell.
func (a *app) shellSession(withoutHints bool) *shellSession {
	name := msg.Textf("variables")
	d := &doctor{app: a}
	d.flags.Name = a.Getenv(varProfile)
	d.flagsErr = d.flags.applyDefaults(a)
	if !withoutHints {
		d.line = a.envLine(d.flags.Name)
		if _, err := profile.Load(a.files(), d.flags.Name); d.flags.unnamed && profile.NotFound(err) {
			d.line = a.envLine() // which lets the person choose
		}
	}
	s := &shellSession{exportedKeys: d.exported(name), state: sessionOK}
	beside := d.besideKeys(name)
	if s.profile != "" && s.id == "" && !s.half && a.Getenv(varEndpoint) != "" {
		s.endpoint = true
		beside = append(beside, d.besideEndpoint(name)...)
	}
	for _, c := range append(s.checks, beside...) {
		if c.err != nil {
			s.problems = append(s.problems, c)
		}
	}
	switch {
	case s.endpoint:
	case s.id == "" && !s.half:
		none := msg.Errorf("this shell has no session").Hint("type:  %s", d.line)
		s.state, s.problems = sessionNone, append([]check{failed(name, none)}, s.problems...)
		return s
	case s.ended():
		s.state = sessionEnded
		return s
	case s.half, s.profile == "": // other keys, or none
		s.state = sessionNone
		return s
	}
	if len(s.problems) > 0 {
		s.state = sessionOverridden
	}
	return s
}

func (s *shellSession) text() msg.Text {
	switch {
	case s.endpoint:
		return msg.Textf("profile %q: the endpoint of exec --server renews the session", s.profile)
	case s.end.IsZero():
		return msg.Textf("profile %q: session %s; the variables do not say when it ends", s.profile, s.id)
	}
	return msg.Textf("profile %q: session %s lasts until %s, for another %s", s.profile, s.id, msg.Minute(s.end),
		msg.Left(time.Until(s.end)))
}

func (s *shellSession) short(a *app) string {
	name := a.printable(msg.Foreign(s.profile))
	if s.end.IsZero() {
		return name + "\n"
	}
	return fmt.Sprintf("%s %s\n", name, msg.Left(time.Until(s.end)))
}

func (s *shellSession) json(a *app) string {
	report := struct {
		Profile  *string      `json:"profile"`
		KeyID    *string      `json:"access_key_id"`
		Expires  *string      `json:"expires"`
		Left     *int64       `json:"seconds_left"`
		Endpoint bool         `json:"endpoint"`
		Status   sessionState `json:"status"`
		Problems []problem    `json:"problems"`
	}{Profile: orNull(s.profile), KeyID: orNull(s.id), Endpoint: s.endpoint, Status: s.state, Problems: []problem{}}
	report.Expires, report.Left = endJSON(s.end)
	for _, l := range a.reportLines(a.english(), s.problems) {
		report.Problems = append(report.Problems, problem{l.Text, l.Fix})
	}
	return asciiJSON(report)
}

type problem struct {
	Text string `json:"text"`
	Fix  string `json:"fix,omitempty"`
}

// orNull is a text in JSON, null where there is none.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// endJSON is the end of a session in JSON, and the seconds until then; null where it is not known.
func endJSON(end time.Time) (expires *string, left *int64) {
	if end.IsZero() {
		return nil, nil
	}
	text, seconds := end.UTC().Format(time.RFC3339), max(0, int64(time.Until(end)/time.Second))
	return &text, &seconds
}

// asciiJSON is a value as indented JSON in ASCII.
func asciiJSON(v any) string {
	var compact, text bytes.Buffer
	e := json.NewEncoder(&compact)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	if err == nil {
		text.Grow(2 * compact.Len()) // Encode with SetIndent would grow its buffer again and again
		err = json.Indent(&text, compact.Bytes(), "", "  ")
	}
	if err != nil {
		panic(err) // only strings, numbers and booleans
	}
	return shells.ASCII(text.String())
}
