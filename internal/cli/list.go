package cli

import (
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
)

type listCmd struct {
	JSON bool `name:"json"`
}

func (*listCmd) help() flagHelp {
	return flagHelp{"json": msg.Textf("Print one JSON object instead of a table.")}
}

func (*listCmd) Help() string {
	return `Prints one line for each profile of the AWS files: its name, what it is, the account if the files name it
(role_arn, mfa_serial, sso_account_id), the region, and how long its cached session still lasts. It asks AWS nothing and
runs no program. Whether stdout is a terminal, NO_COLOR and CLICOLOR_FORCE decide about colors.

With --json it prints one object with profiles: name, type (user, keys, role, sso, process, web-identity, login,
credential-source, none or error), role_arn, source_profile, key_store (keyring, file or null), account, region, session
(access_key_id, expires, seconds_left; null if none is cached), error.`
}

// Run lists the profiles.
func (c *listCmd) Run(a *app) error {
	debug.SetGCPercent(-1) // as for completion
	l, err := a.newLister()
	if err != nil {
		return err
	}
	profiles := l.describeAll(l.library.Names())
	if c.JSON {
		return a.print(listJSON(a, profiles))
	}
	if len(profiles) == 0 {
		none := msg.Textf("there is no profile: %s makes one", msg.Command("setup"))
		if user, by := a.underSudo(); user != "" {
			none = msg.Textf("there is no profile: %s", runWithout(user, by))
		}
		a.say(none)
		return nil
	}
	if err := a.print(a.table(profiles)); err != nil {
		return err
	}
	wrong := 0
	for _, p := range profiles {
		if p.err != nil {
			wrong++
		}
	}
	if wrong > 0 {
		a.say(msg.Textf("profiles with a mistake: %d; %s explains it", wrong, msg.Command("doctor").With("PROFILE")))
	}
	return nil
}

// listed is one profile of the list.
type listed struct {
	name, region string
	kind         string // for programs
	is           msg.Text
	role, source string // the role's ARN, and the profile that it is assumed with
	account      string
	store        string // where awsmfa keeps the key
	session      session.Session
	found        bool // there is a session
	err          error
}

// lister describes profiles, from the files and the cache as they were at one moment.
type lister struct {
	*app
	library  *profile.Library
	memory   session.Memory
	sessions bool // there are any
}

func (a *app) newLister() (*lister, error) {
	library, err := profile.Open(a.files())
	if err != nil {
		return nil, err
	}
	l := &lister{app: a, library: library}
	if l.memory, err = session.ReadMemory(a.cache()); err != nil {
		a.warn(msg.Errorf("reading the cache: %s", msg.Cause(err)).Wrap(err))
	}
	l.sessions = l.memory.HasSessions()
	return l, nil
}

// describeAll describes the profiles.
func (l *lister) describeAll(names []string) []listed {
	all := make([]listed, len(names))
	onAllProcessors(len(names), func(i int) { all[i] = l.describe(names[i]) })
	return all
}

// onAllProcessors calls do with each number below n. There may be thousands of profiles.
func onAllProcessors(n int, do func(i int)) {
	const atOnce = 64
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n/atOnce+1) {
		workers.Go(func() {
			for {
				end := int(next.Add(atOnce))
				for i := end - atOnce; i < min(end, n); i++ {
					do(i)
				}
				if end >= n {
					return
				}
			}
		})
	}
	workers.Wait()
}

func (l *lister) describe(name string) listed {
	row := listed{name: name, kind: "error", is: msg.Textf("mistake")}
	p, err := l.library.Load(name)
	if err != nil {
		row.err = err
		return row
	}
	row.region = p.Region
	if p.Kind() == profile.KindNone {
		row.kind, row.is = "none", msg.Textf("no credentials")
		return row
	}
	chain, err := p.Chain()
	if err != nil {
		row.err = err
		return row
	}
	row.identify(p, chain)
	if l.sessions && row.err == nil {
		row.session, row.found = l.stored(p, chain)
	}
	return row
}

// stored is the profile's session in the cache. Its request is that of sessionFlags.requestFor without flags, and
// without what does not matter to the cache key.
func (l *lister) stored(p profile.Profile, chain profile.Chain) (session.Session, bool) {
	want := session.Request{Serial: l.namedDevice(chain)}
	arn := want.Serial
	var err error
	if want.Roles, err = session.Roles(chain, 0); err != nil {
		return session.Session{}, false
	}
	if n := len(want.Roles); n > 0 {
		arn = want.Roles[n-1].ARN
	}
	if want.Endpoint, _, err = l.stsEndpoint(p, "", arn); err != nil {
		return session.Session{}, false
	}
	if want.Keys, want.External, err = l.baseCredentials(p, chain, want.Endpoint); err != nil {
		return session.Session{}, false
	}
	return l.memory.Stored(want)
}

// identify fills in what the profile is.
func (row *listed) identify(p profile.Profile, chain profile.Chain) {
	if n := len(chain.Roles); n > 0 {
		row.role = chain.Roles[n-1].ARN
		row.source, _ = p.Get("source_profile")
		row.kind, row.account = "role", accountOf(row.role)
		from := row.source
		if from == "" {
			from, _ = p.Get("credential_source")
		}
		name := msg.Escaped(row.role[strings.LastIndex(row.role, "/")+1:])
		if row.is = msg.Textf("role %s", name); from != "" && from != p.Name {
			row.is = msg.Textf("role %s, from %s", name, msg.Escaped(from))
		}
		return
	}
	switch chain.Kind {
	case profile.KindKeys:
		row.kind, row.is, row.account = "user", msg.Textf("user"), accountOf(p.MFASerial)
		long, err := p.LongTermKeys()
		switch row.store = long.Store; row.store {
		case profile.InKeyring:
			row.is = msg.Textf("user, key in the keyring")
		case profile.InFile:
			row.is = msg.Textf("user, key in a file of awsmfa")
		}
		if err != nil {
			keys, wrong := p.KeyPair()
			if wrong != nil || keys.SessionToken.Reveal() == "" {
				row.kind, row.is, row.err = "error", msg.Textf("mistake"), err
				return
			}
			row.kind, row.is = "keys", msg.Textf("session in the files")
		}
	case profile.KindSSO:
		row.account, _ = p.Get("sso_account_id")
		role, _ := p.Get("sso_role_name")
		row.kind, row.is = "sso", msg.Textf("SSO, %s", msg.Escaped(role))
	case profile.KindProcess:
		row.kind, row.is, row.account = "process", msg.Textf("process"), accountOf(p.MFASerial)
	case profile.KindWebIdentity:
		row.role, _ = p.Get("role_arn")
		row.kind, row.is, row.account = "web-identity", msg.Textf("web identity"), accountOf(row.role)
	case profile.KindLogin:
		login, _ := p.Get("login_session")
		row.kind, row.is, row.account = "login", msg.Textf("aws login"), accountOf(login)
	default:
		row.kind, row.is = "credential-source", msg.Textf("credential source")
	}
}

// accountOf is the account in an ARN, "" if there is none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || len(parts[4]) != 12 || !isNumber(parts[4]) {
		return ""
	}
	return parts[4]
}

// table is the list for a person.
func (a *app) table(profiles []listed) string {
	printer := a.printerFor(a.Stdout)
	say := func(t msg.Text) string { return a.words(printer, t) }
	header := []string{
		say(msg.Textf("PROFILE")), say(msg.Textf("TYPE")), say(msg.Textf("ACCOUNT")), say(msg.Textf("REGION")),
		say(msg.Textf("SESSION")),
	}
	rows := append([][]string{header}, a.rows(printer, profiles)...)
	ended := say(sessionHasEnded())
	dim := func(text string) string { return text }
	if a.styles() {
		dim = func(text string) string { return "\x1b[2m" + text + "\x1b[m" }
	}
	return columns(rows, func(row, column int, text string) string {
		if row == 0 || column == 4 && text == ended {
			return dim(text)
		}
		return text
	})
}

// words is a sentence to be shown on one line.
func (a *app) words(printer msg.Printer, t msg.Text) string {
	return a.printable(msg.Foreign(printer.Text(t)))
}

func sessionHasEnded() msg.Text { return msg.Textf("ended") }

// rows are the cells of the table, below its header.
func (a *app) rows(printer msg.Printer, profiles []listed) [][]string {
	rows := make([][]string, 0, len(profiles))
	for i := range profiles {
		p := &profiles[i]
		left := ""
		switch {
		case p.found && p.session.Expiration.After(time.Now()):
			left = printer.Text(msg.Textf("%s", msg.Left(time.Until(p.session.Expiration))))
		case p.found:
			left = a.words(printer, sessionHasEnded())
		}
		name, region := a.printable(msg.Foreign(p.name)), a.printable(msg.Foreign(p.region))
		rows = append(rows, []string{name, a.words(printer, p.is), p.account, region, left})
	}
	return rows
}

// plainStyle is for columns without escape sequences.
func plainStyle(_, _ int, text string) string { return text }

// columns lays out rows in columns; style may add escape sequences to a cell's text. An empty cell is shown as -.
func columns(rows [][]string, style func(row, column int, text string) string) string {
	const gap = "   "
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			if text == "" {
				row[i] = "-"
			}
			widths[i] = max(widths[i], term.Width(row[i]))
		}
	}
	length := 1
	for _, width := range widths {
		length += width + len(gap)
	}
	var b strings.Builder
	b.Grow(len(rows) * length) // more with escape sequences, or with other letters than ASCII
	for r, row := range rows {
		for i, text := range row {
			b.WriteString(style(r, i, text))
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-term.Width(text)) + gap)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// styles reports whether stdout gets escape sequences (no-color.org, bixense.com/clicolors).
func (a *app) styles() bool {
	if a.Getenv("NO_COLOR") != "" {
		return false
	}
	if force := a.Getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	return a.Getenv("TERM") != "dumb" && term.Styles(a.Stdout)
}

// listJSON is the list for a program.
func listJSON(a *app, profiles []listed) string {
	type sessionJSON struct {
		KeyID   string  `json:"access_key_id"`
		Expires *string `json:"expires"`
		Left    *int64  `json:"seconds_left"`
	}
	type row struct {
		Name    string       `json:"name"`
		Type    string       `json:"type"`
		Role    *string      `json:"role_arn"`
		Source  *string      `json:"source_profile"`
		Store   *string      `json:"key_store"`
		Account *string      `json:"account"`
		Region  *string      `json:"region"`
		Session *sessionJSON `json:"session"`
		Error   *string      `json:"error"`
	}
	rows := make([]row, len(profiles))
	for i := range profiles {
		p := &profiles[i]
		rows[i] = row{
			Name: p.name, Type: p.kind, Role: orNull(p.role), Source: orNull(p.source), Account: orNull(p.account),
			Region: orNull(p.region), Store: orNull(p.store),
		}
		if p.found {
			expires, left := endJSON(p.session.Expiration)
			rows[i].Session = &sessionJSON{p.session.AccessKeyID, expires, left}
		}
		if p.err != nil {
			rows[i].Error = orNull(a.printable(msg.Foreign(a.english().Error(p.err))))
		}
	}
	return asciiJSON(struct {
		Profiles []row `json:"profiles"`
	}{rows})
}
