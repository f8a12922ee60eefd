package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"awsmfa/internal/msg"
)

// No sentence to a person stands outside the mechanism, and every format is a constant.
func TestEverySentenceIsAMessage(t *testing.T) {
	found, err := read(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(found.sentences) < 300 {
		t.Errorf("found %d sentences: that cannot be all", len(found.sentences))
	}
	for _, p := range found.problems {
		t.Error(p)
	}
	for _, s := range found.sentences {
		if strings.TrimSpace(s.text) == "" {
			t.Errorf("%s:%d: an empty sentence", s.at.Filename, s.at.Line)
		}
	}
}

// The reader finds what it has to: both messages, the stray sentence, the format that is put together.
func TestReader(t *testing.T) {
	found, err := read(filepath.Join("testdata", "source"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, s := range found.sentences {
		texts = append(texts, s.text)
	}
	if want := []string{"profile %q has no access key (%s)", "add one"}; !slices.Equal(texts, want) {
		t.Errorf("found %q, not %q", texts, want)
	}
	all := strings.Join(found.problems, "\n")
	if len(found.problems) != 2 || !strings.Contains(all, "this sentence stands outside") ||
		!strings.Contains(all, "not a constant") {
		t.Errorf("found the problems %q", found.problems)
	}
}

// A catalog must be complete, and hold nothing else, with the same arguments in whatever order.
func TestCatalog(t *testing.T) {
	found, err := read(filepath.Join("testdata", "source"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("testdata", "ja.txt"))
	if err != nil {
		t.Fatal(err)
	}
	catalog := msg.Catalog{}
	if err := catalog.Add(string(text)); err != nil {
		t.Fatal(err)
	}
	if problems := check(found.sentences, catalog); len(problems) > 0 {
		t.Errorf("the whole catalog: %q", problems)
	}
	const key = "profile %q has no access key (%s)"
	for name, change := range map[string]func(){
		"no translation":      func() { delete(catalog, "add one") },
		"what is no sentence": func() { catalog["add two"] = "二つ" },
		"other arguments":     func() { catalog[key] = "プロファイル %q" },
	} {
		before := map[string]string{"add one": catalog["add one"], key: catalog[key]}
		change()
		if problems := check(found.sentences, catalog); len(problems) != 1 || !strings.Contains(problems[0], name) {
			t.Errorf("%s: %q", name, problems)
		}
		delete(catalog, "add two")
		catalog["add one"], catalog[key] = before["add one"], before[key]
	}
	e := msg.Errorf(key, "prod", "config:3").Hint("add one")
	printer := msg.Printer{Catalog: catalog}
	if got := printer.Error(e); got != `config:3: プロファイル "prod" にアクセスキーがありません` {
		t.Error(got)
	}
	if got := printer.Hint(e); got != "アクセスキーを追加してください" {
		t.Error(got)
	}
}

// Every sentence has a Japanese translation with the same arguments, no translation is of a sentence that is no more,
// and docs/ja/messages.md is up to date.
func TestJapanese(t *testing.T) {
	root := filepath.Join("..", "..")
	found, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := msg.Japanese()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range check(found.sentences, catalog) {
		t.Errorf("internal/msg/ja: %s", p)
	}
	have, err := os.ReadFile(filepath.Join(root, pagePath))
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != page(found.sentences, catalog) {
		t.Errorf("%s is out of date: make messages", pagePath)
	}
}
