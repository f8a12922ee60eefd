package mfa

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 as AWS's virtual devices use it
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// Verdict is what two codes, typed one after the other, tell of the authenticator that made them.
type Verdict struct {
	Kind VerdictKind
	// Off is how far the authenticator's clock is ahead of AWS's (behind, when negative), to 30 seconds.
	Off time.Duration
}

// VerdictKind is one of the things that two codes can be.
type VerdictKind int

// Right are two consecutive codes of now; the others are what people do instead.
const (
	Right      VerdictKind = iota
	Same                   // the same code twice
	Swapped                // the second comes before the first
	Apart                  // right codes, with others between them
	ClockOff               // consecutive, of another time: Off
	ForeignOne             // the first is no code of this key within hours
	ForeignTwo             // the second is none
)

const (
	// tolerated is how many steps an authenticator may be off: AWS takes the codes beside the present one, and the first
	// of the two was typed a while ago.
	tolerated = 3
	// searched is how far away a code is looked for, in steps: a day, for a phone in the wrong time zone.
	searched = 24 * 120
)

// Judge compares two codes with those that seed, in Base32, makes around now, which is AWS's time. What is sent to AWS
// and refused there costs nothing but is answered only with a no.
func Judge(seed, first, second string, now time.Time) (Verdict, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(seed, "=")))
	if err != nil {
		return Verdict{}, fmt.Errorf("the device's key: %w", err)
	}
	if first == second {
		return Verdict{Kind: Same}, nil
	}
	at := now.Unix() / int64(step/time.Second)
	i, ok := find(key, first, at)
	if !ok {
		return Verdict{Kind: ForeignOne}, nil
	}
	j, ok := find(key, second, i+1)
	off := time.Duration(j-at) * step
	switch {
	case !ok:
		return Verdict{Kind: ForeignTwo}, nil
	case j == i-1:
		return Verdict{Kind: Swapped}, nil
	case j != i+1:
		return Verdict{Kind: Apart}, nil
	case j < at-tolerated || j > at+tolerated:
		return Verdict{Kind: ClockOff, Off: off}, nil
	}
	return Verdict{Kind: Right}, nil
}

// find looks for the step nearest to around whose code it is.
func find(key []byte, code string, around int64) (int64, bool) {
	for d := range int64(searched) {
		if at := around + d; totp(key, at) == code {
			return at, true
		}
		if at := around - d; totp(key, at) == code {
			return at, true
		}
	}
	return 0, false
}

// totp is the code of one step (RFC 6238, with the HMAC-SHA-1 and the six digits of RFC 4226).
func totp(key []byte, at int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at)) // steps since 1970
	mac := hmac.New(sha1.New, key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}
