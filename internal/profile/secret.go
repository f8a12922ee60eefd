package profile

import "fmt"

// mask is printed instead of a secret.
const mask = "[secret]"

// Secret is a string that no formatting verb, log or encoder shows: all of them print "[secret]". Only Reveal returns
// it. The text is behind a pointer, because fmt prints the unexported fields of other structs without calling their
// methods.
type Secret struct{ text *string }

// NewSecret returns text as a Secret.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the secret itself, for signing and for requested output; never for a message.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Format writes the mask, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// String returns the mask.
func (Secret) String() string { return mask }

// MarshalText returns the mask; JSON and slog use it.
func (Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }
