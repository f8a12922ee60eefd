package term

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	xterm "golang.org/x/term"
)

// Menu is a list of which the person chooses one item.
type Menu struct {
	Question string // stands before what the person types
	Help     string // says which keys there are
	ByLine   string // the question where the list cannot be drawn
	Items    []Item
}

// Item is one line of a Menu. Row is what is shown, and begins with Name.
type Item struct{ Name, Row string }

// maxRows is how many items are shown at once.
const maxRows = 10

// Choose shows the menu, and returns the index of the item that the person chooses: by typing a part of the item or its
// number, with the arrow keys, and Enter. The error is ctx's, ErrClosed (Escape, Ctrl-D), or that of reading. It leaves
// the question and the chosen name on the terminal. A terminal that does not draw (CanDraw) is asked by lines.
func (t *Terminal) Choose(ctx context.Context, m Menu, draws bool) (int, error) {
	if !draws {
		return t.chooseByLine(ctx, m)
	}
	fd := int(t.in.Fd())
	before, err := xterm.GetState(fd)
	if err != nil {
		return 0, err
	}
	defer func() { _ = xterm.Restore(fd, before) }()
	if err := byKey(fd); err != nil {
		return 0, err
	}
	c := chooser{Menu: m}
	c.narrow()
	resumed, stop := resumptions()
	defer stop()
	for !c.done {
		t.draw(&c)
		pressed := make(chan key, 1)
		failed := make(chan error, 1)
		go func() {
			if k, err := t.readKey(ctx); err != nil {
				failed <- err
			} else {
				pressed <- k
			}
		}()
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				t.erase()
				return 0, ctx.Err()
			case <-resumed: // the shell has used the terminal meanwhile
				_ = byKey(fd)
				t.draw(&c)
			case err := <-failed:
				t.erase()
				if errors.Is(err, io.EOF) {
					err = ErrClosed
				}
				return 0, err
			case k := <-pressed:
				c.press(k)
				waiting = false
			}
		}
	}
	t.erase()
	if c.left {
		return 0, ErrClosed
	}
	t.Say(m.Question + m.Items[c.found[c.at]].Name + "\n")
	return c.found[c.at], nil
}

// chooseByLine prints the items, and asks until a line names one.
func (t *Terminal) chooseByLine(ctx context.Context, m Menu) (int, error) {
	c := chooser{Menu: m}
	for {
		c.narrow()
		shown := c.found[:min(len(c.found), 2*maxRows)]
		for _, i := range shown {
			t.Say(c.line(i) + "\n")
		}
		if more := len(c.found) - len(shown); more > 0 {
			t.Say(fmt.Sprintf("  … %d\n", more))
		}
		answer, err := t.Ask(ctx, m.ByLine)
		if err != nil {
			return 0, err
		}
		c.typed = answer
		c.narrow()
		if len(c.found) == 1 || len(c.found) > 0 && c.rank(c.found[0]) <= isNumber {
			return c.found[0], nil
		}
		if len(c.found) == 0 {
			c.typed = ""
		}
	}
}

// A key is a character that was typed, or one of the keys below.
type key rune

const (
	noKey key = -iota - 1 // one that means nothing here
	keyEnter
	keyLeave
	keyUp
	keyDown
	keyPageUp
	keyPageDown
	keyBackspace
	keyClear
)

// controlKey is the key of a control character.
func controlKey(r rune) key {
	switch r {
	case '\r', '\n':
		return keyEnter
	case 'C' & 0x1f, 'D' & 0x1f, 0x1b:
		return keyLeave
	case 'P' & 0x1f:
		return keyUp
	case 'N' & 0x1f, '\t':
		return keyDown
	case '\b', 0x7f:
		return keyBackspace
	case 'U' & 0x1f, 'W' & 0x1f:
		return keyClear
	}
	return noKey
}

// chooser is the state of a Menu.
type chooser struct {
	Menu
	typed  string
	found  []int // the items that fit what was typed, the best first
	at     int   // the current one of found
	top    int   // the first one of found that is shown
	height int   // how many are shown
	done   bool
	left   bool // without a choice
}

// press does what a key asks for.
func (c *chooser) press(k key) {
	last := max(0, len(c.found)-1)
	switch k {
	case keyEnter:
		c.done = len(c.found) > 0
	case keyLeave:
		c.done, c.left = true, true
	case keyUp:
		c.at = max(0, c.at-1)
	case keyDown:
		c.at = min(last, c.at+1)
	case keyPageUp:
		c.at = max(0, c.at-c.height)
	case keyPageDown:
		c.at = min(last, c.at+c.height)
	case keyBackspace:
		if runes := []rune(c.typed); len(runes) > 0 {
			c.typed = string(runes[:len(runes)-1])
			c.narrow()
		}
	case keyClear:
		c.typed = ""
		c.narrow()
	default:
		if k >= ' ' {
			c.typed += string(rune(k))
			c.narrow()
		}
	}
}

// How well an item fits what was typed.
const (
	isName   = iota // it is the name
	isNumber        // it is the number of the item
	beginsName
	inName
	inRow
	fitsNot
)

func (c *chooser) rank(i int) int {
	typed := strings.ToLower(narrow(c.typed))
	name, row := strings.ToLower(narrow(c.Items[i].Name)), strings.ToLower(narrow(c.Items[i].Row))
	switch trimmed := strings.TrimSpace(typed); {
	case trimmed != "" && trimmed == name:
		return isName
	case trimmed == strconv.Itoa(i+1):
		return isNumber
	case strings.HasPrefix(name, typed):
		return beginsName
	case strings.Contains(name, typed):
		return inName
	}
	for word := range strings.FieldsSeq(typed) {
		if !strings.Contains(row, word) {
			return fitsNot
		}
	}
	return inRow
}

// narrow finds the items that fit what was typed.
func (c *chooser) narrow() {
	ranks := make([]int, len(c.Items))
	c.found, c.at, c.top = c.found[:0], 0, 0
	for i := range c.Items {
		if ranks[i] = c.rank(i); ranks[i] != fitsNot {
			c.found = append(c.found, i)
		}
	}
	slices.SortStableFunc(c.found, func(a, b int) int { return cmp.Compare(ranks[a], ranks[b]) })
}

// line is the line of an item: its number and its row.
func (c *chooser) line(i int) string {
	return fmt.Sprintf("%*d  %s", len(strconv.Itoa(len(c.Items))), i+1, c.Items[i].Row)
}

// draw draws the menu from the cursor's line on, and leaves the cursor behind what was typed.
func (t *Terminal) draw(c *chooser) {
	columns, lines := t.Size()
	if columns < 2 {
		columns = 80
	}
	c.height = maxRows
	if lines > 0 {
		c.height = max(1, min(maxRows, lines-3))
	}
	c.top = max(min(c.top, c.at), c.at-c.height+1)
	first := c.Question + c.typed
	for columns > 2 && Width(first) > columns-1 { // its end is what matters
		_, after, _ := strings.Cut(first, string([]rune(first)[0]))
		first = after
	}
	text := []string{Printable(first)}
	for i := c.top; i < min(len(c.found), c.top+c.height); i++ {
		mark := "  "
		if i == c.at {
			mark = "> "
		}
		text = append(text, Printable(cut(mark+c.line(c.found[i]), columns-1)))
	}
	text = append(text, Printable(cut(fmt.Sprintf("  %d/%d  %s", len(c.found), len(c.Items), c.Help), columns-1)))
	t.erase()
	fmt.Fprintf(t, "%s\x1b[%dA\r", strings.Join(text, "\n"), len(text)-1)
	if n := Width(first); n > 0 {
		fmt.Fprintf(t, "\x1b[%dC", n)
	}
}

// erase removes the menu. The cursor is in its first line.
func (t *Terminal) erase() { io.WriteString(t, "\r\x1b[J") }

// cut returns the beginning of text that is not wider than so many columns.
func cut(text string, columns int) string {
	for i, r := range text {
		if columns -= Width(string(r)); columns < 0 {
			return text[:i]
		}
	}
	return text
}
