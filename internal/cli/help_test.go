package cli

import "testing"

// Every flag and argument of every command has its help.
func TestHelpOfEveryFlag(t *testing.T) {
	model, err := Model()
	if err != nil {
		t.Fatal(err)
	}
	nodes := model.Children
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
