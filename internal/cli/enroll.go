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

	"awsmfa/internal/awsapi"
	"awsmfa/internal/browser"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/qr"
	"awsmfa/internal/rewrite"
	"awsmfa/internal/term"
)

// enrollFlags are the flags of device add and setup for a new device and its authenticator.
type enrollFlags struct {
	DeviceName string `name:"name"`
	QRPNG      string `name:"qr-png"`
	KeepQR     bool
	CodesFrom  string
	Yes        bool `short:"y"`
}

func (*enrollFlags) help() flagHelp {
	return flagHelp{
		"name": msg.Textf("The new device's name, with its path if it has one. " +
			"The default is the IAM user's name, which the usual policies require."),
		"qr-png": msg.Textf("Also write the QR code to this PNG file, which only you can read; " +
			"it is removed when the device is enabled."),
		"keep-qr": msg.Textf("Do not remove the PNG file: it holds the device's key."),
		"codes-from": msg.Textf("The authenticator is a program: " +
			"this command line gets the key on stdin and prints a code, each time it is run."),
		"yes": msg.Textf("Answer yes to all yes-or-no questions."),
	}
}

// cleanupTimeout limits the cleanup after a failure.
const cleanupTimeout = 20 * time.Second

// enroll adds a virtual device to the user and returns its serial number. After a failure it deletes the device, or
// reports it if that fails, too. With an error of ctx the device may be enabled, which is reported.
func (x *account) enroll(ctx context.Context, f enrollFlags) (serial string, err error) {
	path, name, err := f.name(x.who.User)
	if err != nil {
		return "", err
	}
	show, err := x.newPairing(f)
	if err != nil {
		return "", err // before creating a device that cannot be shown
	}
	enabled := false
	defer func() { show.close(enabled) }()
	unlock, err := x.lockUser(ctx, "enroll", msg.Errorf("another awsmfa is adding a device to user %q", x.who.User).
		Hint("end that one, or wait for it, and run this again"))
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
		x.enrolled = true
		x.app.say(msg.Textf("%s is enabled", device.Serial))
	case !x.abandon(ctx, device.Serial):
		if show.tty != nil && msg.HintOf(err) == "" {
			x.app.say(deadEntry())
		}
		return "", x.explain(err)
	case !sent: // on another computer, say
		return "", msg.Errorf("another run enabled %s meanwhile, with another key", device.Serial).Wrap(err).
			Hint("delete this run's entry from the authenticator: its codes do not work")
	default:
		enabled = true
		x.app.warn(msg.Errorf("AWS's answer was lost, but %s is enabled", device.Serial))
	}
	if f.CodesFrom != "" {
		x.program = func(ctx context.Context, _ mfa.CodeRequest) (string, error) {
			return show.fromCommand(ctx, device.Seed)
		}
	}
	return device.Serial, ctx.Err()
}

// create creates the device. It replaces the leftover of an earlier attempt, which has the same name and whose key is
// lost. It looks for one first: a leftover that appears only later is our own, and AWS's answer was lost. The error
// may be the SDK's.
func (x *account) create(ctx context.Context, path, name string, yes bool) (device awsapi.VirtualDevice, err error) {
	serial := fmt.Sprintf("arn:%s:iam::%s:mfa%s%s", x.who.Partition, x.who.Account, path, name)
	leftover, err := x.LeftoverDevice(ctx, serial)
	if ctx.Err() != nil {
		return device, ctx.Err()
	}
	looked := err == nil // a user who may not look may still create
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
			return device, msg.Errorf("%s stays, and no new device was created", leftover).
				Hint("a second device needs another --name")
		}
		if err := x.DeleteDevice(ctx, leftover); err != nil {
			return device, err
		}
	}
	device, err = x.CreateDevice(ctx, path, name)
	if awsapi.UserPolicyDenies(err) && x.signIn(ctx) {
		device, err = x.CreateDevice(ctx, path, name)
	}
	if awsapi.DeviceNameTaken(err) && looked && ctx.Err() == nil {
		if lost, lerr := x.LeftoverDevice(ctx, serial); lerr == nil && lost != "" {
			if err = x.DeleteDevice(ctx, lost); err == nil {
				device, err = x.CreateDevice(ctx, path, name)
			}
		}
	}
	switch {
	case err == nil && ctx.Err() != nil:
		x.abandon(ctx, device.Serial)
		return device, ctx.Err()
	case err == nil:
		return device, nil
	case awsapi.DeviceNameTaken(err):
		return device, x.nameTaken(ctx, serial, err)
	case awsapi.UserPolicyDenies(err) && (name != x.who.User || path != "/"):
		explained := x.Explain(err)
		return device, msg.Errorf("%s", explained).Wrap(explained).
			Hint("the usual policies allow a user only one device, with the user's own name, %s, and no path: "+
				"leave out --name, or ask an administrator of the policies", msg.Word(x.who.User))
	case looked && !awsapi.NotApplied(err):
		x.deleteUncertain(ctx, serial)
	}
	return device, err
}

// signIn replaces the access key by an MFA session of a device that the user has, for a policy that allows a second
// device only with MFA. It reports whether it did.
func (x *account) signIn(ctx context.Context) bool {
	devices, err := x.ListDevices(ctx)
	usable := func(d awsapi.Device) bool { return !d.IsSecurityKey() }
	if x.session == nil || err != nil || !slices.ContainsFunc(devices, usable) {
		return false
	}
	x.app.say(msg.Textf("AWS denies this to the access key alone; awsmfa tries again with an MFA session"))
	s, err := x.session()
	if err == nil {
		var client *awsapi.Client
		if client, err = x.NewSessionClient(ctx, s.Credentials); err == nil {
			x.Client = client
			return true
		}
	}
	if ctx.Err() == nil {
		x.app.warn(msg.Errorf("%s", err)) // its hint names flags that device add has not
	}
	return false
}

// nameTaken is the error for a device name in use.
func (x *account) nameTaken(ctx context.Context, serial string, err error) error {
	devices, _ := x.devices(ctx)
	if slices.ContainsFunc(devices, func(d awsapi.Device) bool { return strings.EqualFold(d.Serial, serial) }) {
		return msg.Errorf("the user has %s already, and it is enabled", serial).Wrap(err).
			Hint("use that one, or for a new phone remove it first: %s; "+
				"a second device needs another --name, which the user's policy must allow",
				msg.Command("device", "remove", x.profile.Name))
	}
	return msg.Errorf("there is an MFA device %s already, and it is not this user's", serial).Wrap(err).
		Hint("choose another --name, if the user's policy allows it, " +
			"or ask an administrator of the account whose that one is")
}

// enable asks for two codes until both awsmfa and AWS accept them. With an error, sent means that AWS may have
// enabled the device.
func (x *account) enable(ctx context.Context, device awsapi.VirtualDevice, codes *pairing) (sent bool, err error) {
	for tries := 0; ; tries++ {
		first, second, err := codes.two(ctx, device.Seed)
		if err != nil {
			return false, err
		}
		verdict, err := mfa.CheckPair(device.Seed, first, second, x.Now())
		if err != nil {
			return false, err
		}
		wrong := pairError(verdict)
		if wrong == nil {
			err = x.EnableDevice(ctx, x.who.User, device.Serial, first, second)
			if !awsapi.CodesRefused(err) {
				return true, err
			}
			wrong = codesRefused(err)
		}
		if !(tries < mfa.AskAgain && codes.again(wrong)) {
			if codes.tty != nil {
				wrong = wrong.WithHint(deadEntry())
			}
			return false, wrong
		}
	}
}

// deadEntry says what to do after an attempt whose device was deleted.
func deadEntry() msg.Text { return msg.Textf("delete this entry from the app, then run it again") }

const (
	setPhoneClock = "let the phone set its clock automatically, and type two new codes"
	checkEntry    = "look at the entry that was added just now"
)

// pairError explains what is wrong with two codes; nil if they are right.
func pairError(v mfa.Verdict) *msg.Error {
	off := msg.Duration(v.Off.Abs())
	switch v.Kind {
	case mfa.Right:
		return nil
	case mfa.Same:
		return msg.Errorf("that is the same code twice").Hint("wait until the authenticator shows another")
	case mfa.Swapped:
		return msg.Errorf("the second code is older than the first").
			Hint("type the code that the authenticator shows now, then the next one")
	case mfa.Apart:
		return msg.Errorf("the two codes do not follow one another: there were others between them").
			Hint("type one code, then the very next one")
	case mfa.ClockOff:
		if v.Off < 0 {
			return msg.Errorf("the authenticator's clock is %s behind AWS's", off).Hint(setPhoneClock)
		}
		return msg.Errorf("the authenticator's clock is %s ahead of AWS's", off).Hint(setPhoneClock)
	case mfa.ForeignOne:
		return msg.Errorf("the first code is not one of this device's").Hint(checkEntry)
	default:
		return msg.Errorf("the second code is not one of this device's").Hint(checkEntry)
	}
}

func codesRefused(err error) *msg.Error {
	return msg.Errorf("AWS refused the two codes").Hint("type two new ones, one right after the other").Wrap(err)
}

// abandon deletes a device that was not enabled, even when ctx has ended, and reports whether it was enabled after all.
func (x *account) abandon(ctx context.Context, serial string) (enabled bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	err := x.DeleteDevice(ctx, serial)
	switch {
	case awsapi.DeviceInUse(err):
		return true
	case err != nil:
		explained := x.explain(err)
		left := msg.Errorf("%s was not enabled, and could not be deleted: %s", serial, explained).Wrap(explained)
		if awsapi.AccessDenied(err) {
			left = left.Hint("an administrator must delete it: "+
				"aws iam delete-virtual-mfa-device --serial-number %s", serial)
		} else {
			left = left.Hint("run this again, which replaces it")
		}
		x.app.warn(left)
	default:
		x.app.say(msg.Textf("%s was not enabled, and is deleted", serial))
	}
	return false
}

// deleteUncertain deletes a device that may have been created; one that is in use is somebody else's.
func (x *account) deleteUncertain(ctx context.Context, serial string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if err := x.DeleteDevice(ctx, serial); err != nil && !awsapi.DeviceInUse(err) {
		explained := x.explain(err)
		x.app.warn(msg.Errorf("%s may have been created, and could not be deleted: %s", serial, explained).
			Wrap(explained).Hint("run this again, which replaces it"))
	}
}

// name returns the path and the name of the new device. It checks them, because AWS's error is a regular expression.
func (f enrollFlags) name(user string) (path, name string, err error) {
	full := cmp.Or(f.DeviceName, user)
	i := strings.LastIndexByte(full, '/')
	path, name = "/"+strings.Trim(full[:i+1], "/")+"/", full[i+1:]
	if path == "//" {
		path = "/"
	}
	if !awsapi.IsDeviceName(path, name) {
		return "", "", &usageError{msg.Errorf("%q cannot be an MFA device's name", full).
			Hint("a name has letters, digits and _ + = , . @ -, and / between the parts of its path")}
	}
	return path, name, nil
}

// pairing passes a device's key to an authenticator, and gets codes from it: on the terminal, with a person's phone,
// or from a program.
type pairing struct {
	app     *app
	tty     *term.Terminal // nil when the authenticator is a program
	profile string
	command string
	png     string
	written bool // we have written the PNG file
	keep    bool
	last    string // the program's last code
}

// newPairing opens the terminal, if it is needed.
func (x *account) newPairing(f enrollFlags) (*pairing, error) {
	s := &pairing{app: x.app, profile: x.profile.Name, command: f.CodesFrom, png: f.QRPNG, keep: f.KeepQR}
	if s.keep && s.png == "" {
		return nil, &usageError{msg.Errorf("--keep-qr keeps a file, but none is named").Hint("name it with --qr-png")}
	}
	if s.png != "" {
		if err := rewrite.CheckLinks(s.png); err != nil {
			return nil, err
		}
		if _, err := os.Stat(filepath.Dir(s.png)); err != nil {
			return nil, pictureNotWritten(s.png, err)
		}
		if _, err := os.Lstat(s.png); err == nil {
			return nil, msg.Errorf("%s exists already, and is not overwritten", msg.Path(s.png)).
				Hint("name another file with --qr-png; " +
					"if an earlier run left this one, delete it: it holds a device's key")
		}
	}
	if s.command != "" {
		return s, nil
	}
	tty, err := term.Open()
	if err != nil {
		return nil, msg.Errorf("there is no terminal to show the QR code on and to ask for codes").Wrap(err).
			Hint("run it in a terminal, or name a program as the authenticator with --codes-from")
	}
	s.tty = tty
	return s, nil
}

// close also removes the picture, except that of an enabled device with --keep-qr.
func (s *pairing) close(enabled bool) {
	if s.tty != nil {
		s.tty.Close()
	}
	if s.written && !(s.keep && enabled) {
		if err := os.Remove(s.png); err != nil {
			s.app.warn(msg.Errorf("removing %s, which holds the device's key: %s",
				msg.Path(s.png), msg.Cause(err)).Wrap(err))
		}
	}
}

// device shows the key.
func (s *pairing) device(ctx context.Context, device awsapi.VirtualDevice, who interface{ Label() string }) error {
	drawing, err := draw(qr.Issuer, who.Label(), device.Seed)
	if err != nil {
		return notDrawn(err)
	}
	if s.png != "" {
		if err := writePNG(s.png, drawing); err != nil {
			return err
		}
		s.written = true
		if s.keep {
			s.app.say(msg.Textf("the QR code is in %s: it is the device's key, keep it safe", msg.Path(s.png)))
		} else {
			s.app.say(msg.Textf("the QR code is in %s until the device is enabled", msg.Path(s.png)))
		}
	}
	if s.tty == nil {
		return nil
	}
	s.tty.Say("\n" + s.app.text(msg.Textf("This is the key of %s: show it to nobody. "+
		"Scan it with an authenticator app, or type it in:\naccount %s, time-based, key %s",
		device.Serial, who.Label(), spaced(device.Seed))) + "\n")
	var small *qr.TooSmallError
	err = s.terminal(drawing)
	if err == nil {
		return nil
	}
	if !errors.As(err, &small) {
		return terminalFailed(err)
	}
	// A shorter name makes a smaller code, which fits into a window of 80 by 24.
	if drawing, err = draw("AWS", who.Label(), device.Seed); err != nil {
		return notDrawn(err)
	}
	if err = s.terminal(drawing); errors.As(err, &small) {
		s.tty.Say(s.app.text(msg.Textf("The window is too small for the QR code, which needs %d columns and %d lines: "+
			"type the key, look at the code as a picture (--qr-png FILE writes one), "+
			"or press Ctrl-C, make the window larger and start again.",
			small.Columns, small.Lines+questionLines)) + "\n")
		return s.offerPicture(ctx, drawing)
	}
	if err != nil {
		return terminalFailed(err)
	}
	return nil
}

// offerPicture opens the code in the system's viewer, if the person agrees and --qr-png has not written it already.
func (s *pairing) offerPicture(ctx context.Context, drawing qr.Drawing) error {
	if s.png != "" {
		return nil
	}
	show, err := s.app.confirm(ctx, question{
		text: msg.Textf("Open it as a picture now? " +
			"Only you can read the file; it is removed when the device is enabled."),
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
		s.app.warn(browser.NoViewer(s.png))
	}
	return nil
}

// notDrawn is the error for a QR code that cannot be drawn. It does not show the key.
func notDrawn(err error) *msg.Error {
	refused, ok := errors.AsType[*qr.Error](err)
	switch {
	case !ok:
		return msg.Errorf("drawing the QR code: %s", msg.Cause(err)).Wrap(err)
	case refused.Reason == qr.NotBase32:
		return msg.Errorf("drawing the QR code: the key that AWS returned is not Base32").Wrap(err)
	}
	return msg.Errorf("drawing the QR code: the user's name does not fit into one").Wrap(err)
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

// style is half blocks if the terminal draws them one column wide.
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

// spaced splits a key into groups of four, to be read and typed.
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

func pictureNotWritten(path string, err error) *msg.Error {
	return msg.Errorf("writing %s: %s", msg.Path(path), msg.Cause(err)).Wrap(err)
}

func writePNG(path string, drawing qr.Drawing) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return pictureNotWritten(path, err)
	}
	err = drawing.PNG(f, 8)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(path)
		return pictureNotWritten(path, err)
	}
	return nil
}

// two gets two codes, one after the other.
func (s *pairing) two(ctx context.Context, seed string) (first, second string, err error) {
	if s.tty == nil {
		if first, err = s.fromCommand(ctx, seed); err != nil {
			return "", "", err
		}
		second, err = s.fromCommand(ctx, seed)
		return first, second, err
	}
	if first, err = s.typed(ctx, msg.Textf("The code it shows now: ")); err != nil {
		return "", "", err
	}
	second, err = s.typed(ctx, msg.Textf("The next code, when it changes: "))
	return first, second, err
}

func (s *pairing) typed(ctx context.Context, question msg.Text) (string, error) {
	for {
		typed, err := s.tty.Ask(ctx, s.app.text(question))
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
	code, err = mfa.NextFromCommand(ctx, s.command, seed, s.last, s.app.Environ, s.app.Stderr, s.app.say)
	s.last = code
	return code, err
}

// again prints what is wrong with the codes, and reports whether it can ask for others.
func (s *pairing) again(wrong error) bool {
	if s.tty == nil {
		return false
	}
	text := msg.Textf("%s.\n", wrong)
	if hint := s.app.printer().Hint(wrong); hint != "" {
		text = msg.Textf("%s; %s.\n", wrong, hint)
	}
	s.tty.Say(s.app.text(text))
	return true
}
