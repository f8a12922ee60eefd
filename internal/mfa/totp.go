package mfa

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 as AWS's virtual devices use it
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"awsmfa/internal/msg"
)

// Verdict is the result of CheckPair.
type Verdict struct {
	Kind VerdictKind
	// Off is how far the authenticator's clock is ahead of AWS's (behind if negative), to 30 seconds.
	Off time.Duration
}

// VerdictKind is the relation of two codes to the device's key and the time.
type VerdictKind int

// Right means two consecutive current codes; the others are the usual mistakes.
const (
	Right      VerdictKind = iota
	Same                   // the same code twice
	Swapped                // the second is older than the first
	Apart                  // codes of this key, but not consecutive
	ClockOff               // consecutive, but of another time: see Off
	ForeignOne             // the first is not a code of this key
	ForeignTwo             // the second is not
)

const (
	// tolerated is how many steps an authenticator may be off: AWS accepts the codes next to the current one, and the
	// first of the two was typed a while ago.
	tolerated = 3
	// searched is how far to search for a pair of codes, in steps: a day, for a phone in the wrong time zone. So many
	// steps contain a single code by chance, but not a pair.
	searched = 24 * 120
	// between is the greatest distance of two codes of the same key, in steps.
	between = 10
	// nearby is how far to search for a single code, in steps.
	nearby = 20
)

// CheckPair compares two codes with those that seed, in Base32, gives around now, AWS's time. AWS itself would only
// refuse them, without a reason.
func CheckPair(seed, first, second string, now time.Time) (Verdict, error) {
	unpadded := strings.ToUpper(strings.TrimRight(seed, "="))
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(unpadded)
	if err != nil {
		// without the decoder's error, which may show a part of the key
		return Verdict{}, msg.Errorf("the key that AWS returned for the new MFA device is not Base32")
	}
	if first == second {
		return Verdict{Kind: Same}, nil
	}
	at := now.Unix() / int64(step/time.Second)
	isPair := func(i int64) bool { return totp(key, i) == first && totp(key, i+1) == second }
	if i, ok := find(at, searched, isPair); ok {
		if j := i + 1; j < at-tolerated || j > at+tolerated {
			return Verdict{Kind: ClockOff, Off: time.Duration(j-at) * step}, nil
		}
		return Verdict{Kind: Right}, nil
	}
	gap := int64(0)
	if _, ok := find(at, searched, func(i int64) bool {
		if totp(key, i) != first {
			return false
		}
		j, ok := find(i, between, func(j int64) bool { return totp(key, j) == second })
		gap = j - i
		return ok
	}); ok {
		if gap < 0 {
			return Verdict{Kind: Swapped}, nil
		}
		return Verdict{Kind: Apart}, nil
	}
	if _, ok := find(at, nearby, func(i int64) bool { return totp(key, i) == first }); ok {
		return Verdict{Kind: ForeignTwo}, nil
	}
	return Verdict{Kind: ForeignOne}, nil
}

// find returns the step nearest to around, at most that many away, for which is returns true.
func find(around, most int64, is func(int64) bool) (int64, bool) {
	for d := range most + 1 {
		if is(around + d) {
			return around + d, true
		}
		if is(around - d) {
			return around - d, true
		}
	}
	return 0, false
}

// totp returns the code of one step (RFC 6238, with the HMAC-SHA-1 and the six digits of RFC 4226).
func totp(key []byte, at int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at)) // steps since 1970
	mac := hmac.New(sha1.New, key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}
