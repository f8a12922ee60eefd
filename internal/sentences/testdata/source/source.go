// Package source has two messages, a sentence outside the mechanism, and a format that is put together.
package source

import (
	"errors"

	"awsmfa/internal/msg"
)

func first(name string) error {
	return msg.Errorf("profile %q has no access key (%s)", name, "config:3").Hint("add one")
}

func second(which string) error {
	if which == "" {
		return errors.New("this sentence stands outside")
	}
	return msg.Errorf("it is " + which)
}
