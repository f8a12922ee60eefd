package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"awsmfa/internal/msg"
)

// pagePath is the page that writePage writes, below the root.
var pagePath = filepath.Join("docs", "ja", "messages.md")

const pageIntro = `# メッセージ

<!-- make messages writes this page from the source and internal/msg/ja -->

awsmfa のすべてのメッセージの、英語と日本語の一覧です。ソースのファイルごとに、そこに現れる順に並んでいます。` + "`%s`" + ` などには、名前や
値が入ります。
`

// writePage writes the page of every sentence beside its translation.
func writePage(sentences []sentence) error {
	catalog, err := msg.Japanese()
	if err != nil {
		return err
	}
	return os.WriteFile(pagePath, []byte(page(sentences, catalog)), 0o644)
}

// page is the text of docs/ja/messages.md. A sentence stands where the source has it first.
func page(sentences []sentence, catalog msg.Catalog) string {
	var b strings.Builder
	b.WriteString(pageIntro)
	file, written := "", map[string]bool{}
	for _, s := range sentences {
		if written[s.text] || !translatable(s.text) {
			continue
		}
		written[s.text] = true
		if at := strings.TrimPrefix(filepath.ToSlash(s.at.Filename), "../../"); file != at {
			file = at
			fmt.Fprintf(&b, "\n## %s\n\n| 英語 | 日本語 |\n|---|---|\n", file)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", cell(s.text), cell(catalog[s.text]))
	}
	return b.String()
}

// cell is a text in a table's cell, its lines below each other.
func cell(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(text, " \n"), "\n") {
		mark := "`"
		if strings.Contains(line, mark) {
			mark = "``"
		}
		if line != "" {
			line = mark + strings.ReplaceAll(line, "|", `\|`) + mark
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "<br>")
}
