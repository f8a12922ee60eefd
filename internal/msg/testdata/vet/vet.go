// Package vet has messages whose verbs do not fit their arguments: go vet must refuse each.
package vet

import "awsmfa/internal/msg"

var (
	_ = msg.Errorf("%d profiles", "three")
	_ = msg.Textf("profile %q and %q", "one")
	_ = msg.Errorf("no access key").Hint("run %s", 1, 2)
)
