//go:build !windows

package profile

func ansiPage() uint32 { return utf8Page }

func fromANSI([]byte) (text []byte, ok bool) { return nil, false }

// ForCLI encodes the text of a config file for the AWS CLI.
func ForCLI(text string) []byte { return []byte(text) }
