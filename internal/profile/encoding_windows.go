package profile

import (
	"syscall"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ansiPage returns the code page that programs use by default to read and write text.
func ansiPage() uint32 { return windows.GetACP() }

// fromANSI decodes text in the ANSI code page; ok is false if some of its bytes are undefined there.
func fromANSI(in []byte) (text []byte, ok bool) {
	const errInvalidChars = 8 // MB_ERR_INVALID_CHARS
	if len(in) == 0 {
		return nil, false
	}
	units := make([]uint16, len(in)) // no code page decodes a byte to more than one
	n, err := windows.MultiByteToWideChar(ansiPage(), errInvalidChars, &in[0], int32(len(in)), &units[0],
		int32(len(units)))
	if err != nil {
		return nil, false
	}
	return []byte(string(utf16.Decode(units[:n]))), true
}

// ForCLI encodes the text of a config file for the AWS CLI: in the ANSI code page, if that has all its characters.
func ForCLI(text string) []byte {
	const noBestFit = 0x400 // WC_NO_BEST_FIT_CHARS
	if inANSI(text) {
		return []byte(text)
	}
	units := utf16.Encode([]rune(text))
	out := make([]byte, 4*len(units))
	var missing int32
	n, _, _ := syscall.SyscallN(windows.NewLazySystemDLL("kernel32.dll").NewProc("WideCharToMultiByte").Addr(),
		uintptr(ansiPage()), noBestFit, uintptr(unsafe.Pointer(&units[0])), uintptr(len(units)),
		uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)), 0, uintptr(unsafe.Pointer(&missing)))
	if n == 0 || missing != 0 {
		return []byte(text)
	}
	return out[:n]
}
