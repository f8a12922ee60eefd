//go:build !windows

package cli

// systemLanguage is about Windows only: elsewhere the variables name the language.
func systemLanguage() string { return "" }
