package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"rsc.io/qr/coding"
)

// A seed like AWS's: 64 characters of Base32.
const secret = "V2NFI2CRKFCMZJD232ONV5OLVPN5H3ZO2553QHFPXJK4BJN4X3JBYEQ6DJSBXE7H"

// accounts are names as AWS allows them: up to 64 characters of user name, the longest path, an alias, every sign.
func accounts() map[string]string {
	return map[string]string{
		"short":   "a@123456789012",
		"usual":   "alice@123456789012",
		"e-mail":  "taro.yamada+aws@example.co.jp@123456789012",
		"signs":   "_+=,.@-@123456789012",
		"longest": strings.Repeat("abcdefgh", 8) + "@123456789012",
		"upper":   strings.Repeat("ABCDEFGH", 8) + "@123456789012",
		"path":    path(512) + strings.Repeat("x", 64) + "@123456789012",
		"unicode": "山田 太郎@123456789012",
	}
}

// path is an IAM path of so many characters.
func path(n int) string {
	var b strings.Builder
	for i := 1; b.Len() < n-1; i++ {
		fmt.Fprintf(&b, "/division-%d", i*i*7919)
	}
	return b.String()[:n-1] + "/"
}

func draw(t *testing.T, text string) Drawing {
	t.Helper()
	d, err := Draw(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func uri(t *testing.T, account string) string {
	t.Helper()
	u, err := URI(Issuer, account, secret)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// scan reads the code in a picture as a phone would: it has to find it first.
func scan(picture image.Image) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return "", err
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER: true,
	})
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}

func mustScan(t *testing.T, picture image.Image, want string) {
	t.Helper()
	got, err := scan(picture)
	if err != nil {
		t.Errorf("not read: %v", err)
	} else if got != want {
		t.Errorf("read %q, not %q", got, want)
	}
}

// theme is what a user's colours make of the SGR codes: 30–37 and 40–47 are his, 16–231 are everybody's, unless
// the terminal knows none of them.
type theme struct {
	foreground, background color.Gray
	black, white           color.Gray // 30 and 40, 37 and 47
	plain                  bool       // knows no 38;5 and no 48;5
}

var themes = map[string]theme{
	"dark": {
		foreground: color.Gray{0xcc}, background: color.Gray{0x0c},
		black: color.Gray{0x0c}, white: color.Gray{0xcc},
	},
	"light": {
		foreground: color.Gray{0x10}, background: color.Gray{0xff},
		black: color.Gray{0x00}, white: color.Gray{0xe5},
	},
	"swapped": {
		foreground: color.Gray{0x38}, background: color.Gray{0xf8},
		black: color.Gray{0xf8}, white: color.Gray{0x38},
	},
	"grey": {
		foreground: color.Gray{0x80}, background: color.Gray{0x60},
		black: color.Gray{0x60}, white: color.Gray{0x80},
	},
	"old dark": {
		foreground: color.Gray{0xaa}, background: color.Gray{0x00},
		black: color.Gray{0x00}, white: color.Gray{0xaa}, plain: true,
	},
	"old light": {
		foreground: color.Gray{0x00}, background: color.Gray{0xff},
		black: color.Gray{0x00}, white: color.Gray{0xaa}, plain: true,
	},
}

// A cell is 4 by 8 pixels. Around what is written there are some cells of the terminal's own background.
const (
	cellWidth  = 4
	cellHeight = 8
	around     = 3
)

// show is a small terminal: it interprets text in a window of so many columns and takes a picture of it. Like the
// Windows console it goes to the next line as soon as the last column is written. What it does not know is an error,
// and so are colours left over at the end of a line.
func show(t *testing.T, text string, columns, lines int, th theme) *image.Gray {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, (columns+2*around)*cellWidth, (lines+2*around)*cellHeight))
	fill := func(x, y, w, h int, c color.Gray) {
		for py := y; py < y+h; py++ {
			for px := x; px < x+w; px++ {
				picture.SetGray(px, py, c)
			}
		}
	}
	fill(0, 0, picture.Rect.Dx(), picture.Rect.Dy(), th.background)

	fg, bg := th.foreground, th.background
	column, line := 0, 0
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			codes, after, ok := strings.Cut(rest, "m")
			if !ok {
				t.Fatalf("not a colour: %q", text[:8])
			}
			fg, bg = sgr(t, codes, fg, bg, th)
			text = after
			continue
		}
		r := []rune(text[:min(len(text), 4)])[0]
		text = text[len(string(r)):]
		if r == '\n' {
			if fg != th.foreground || bg != th.background {
				t.Errorf("line %d leaves its colours on", line+1)
			}
			column, line = 0, line+1
			continue
		}
		upper, lower := bg, bg
		switch r {
		case ' ':
		case '▀':
			upper = fg
		case '▄':
			lower = fg
		case '█':
			upper, lower = fg, fg
		default:
			t.Fatalf("unexpected character %q", r)
		}
		x, y := (around+column)*cellWidth, (around+line)*cellHeight
		fill(x, y, cellWidth, cellHeight/2, upper)
		fill(x, y+cellHeight/2, cellWidth, cellHeight/2, lower)
		if column++; column == columns {
			column, line = 0, line+1
		}
	}
	if line != lines || column != 0 {
		t.Errorf("ends in line %d, column %d; expected line %d, column 0", line, column, lines)
	}
	return picture
}

func sgr(t *testing.T, codes string, fg, bg color.Gray, th theme) (color.Gray, color.Gray) {
	t.Helper()
	var n []int
	for c := range strings.SplitSeq(codes, ";") {
		var i int
		if _, err := fmt.Sscanf(c, "%d", &i); err != nil {
			t.Fatalf("colours %q: %v", codes, err)
		}
		n = append(n, i)
	}
	for len(n) > 0 {
		switch {
		case n[0] == 0:
			fg, bg = th.foreground, th.background
		case n[0] == 30:
			fg = th.black
		case n[0] == 40:
			bg = th.black
		case n[0] == 47:
			bg = th.white
		case (n[0] == 38 || n[0] == 48) && len(n) >= 3 && n[1] == 5 && n[2] >= 16 && n[2] <= 231:
			cube := n[2] - 16
			if cube/36 != cube/6%6 || cube/6%6 != cube%6 {
				t.Fatalf("colours %q: not a grey", codes)
			}
			c := color.Gray{[]uint8{0, 0x5f, 0x87, 0xaf, 0xd7, 0xff}[cube%6]}
			switch {
			case th.plain:
			case n[0] == 38:
				fg = c
			default:
				bg = c
			}
			n = n[2:]
		default:
			t.Fatalf("unexpected colours %q", codes)
		}
		n = n[1:]
	}
	return fg, bg
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	for name, account := range accounts() {
		text := uri(t, account)
		d := draw(t, text)
		for _, style := range []Style{HalfBlocks, Spaces} {
			columns, lines := d.Size(style)
			for th, colours := range themes {
				if name != "usual" && th != "dark" && th != "light" {
					continue
				}
				for margin, more := range map[string]int{"narrow": 0, "wide": 8} {
					t.Run(fmt.Sprintf("%s/%d/%s/%s", name, style, th, margin), func(t *testing.T) {
						width, height := columns+more, lines+more/2
						if style == Spaces {
							height = lines + more
						}
						var out strings.Builder
						if err := d.Terminal(&out, width, height, style); err != nil {
							t.Fatal(err)
						}
						if style == Spaces && strings.ContainsFunc(out.String(), func(r rune) bool { return r > '~' }) {
							t.Error("not ASCII")
						}
						picture := show(t, out.String(), width, strings.Count(out.String(), "\n"), colours)
						mustScan(t, picture, text)
					})
				}
			}
		}
	}
}

// The margin is drawn, so many modules wide on every side, and not borrowed from the background.
func TestMargin(t *testing.T) {
	t.Parallel()
	d := draw(t, uri(t, "alice@123456789012"))
	for _, style := range []Style{HalfBlocks, Spaces} {
		module := cellWidth
		if style == Spaces {
			module = 2 * cellWidth
		}
		least, lines := d.Size(style)
		for _, c := range []struct{ width, height, margin int }{
			{0, 0, 4},
			{200, 100, 4},
			{least, 100, 2},
			{200, lines, 2},
			{least, lines, 2},
		} {
			var out strings.Builder
			if err := d.Terminal(&out, c.width, c.height, style); err != nil {
				t.Fatal(err)
			}
			got := strings.Count(out.String(), "\n")
			if c.height != 0 && got > c.height {
				t.Errorf("style %d in %+v: %d lines", style, c, got)
			}
			picture := show(t, out.String(), 200, got, themes["dark"])
			white := func(x, y int) bool {
				return picture.GrayAt(around*cellWidth+x*module+1, around*cellHeight+y*module+1).Y == 0xff
			}
			side := d.code.Size + 2*c.margin
			for i := range side {
				for m := range c.margin {
					if !white(i, m) || !white(i, side-1-m) || !white(m, i) || !white(side-1-m, i) {
						t.Fatalf("style %d in %+v: not white at %d, %d modules from the edge", style, c, i, m)
					}
				}
			}
			if white(c.margin, c.margin) || white(side, 0) {
				t.Errorf("style %d in %+v: the margin is wider than %d modules", style, c, c.margin)
			}
		}
	}
}

func TestTooSmall(t *testing.T) {
	t.Parallel()
	d := draw(t, uri(t, "alice@123456789012"))
	for _, style := range []Style{HalfBlocks, Spaces} {
		columns, lines := d.Size(style)
		for _, c := range []struct{ width, height int }{
			{columns - 1, lines}, {columns, lines - 1}, {0, 1}, {1, 0},
		} {
			var out strings.Builder
			err := d.Terminal(&out, c.width, c.height, style)
			want := TooSmallError{Columns: columns, Lines: lines, Width: c.width, Height: c.height}
			if small := (*TooSmallError)(nil); !errors.As(err, &small) || *small != want {
				t.Errorf("in %d by %d: %v; want %v", c.width, c.height, err, &want)
			}
			if out.Len() != 0 {
				t.Errorf("in %d by %d: something was written", c.width, c.height)
			}
		}
	}
}

// The sizes that users meet: what AWS's own URI needs, and what a shorter issuer saves. The last fits into a window of
// 24 lines, with one for the question.
func TestSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		issuer, user   string
		style          Style
		columns, lines int
	}{
		{Issuer, "alice", HalfBlocks, 50, 25},
		{"AWS", "alice", HalfBlocks, 42, 21},
		{Issuer, "alice", Spaces, 99, 49},
		{"AWS", "alice", Spaces, 83, 41},
		{"AWS", "firstname.lastname@example.com", HalfBlocks, 46, 23},
	} {
		u, err := URI(c.issuer, c.user+"@123456789012", secret)
		if err != nil {
			t.Fatal(err)
		}
		if columns, lines := draw(t, u).Size(c.style); columns != c.columns || lines != c.lines {
			t.Errorf("%+v: %d by %d", c, columns, lines)
		}
	}
}

func TestPNG(t *testing.T) {
	t.Parallel()
	for name, account := range accounts() {
		for _, scale := range []int{1, 3, 8} {
			t.Run(fmt.Sprintf("%s/%d", name, scale), func(t *testing.T) {
				text := uri(t, account)
				d := draw(t, text)
				var out bytes.Buffer
				if err := d.PNG(&out, scale); err != nil {
					t.Fatal(err)
				}
				picture, err := png.Decode(&out)
				if err != nil {
					t.Fatal(err)
				}
				if want := (d.code.Size + 8) * scale; picture.Bounds().Dx() != want || picture.Bounds().Dy() != want {
					t.Errorf("%v, want %d by %d", picture.Bounds(), want, want)
				}
				// On black: the margin has to be in the picture.
				page := image.NewGray(picture.Bounds().Inset(-20))
				for y := range picture.Bounds().Dy() {
					for x := range picture.Bounds().Dx() {
						page.Set(x, y, picture.At(x, y))
					}
				}
				mustScan(t, page, text)
			})
		}
	}
	if err := draw(t, "x").PNG(&bytes.Buffer{}, 64); err != nil {
		t.Error(err)
	}
	for _, scale := range []int{-1, 0, 65} {
		if err := draw(t, "x").PNG(&bytes.Buffer{}, scale); err == nil {
			t.Errorf("scale %d is accepted", scale)
		}
	}
}

// Many lengths, in bytes alone, in the alphanumeric mode alone and mixed, through all versions and levels. Texts as
// monotonous as these can look like a finder pattern (one in 1,000 did), so the reader is told where the code is.
func TestDraw(t *testing.T) {
	t.Parallel()
	step := 3
	if testing.Short() {
		step = 19
	}
	for n := 1; n <= 2900; n += step {
		if n >= 240 { // from version 10 on
			step = 190
		}
		for _, text := range []string{
			strings.Repeat("a", n),
			strings.Repeat("A", n),
			strings.Repeat("b", n/3) + strings.Repeat("7A", n/6) + strings.Repeat("c", n-n/3-n/6*2),
		} {
			var out bytes.Buffer
			if err := draw(t, text).PNG(&out, 2); err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(&out)
			if err != nil {
				t.Fatal(err)
			}
			bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
			if err != nil {
				t.Fatal(err)
			}
			got, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
				gozxing.DecodeHintType_PURE_BARCODE: true,
			})
			if err != nil || got.GetText() != text {
				t.Errorf("%q: read %v, %v", text, got, err)
			}
		}
	}
}

// Of the codes of its version a drawing is the one with the highest level that has room.
func TestLevel(t *testing.T) {
	t.Parallel()
	levels := map[coding.Level]bool{}
	whole := uri(t, "alice@123456789012")
	for n := 1; n <= len(whole); n += 3 {
		text := whole[:n]
		drawn := draw(t, text).code
		for level := coding.H; ; level-- {
			plan, err := coding.NewPlan(coding.Version((drawn.Size-17)/4), level, 0)
			if err != nil {
				t.Fatal(err)
			}
			code, err := plan.Encode(segments(text)...)
			if err != nil && level > coding.L { // no room
				continue
			}
			if err != nil || !bytes.Equal(code.Bitmap, drawn.Bitmap) {
				t.Errorf("%q is not drawn with level %d", text, level)
			}
			levels[level] = true
			break
		}
	}
	if len(levels) != 4 {
		t.Errorf("only the levels %v were seen", levels)
	}
}

func TestDrawRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want Reason
	}{
		{"", Empty},
		{"otpauth://totp/山田?secret=" + secret, NotASCII},
		{"caf\xe9 " + secret, NotASCII},
		{secret + "\n", NotASCII},
		{secret + strings.Repeat("x", 3000), TooLong},
	} {
		_, err := Draw(c.text)
		if refused := (*Error)(nil); !errors.As(err, &refused) || refused.Reason != c.want {
			t.Errorf("%.20q: %v, want %v", c.text, err, &Error{c.want})
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%.20q: the error contains the secret: %v", c.text, err)
		}
	}
}

func TestURI(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ issuer, account, want string }{
		{
			Issuer, "alice@123456789012", "otpauth://totp/Amazon%20Web%20Services:alice@123456789012?secret=" + secret +
				"&issuer=Amazon%20Web%20Services",
		},
		{"AWS", "team/a+b=c,d@x", "otpauth://totp/AWS:team%2Fa%2Bb%3Dc%2Cd@x?secret=" + secret + "&issuer=AWS"},
		{"A&B #1?", "100%", "otpauth://totp/A%26B%20%231%3F:100%25?secret=" + secret + "&issuer=A%26B%20%231%3F"},
		{"AWS", "太郎", "otpauth://totp/AWS:%E5%A4%AA%E9%83%8E?secret=" + secret + "&issuer=AWS"},
	} {
		got, err := URI(c.issuer, c.account, secret)
		if err != nil || got != c.want {
			t.Errorf("URI(%q, %q) = %s, %v; want %s", c.issuer, c.account, got, err, c.want)
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/"+c.issuer+":"+c.account ||
			u.Query().Get("secret") != secret || u.Query().Get("issuer") != c.issuer {
			t.Errorf("%s is read as %#v", got, u)
		}
	}
	if got, err := URI("AWS", "a", "MFRGG==="); err != nil || !strings.Contains(got, "?secret=MFRGG&") {
		t.Errorf("padded secret: %s, %v", got, err)
	}
}

// Every character that a URI may not hold as it is, and no other, is written as %XX.
func TestURIEscapes(t *testing.T) {
	t.Parallel()
	for c := range 128 {
		account := string(rune(c))
		if account == ":" {
			continue
		}
		want := fmt.Sprintf("%%%02X", c)
		if strings.Contains("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~@", account) {
			want = account
		}
		if got := uri(t, account); !strings.Contains(got, ":"+want+"?") {
			t.Errorf("%q: %s", account, got)
		}
	}
}

func TestURIRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		issuer, account, secret string
		want                    Reason
	}{
		{"", "alice", secret, Empty},
		{"AWS", "", secret, Empty},
		{"AWS: live", "alice", secret, BadName},
		{"AWS", "arn:alice", secret, BadName},
		{"AWS", "caf\xe9", secret, BadName},
		{"AWS", "alice", "", NotBase32},
		{"AWS", "alice", "====", NotBase32},
		{"AWS", "alice", secret + "&digits=8", NotBase32},
		{"AWS", "alice", secret + "1", NotBase32},
		{"AWS", "alice", strings.ToLower(secret), NotBase32},
		{"AWS", "alice", secret[:4] + " " + secret[4:], NotBase32},
	} {
		_, err := URI(c.issuer, c.account, c.secret)
		if refused := (*Error)(nil); !errors.As(err, &refused) || refused.Reason != c.want {
			t.Errorf("URI(%q, %q, %q): %v, want %v", c.issuer, c.account, c.secret, err, &Error{c.want})
		} else if strings.Contains(strings.ToUpper(err.Error()), secret[4:]) {
			t.Errorf("the error contains the secret: %v", err)
		}
	}
}

// TestPictures writes what the tests see into the directory QR_PICTURES, for eyes.
func TestPictures(t *testing.T) {
	directory := os.Getenv("QR_PICTURES")
	if directory == "" {
		t.Skip("QR_PICTURES is not set")
	}
	d := draw(t, uri(t, "alice@123456789012"))
	for style, name := range map[Style]string{HalfBlocks: "blocks", Spaces: "spaces"} {
		var out strings.Builder
		if err := d.Terminal(&out, 0, 0, style); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, name+".txt"), []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		columns, _ := d.size(style, fullMargin)
		for th, colours := range themes {
			var file bytes.Buffer
			picture := show(t, out.String(), columns, strings.Count(out.String(), "\n"), colours)
			if err := png.Encode(&file, picture); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(directory, name+" "+th+".png"), file.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	var file bytes.Buffer
	if err := d.PNG(&file, 8); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "file.png"), file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
