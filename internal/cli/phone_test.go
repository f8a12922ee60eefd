package cli_test

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/policy"
)

// authenticator is a program that prints the codes of the key on stdin, or else of the last key that it got. Each run
// prints the next code, as if 30 seconds had passed, from PHONE_TIME on. Its arguments name a fault, such as "is late".
func authenticator() {
	if err := showCode(strings.Join(os.Args[1:], " ")); err != nil {
		fmt.Fprintln(os.Stderr, "authenticator:", err)
		os.Exit(1)
	}
}

func showCode(how string) error {
	state := filepath.Join(os.Getenv("HOME"), ".phone")
	text, _ := os.ReadFile(state)
	seed, count, _ := strings.Cut(string(text), " ")
	n, _ := strconv.Atoi(count)
	given, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	if given := strings.TrimSuffix(string(given), "\n"); given != "" && given != seed {
		seed, n = given, 0
	}
	if seed == "" {
		return errors.New("no key")
	}
	if how == "needs key" && len(given) == 0 {
		return errors.New("nothing on stdin")
	}
	began, err := strconv.ParseInt(os.Getenv("PHONE_TIME"), 10, 64)
	if err != nil {
		return err
	}
	if n == 0 && (how == "is late" || how == "is fast") { // which awsmfa measures by the present time
		n = int(time.Now().Unix()-began) / 30
	}
	steps := n
	switch how {
	case "swapped":
		steps = 1 - n%2
	case "skips one":
		steps = 2 * n
	case "is late":
		steps = n - 600
	case "is fast":
		steps = n + 10
	case "has another key":
		seed = "JBSWY3DPEHPK3PXP"
	}
	fmt.Println(fakeaws.Code(seed, time.Unix(began, 0).Add(time.Duration(steps)*30*time.Second)))
	if how == "has another key" {
		seed = strings.TrimSuffix(string(given), "\n")
	}
	return os.WriteFile(state, []byte(fmt.Sprintf("%s %d", seed, n+1)), 0o600)
}

// scan reads the QR code in a picture as a phone would: it has to find the code first, unless the picture is of the
// code alone.
func scan(picture image.Image, alone bool) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return "", err
	}
	hint := gozxing.DecodeHintType_TRY_HARDER
	if alone {
		hint = gozxing.DecodeHintType_PURE_BARCODE
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{hint: true})
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}

// learn gives the authenticator program the key of a device that is enabled already, with codes up to the nth.
func (w *world) learn(seed string, n int) error {
	return os.WriteFile(filepath.Join(w.home, ".phone"), []byte(fmt.Sprintf("%s %d", seed, n)), 0o600)
}

// code is the code of an authenticator with this key, so many steps from now.
func (w *world) code(seed string, steps int) string {
	return fakeaws.Code(seed, w.aws.CodeTime().Add(time.Duration(steps)*30*time.Second))
}

// seed returns the key of the virtual device of that name.
func (w *world) seed(name string) string {
	all := w.aws.Devices()
	return all[slices.IndexFunc(all, func(d fakeaws.Device) bool { return d.Name == name })].Seed
}

// owner returns the name of the user who has the virtual device, "nobody" if it is unassigned, or "none" if there is no
// such device.
func (w *world) owner(name string) string {
	for _, d := range w.aws.Devices() {
		if strings.TrimPrefix(d.Path+d.Name, "/") == name && d.Kind == fakeaws.Virtual {
			return cmp.Or(d.Owner[strings.LastIndexByte(d.Owner, '/')+1:], "nobody")
		}
	}
	return "none"
}

// setPolicies sets the user's policies: the usual one, our own, or one that allows everything.
func (w *world) setPolicies(user, which string) error {
	u := w.users[user]
	own := fakeaws.SelfManagedMFA(u.Partition)
	switch which {
	case "ours":
		document, err := policy.New(u.Partition)
		if err != nil {
			return err
		}
		if own, err = document.JSON(); err != nil {
			return err
		}
	case "admin":
		own = fakeaws.Admin()
	case "usual":
	default:
		return errors.New("no such policies")
	}
	w.aws.SetPolicies(u.ARN, own, fakeaws.AdminWithMFA())
	return nil
}
