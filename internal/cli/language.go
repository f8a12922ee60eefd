package cli

import (
	"cmp"
	"os"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/term"
)

// printer puts messages for stderr and the terminal into the reader's language, and commands into the words of the
// reader's shell.
func (a *app) printer() msg.Printer { return a.printerFor(a.Stderr) }

// printerFor is the printer of messages that are written to f. Where f's reader may not read UTF-8, they are English.
func (a *app) printerFor(f *os.File) msg.Printer {
	p := a.english()
	if term.ReadsUTF8(f) {
		p.Catalog = a.catalog()
	}
	return p
}

// english is the printer of messages for programs.
func (a *app) english() msg.Printer { return msg.Printer{Command: a.typedCommand} }

// text is a sentence for stderr or the terminal.
func (a *app) text(t msg.Text) string { return a.printer().Text(t) }

// catalog is that of the reader's language, nil for English. It is read once, and only if something is said.
func (a *app) catalog() msg.Catalog {
	a.readCatalog.Do(func() {
		if a.readsJapanese() {
			a.japanese, _ = msg.Japanese() // a test reads it, too
		}
	})
	return a.japanese
}

// readsJapanese says whether the reader's language is Japanese: by AWSMFA_LANG, else by the locale's variables in the
// order of POSIX, else on Windows by the language of its user interface. Code sets other than UTF-8 mean English, and
// so does a locale without one, which is EUC-JP in the C library of GNU.
func (a *app) readsJapanese() bool {
	own := a.Getenv("AWSMFA_LANG")
	locale, _, _ := strings.Cut(cmp.Or(a.Getenv("LC_ALL"), a.Getenv("LC_MESSAGES"), a.Getenv("LANG")), "@")
	name, codeSet, _ := strings.Cut(locale, ".")
	isUTF8 := strings.EqualFold(strings.ReplaceAll(codeSet, "-", ""), "utf8")
	switch {
	case codeSet != "" && !isUTF8:
		return false
	case own != "":
		return isJapanese(own)
	case locale != "":
		return isUTF8 && isJapanese(name)
	}
	return isJapanese(systemLanguage())
}

// isJapanese recognizes ja, ja_JP and ja-JP.
func isJapanese(language string) bool {
	name, _, _ := strings.Cut(strings.ReplaceAll(language, "_", "-"), "-")
	return strings.EqualFold(name, "ja")
}
