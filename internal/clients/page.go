package main

import (
	"fmt"
	"os"
	"strings"
)

const (
	page  = "docs/clients.md"
	start = "<!-- from here on, go run ./internal/clients -write -->\n"
	end   = "<!-- to here -->\n"
)

// writePage replaces the table in the page.
func writePage() error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	made, err := withTable(string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(page, []byte(made), 0o644)
}

// withTable returns the page's text with the table of what the clients do, which a run proves.
func withTable(text string) (string, error) {
	before, rest, found := strings.Cut(text, start)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("%s has no marks of its table", page)
	}
	var t strings.Builder
	t.WriteString(before + start + "\n| client | version |")
	for _, w := range ways {
		fmt.Fprintf(&t, " %s |", w)
	}
	t.WriteString("\n|---|---|" + strings.Repeat("---|", len(ways)) + "\n")
	for _, c := range clients {
		fmt.Fprintf(&t, "| %s | %s |", c.name, c.version)
		for _, w := range ways {
			fmt.Fprintf(&t, " %s |", c.wanted(w))
		}
		t.WriteString("\n")
	}
	t.WriteString("\nThe lines with which they were run, without the stand-in's address:\n\n```sh\n")
	for _, c := range clients {
		fmt.Fprintf(&t, "awsmfa exec prod -- %s\n", c.shown)
	}
	t.WriteString("```\n" + end + after)
	return t.String(), nil
}
