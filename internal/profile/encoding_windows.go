package profile

import (
	"syscall"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ansiPage is the code page in which programs read and write text that do not say how.
func ansiPage() uint32 { return windows.GetACP() }

// fromANSI is text of the ANSI code page as UTF-8; ok is false where that page leaves its bytes without meaning.
func fromANSI(in []byte) (text []byte, ok bool) {
	const errInvalidChars = 8 // MB_ERR_INVALID_CHARS
	if len(in) == 0 {
		return nil, false
	}
	units := make([]uint16, len(in)) // no page makes more than one of a byte
	n, err := windows.MultiByteToWideChar(ansiPage(), errInvalidChars, &in[0], int32(len(in)), &units[0], int32(len(units)))
	if err != nil {
		return nil, false
	}
	return []byte(string(utf16.Decode(units[:n]))), true
}

// ForCLI is the text of a config file as the AWS CLI reads it: in the ANSI code page, where that has all its characters.
func ForCLI(text string) []byte {
	const noBestFit = 0x400 // WC_NO_BEST_FIT_CHARS
	if inANSI(text) {
		return []byte(text)
	}
	units := utf16.Encode([]rune(text))
	out := make([]byte, 4*len(units))
	var lacking int32
	n, _, _ := syscall.SyscallN(windows.NewLazySystemDLL("kernel32.dll").NewProc("WideCharToMultiByte").Addr(),
		uintptr(ansiPage()), noBestFit, uintptr(unsafe.Pointer(&units[0])), uintptr(len(units)),
		uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)), 0, uintptr(unsafe.Pointer(&lacking)))
	if n == 0 || lacking != 0 {
		return []byte(text)
	}
	return out[:n]
}
