package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"awsmfa/internal/browser"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/qr"
	"awsmfa/internal/term"
)

// enrollFlags say how a new device is made known to an authenticator; device add and setup have them alike.
type enrollFlags struct {
	DeviceName string `name:"name" placeholder:"NAME"`
	QRPNG      string `name:"qr-png" placeholder:"FILE"`
	KeepQR     bool
	CodesFrom  string `placeholder:"COMMAND"`
	Yes        bool   `short:"y"`
}

func (*enrollFlags) help() flagHelp {
	return flagHelp{
		"name": msg.Textf("The new device's name, with its path if it has one. Else the IAM user's own name, which the " +
			"usual policies demand."),
		"qr-png": msg.Textf("Write the QR code to this PNG file too, for this user alone; it is removed when the device " +
			"is enabled."),
		"keep-qr": msg.Textf("Do not remove the PNG file: it holds the device's key."),
		"codes-from": msg.Textf("The authenticator is a program: this command line gets the key on stdin and prints a code, " +
			"each time it is run."),
		"yes": msg.Textf("Answer yes to every question that can be answered so."),
	}
}

// cleanupTimeout is how long the clearing up after a failure may take.
const cleanupTimeout = 20 * time.Second

// enroll adds a virtual device to the user and returns its serial number. Whatever goes wrong, no device stays that
// nobody has: it is deleted, or, where that fails too, told of. With an error of ctx the device may be enabled, and the
// person is told so.
func (x *account) enroll(ctx context.Context, f enrollFlags) (serial string, err error) {
	path, name, err := f.name(x.who.User)
	if err != nil {
		return "", err
	}
	show, err := x.newPairing(f)
	if err != nil {
		return "", err // before there is a device that cannot be shown
	}
	enabled := false
	defer func() { show.close(enabled) }()
	unlock, err := x.lockUser(ctx, "enroll", msg.AnotherEnrols(x.who.User))
	if err != nil {
		return "", err
	}
	defer unlock()
	device, err := x.create(ctx, path, name, f.Yes)
	if err != nil {
		return "", x.explain(err)
	}
	var sent bool
	if err = show.device(ctx, device, x.who); err == nil {
		sent, err = x.enable(ctx, device, show)
	}
	switch enabled = err == nil; {
	case enabled:
		x.app.say(msg.DeviceEnabled(device.Serial))
	case !x.abandon(ctx, device.Serial):
		return "", x.explain(err)
	case !sent: // on another computer, say
		return "", msg.EnabledByAnother(device.Serial, err)
	default:
		enabled = true
		x.app.warn(msg.EnabledAllTheSame(device.Serial))
	}
	if f.CodesFrom != "" {
		x.program = func(ctx context.Context, _ mfa.CodeRequest) (string, error) {
			return show.fromCommand(ctx, device.Seed)
		}
	}
	return device.Serial, ctx.Err()
}

// create makes the device. A leftover of an earlier try bears the same name, and its key is lost: it is replaced. It is
// looked for first: one that is there only afterwards is our own, whose answer was lost. The error may be the SDK's.
func (x *account) create(ctx context.Context, path, name string, yes bool) (device mfa.Virtual, err error) {
	serial := fmt.Sprintf("arn:%s:iam::%s:mfa%s%s", x.who.Partition, x.who.Account, path, name)
	leftover, err := x.leftover(ctx, serial)
	if ctx.Err() != nil {
		return device, ctx.Err()
	}
	looked := err == nil // who may not look may still create
	if leftover != "" {
		replace, err := x.app.confirm(ctx, question{
			text:       msg.Textf("%s is not enabled: an earlier attempt left it. Replace it?", leftover),
			defaultYes: true,
			yes:        yes,
		})
		if err != nil {
			return device, err
		}
		if !replace {
			return device, msg.LeftoverKept(leftover)
		}
		if err := x.delete(ctx, leftover); err != nil {
			return device, err
		}
	}
	device, err = x.make(ctx, path, name)
	if mfa.NameTaken(err) && looked && ctx.Err() == nil {
		if lost, lerr := x.leftover(ctx, serial); lerr == nil && lost != "" {
			if err = x.delete(ctx, lost); err == nil {
				device, err = x.make(ctx, path, name)
			}
		}
	}
	switch {
	case err == nil && ctx.Err() != nil:
		x.abandon(ctx, device.Serial)
		return device, ctx.Err()
	case err == nil:
		return device, nil
	case mfa.NameTaken(err):
		return device, x.nameTaken(ctx, serial, err)
	case mfa.Denied(err) && (name != x.who.User || path != "/"):
		return device, msg.NameDenied(serial, x.who.User, x.Explain(err))
	case looked && !mfa.NotApplied(err):
		x.deleteUncertain(ctx, serial)
	}
	return device, err
}

func (x *account) make(ctx context.Context, path, name string) (device mfa.Virtual, err error) {
	err = x.mustFinish(ctx, func(ctx context.Context, client *mfa.Client) (err error) {
		device, err = mfa.Create(ctx, client, path, name)
		return err
	})
	return device, err
}

func (x *account) delete(ctx context.Context, serial string) error {
	return x.mustFinish(ctx, func(ctx context.Context, client *mfa.Client) error { return mfa.Delete(ctx, client, serial) })
}

func (x *account) leftover(ctx context.Context, serial string) (found string, err error) {
	err = x.call(ctx, func(ctx context.Context, client *mfa.Client) (err error) {
		found, err = mfa.Leftover(ctx, client, serial)
		return err
	})
	return found, err
}

// nameTaken says whose the device of that name is.
func (x *account) nameTaken(ctx context.Context, serial string, err error) error {
	devices, _ := x.devices(ctx)
	if slices.ContainsFunc(devices, func(d mfa.Device) bool { return strings.EqualFold(d.Serial, serial) }) {
		return msg.DeviceYours(serial, err)
	}
	return msg.DeviceNameTaken(serial, err)
}

// enable asks for two codes until they are right, here and with AWS. sent says, beside an error, that AWS was asked to
// enable the device and may have done so.
func (x *account) enable(ctx context.Context, device mfa.Virtual, codes *pairing) (sent bool, err error) {
	for tries := 0; ; tries++ {
		first, second, err := codes.two(ctx, device.Seed)
		if err != nil {
			return false, err
		}
		verdict, err := mfa.CheckPair(device.Seed, first, second, x.Now())
		if err != nil {
			return false, msg.NoQR(err)
		}
		wrong := msg.Codes(int(verdict.Kind), verdict.Off)
		if wrong == nil {
			err = x.mustFinish(ctx, func(ctx context.Context, client *mfa.Client) error {
				return mfa.Enable(ctx, client, x.who.User, device.Serial, first, second)
			})
			if !mfa.CodesRefused(err) {
				return true, err
			}
			wrong = msg.CodesRefused(err)
		}
		if tries == mfa.AskAgain || !codes.again(wrong) {
			return false, wrong
		}
	}
}

// abandon deletes a device that was not enabled, also when ctx has ended, and reports whether it was enabled after all.
func (x *account) abandon(ctx context.Context, serial string) (enabled bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	err := x.delete(ctx, serial)
	switch {
	case mfa.InUse(err):
		return true
	case err != nil:
		x.app.warn(msg.LeftBehind(serial, x.explain(err), mfa.Denied(err)))
	default:
		x.app.say(msg.NothingLeft(serial))
	}
	return false
}

// deleteUncertain deletes a device of which nobody knows whether it was made; one that is in use is somebody else's.
func (x *account) deleteUncertain(ctx context.Context, serial string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if err := x.delete(ctx, serial); err != nil && !mfa.InUse(err) {
		x.app.warn(msg.PerhapsLeftBehind(serial, x.explain(err)))
	}
}

// name is the path and the name of the new device. They are looked at here, for AWS refuses them in the words of a
// regular expression.
func (f enrollFlags) name(user string) (path, name string, err error) {
	full := cmp.Or(f.DeviceName, user)
	i := strings.LastIndexByte(full, '/')
	path, name = "/"+strings.Trim(full[:i+1], "/")+"/", full[i+1:]
	if path == "//" {
		path = "/"
	}
	if !mfa.IsName(path, name) {
		return "", "", &usageError{msg.BadDeviceName(full)}
	}
	return path, name, nil
}

// pairing shows a device's key to an authenticator, and takes the codes that it makes: on the terminal, to a person with
// a phone, or to a program.
type pairing struct {
	app     *app
	tty     *term.Terminal // nil when the authenticator is a program
	profile string
	command string
	png     string
	written bool // the PNG file is there, and ours
	keep    bool
	last    string // the code that the program gave last
}

// newPairing opens the terminal, where one is needed.
func (x *account) newPairing(f enrollFlags) (*pairing, error) {
	s := &pairing{app: x.app, profile: x.profile.Name, command: f.CodesFrom, png: f.QRPNG, keep: f.KeepQR}
	if s.keep && s.png == "" {
		return nil, &usageError{msg.NothingToKeep()}
	}
	if s.png != "" {
		if _, err := os.Lstat(s.png); err == nil {
			return nil, msg.FileThere(s.png)
		}
	}
	if s.command != "" {
		return s, nil
	}
	tty, err := term.Open()
	if err != nil {
		return nil, msg.NobodyToShow(err)
	}
	s.tty = tty
	return s, nil
}

// close also removes the picture: of a device that is enabled unless it is to be kept, of one that is not in any case.
func (s *pairing) close(enabled bool) {
	if s.tty != nil {
		s.tty.Close()
	}
	if s.written && !(s.keep && enabled) {
		if err := os.Remove(s.png); err != nil {
			s.app.warn(msg.QRNotRemoved(s.png, err))
		}
	}
}

// device shows the key.
func (s *pairing) device(ctx context.Context, device mfa.Virtual, who interface{ Label() string }) error {
	drawing, err := draw(qr.Issuer, who.Label(), device.Seed)
	if err != nil {
		return msg.NoQR(err)
	}
	if s.png != "" {
		if err := writePNG(s.png, drawing); err != nil {
			return err
		}
		s.written = true
		s.app.say(msg.QRWritten(s.png, s.keep))
	}
	if s.tty == nil {
		return nil
	}
	s.tty.Say(msg.ScanThis(device.Serial, who.Label(), spaced(device.Seed)))
	var small *qr.TooSmallError
	err = s.terminal(drawing)
	if err == nil {
		return nil
	}
	if !errors.As(err, &small) {
		return terminalFailed(err)
	}
	// A shorter name makes a smaller code, which an old window of 80 by 24 has room for.
	if drawing, err = draw("AWS", who.Label(), device.Seed); err != nil {
		return msg.NoQR(err)
	}
	if err = s.terminal(drawing); errors.As(err, &small) {
		s.tty.Say(msg.TooSmall(small.Columns, small.Lines+questionLines))
		return s.offerPicture(ctx, drawing)
	}
	if err != nil {
		return terminalFailed(err)
	}
	return nil
}

// offerPicture opens the code in the system's viewer, where the person wants that and --qr-png has not written it already.
func (s *pairing) offerPicture(ctx context.Context, drawing qr.Drawing) error {
	if s.png != "" {
		return nil
	}
	show, err := s.app.confirm(ctx, question{
		text:       msg.Textf("Open it as a picture now? The file is for you alone, and is removed when the device is enabled."),
		defaultYes: true,
	})
	if err != nil || !show {
		return err
	}
	path := filepath.Join(os.TempDir(), "awsmfa-qr-"+rand.Text()+".png")
	if err := writePNG(path, drawing); err != nil {
		return err
	}
	s.png, s.written = path, true
	programs, err := browser.Find(s.app.Getenv("BROWSER"), s.app.Environ)
	if err == nil {
		err = browser.View(ctx, programs, s.png, s.app.trace)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		s.app.warn(msg.NoViewer(s.png).Error())
	}
	return nil
}

func draw(issuer, account, seed string) (qr.Drawing, error) {
	uri, err := qr.URI(issuer, account, seed)
	if err != nil {
		return qr.Drawing{}, err
	}
	return qr.Draw(uri)
}

// questionLines are left below the code.
const questionLines = 1

// terminal draws the code, with room left below it for the question.
func (s *pairing) terminal(drawing qr.Drawing) error {
	columns, lines := s.tty.Size()
	if lines > 0 {
		lines = max(lines-questionLines, 1)
	}
	return drawing.Terminal(s.tty, columns, lines, s.style())
}

// style is how a QR code can be drawn here: with half blocks, where they are known and narrow.
func (s *pairing) style() qr.Style {
	if s.app.drawsSymbols() {
		return qr.HalfBlocks
	}
	return qr.Spaces
}

// drawsSymbols says whether the terminal knows characters such as ▀ and ✓, and draws them one column wide.
func (a *app) drawsSymbols() bool {
	if runtime.GOOS == "windows" { // Go writes UTF-16 to a console
		return !term.WideBlocks() || term.DrawsNarrow(a.Getenv)
	}
	locale := strings.ToUpper(cmp.Or(a.Getenv("LC_ALL"), a.Getenv("LC_CTYPE"), a.Getenv("LANG")))
	return strings.Contains(locale, "UTF-8") || strings.Contains(locale, "UTF8")
}

// spaced puts a key into groups of four, as it is read out and typed.
func spaced(key string) string {
	var b strings.Builder
	for i, r := range key {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func writePNG(path string, drawing qr.Drawing) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return msg.QRNotWritten(path, err)
	}
	err = drawing.PNG(f, 8)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(path)
		return msg.QRNotWritten(path, err)
	}
	return nil
}

// two takes two codes, one after the other.
func (s *pairing) two(ctx context.Context, seed string) (first, second string, err error) {
	if s.tty == nil {
		if first, err = s.fromCommand(ctx, seed); err != nil {
			return "", "", err
		}
		second, err = s.fromCommand(ctx, seed)
		return first, second, err
	}
	if first, err = s.typed(ctx, msg.FirstCode()); err != nil {
		return "", "", err
	}
	second, err = s.typed(ctx, msg.SecondCode())
	return first, second, err
}

func (s *pairing) typed(ctx context.Context, question string) (string, error) {
	for {
		typed, err := s.tty.Ask(ctx, question)
		if err != nil {
			return "", answered(ctx, err)
		}
		if code, ok := mfa.ParseCode(typed); ok {
			return code, nil
		}
		s.tty.Say(s.app.text(notSixDigits()))
	}
}

func (s *pairing) fromCommand(ctx context.Context, seed string) (code string, err error) {
	code, err = mfa.NextFromCommand(ctx, s.command, seed, s.last, s.app.Environ, s.app.Stderr,
		func(t msg.Text) { s.app.say(t) })
	s.last = code
	return code, err
}

// again says what was wrong with the codes and reports whether there can be others.
func (s *pairing) again(wrong error) bool {
	if s.tty == nil {
		return false
	}
	text := wrong.Error()
	if hint := msg.HintOf(wrong); hint != "" {
		text += "; " + hint
	}
	s.tty.Say(fmt.Sprintf("%s.\n", text))
	return true
}
