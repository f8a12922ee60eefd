package msg

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// Catalog maps English formats to those of another language.
type Catalog map[string]string

//go:embed ja/*.txt
var files embed.FS

// Japanese returns the Japanese catalog, from the files in ja. It takes a millisecond: call it only when something is
// said.
func Japanese() (Catalog, error) {
	c := Catalog{}
	names, err := fs.Glob(files, "ja/*.txt")
	for _, name := range names {
		text, _ := files.ReadFile(name) // it was found
		if err := c.Add(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return c, err
}

// Add adds the entries of a file of translations. An entry is the lines of the English format, each after "< ", and
// then those of the translation, each after "> ". Other lines are blank, or begin with #. No format may have two
// entries.
//
//	< profile %q has no access key (%s)
//	> プロファイル %q にアクセスキーがありません (%s)
func (c Catalog) Add(text string) error {
	var english, translated []string
	end := func() error {
		key := strings.Join(english, "\n")
		if _, ok := c[key]; ok {
			return fmt.Errorf("duplicate: %q", key)
		}
		c[key] = strings.Join(translated, "\n")
		english, translated = nil, nil
		return nil
	}
	for line := range strings.Lines(text + "<\n") { // the last line ends the last entry
		mark, rest := line[:1], strings.TrimPrefix(strings.TrimSuffix(line[1:], "\n"), " ")
		switch {
		case mark == "<":
			if translated != nil {
				if err := end(); err != nil {
					return err
				}
			}
			english = append(english, rest)
		case mark == ">" && english != nil:
			translated = append(translated, rest)
		case mark != "\n" && mark != "#" || english != nil && translated == nil:
			return fmt.Errorf("unexpected line: %q", line)
		}
	}
	if len(english) != 1 {
		return fmt.Errorf("no translation: %q", english)
	}
	return nil
}
