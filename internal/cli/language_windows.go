package cli

import "golang.org/x/sys/windows"

// systemLanguage is the first language of the user interface, such as ja-JP. It need not be that of the user's region.
func systemLanguage() string {
	languages, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(languages) == 0 {
		return ""
	}
	return languages[0]
}
