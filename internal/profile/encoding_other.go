//go:build !windows

package profile

func ansiPage() uint32 { return utf8Page }

func fromANSI([]byte) (text []byte, ok bool) { return nil, false }

// ForCLI is the text of a config file as the AWS CLI reads it.
func ForCLI(text string) []byte { return []byte(text) }
