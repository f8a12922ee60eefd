package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPageIsCurrent(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	made, err := withTable(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if made != string(text) {
		t.Errorf("%s is not current: run go run ./internal/clients -write", page)
	}
}
