package cli

import (
	"os"
	"testing"

	"awsmfa/internal/msg"
)

// Every flag and argument of every command has its help.
func TestHelpOfEveryFlag(t *testing.T) {
	a := &app{System: System{Args: []string{"awsmfa"}, Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}}
	parser, err := a.parser(new(globalFlags), "")
	if err != nil {
		t.Fatal(err)
	}
	fillHelp(msg.Printer{}, parser.Model)
	nodes := parser.Model.Children
	for len(nodes) > 0 {
		node := nodes[0]
		nodes = append(nodes[1:], node.Children...)
		if node.Help == "" {
			t.Errorf("%s has no help", node.FullPath())
		}
		for _, f := range node.Flags {
			if f.Help == "" {
				t.Errorf("%s --%s has no help", node.FullPath(), f.Name)
			}
		}
		for _, v := range node.Positional {
			if v.Help == "" {
				t.Errorf("%s <%s> has no help", node.FullPath(), v.Name)
			}
		}
	}
}
