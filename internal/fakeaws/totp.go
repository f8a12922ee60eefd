package fakeaws

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

const (
	step = 30 * time.Second
	// leeway is the number of steps before and after the current one whose codes are accepted.
	leeway = 1
	// enableWindow is the number of steps by which two consecutive codes may be off when they enable or resync a
	// device. AWS does not publish its own; late codes enable a device out of sync according to
	// https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
	enableWindow = 20
)

// Code returns the six digits that an authenticator with this Base32 seed shows at t: TOTP of RFC 6238 with SHA-1 and
// steps of 30 s. It accepts spaces, lower case and missing padding. It returns "" if the seed is not Base32.
func Code[Seed ~string | ~[]byte](seed Seed, t time.Time) string {
	key, err := decodeSeed(string(seed))
	if err != nil {
		return ""
	}
	return hotp(key, stepOf(t))
}

// CodeFor returns the device's current code, by the code clock, or "" if no device with that serial shows codes. The
// code may have been used already: see FreshCode.
func (s *Server) CodeFor(serial string) string { return s.codeAfter(serial, 0) }

// NextCodeFor returns the code after CodeFor: the second code for EnableMFADevice.
func (s *Server) NextCodeFor(serial string) string { return s.codeAfter(serial, 1) }

// FreshCode waits, as a user would, for an unused code: it advances the code clock by whole steps until the
// authenticator shows one, and returns it. It returns "" if no device with that serial shows codes.
func (s *Server) FreshCode(serial string) string {
	s.mu.Lock()
	d := s.device(serial)
	if d != nil {
		if behind := d.lastStep - stepOf(s.codeTime()); behind >= 0 {
			s.elapsed += time.Duration(behind+1) * step
		}
	}
	s.mu.Unlock()
	return s.CodeFor(serial)
}

func (s *Server) codeAfter(serial string, steps int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.device(serial)
	if d == nil || d.kind == SecurityKey {
		return ""
	}
	return hotp(d.seed, stepOf(s.codeTime())+steps)
}

// accept accepts a code of the current step or a neighbouring one, once, and none at or before a used step.
func (d *device) accept(code string, now time.Time) bool {
	if d.kind == SecurityKey {
		return false
	}
	for at := stepOf(now) + d.drift - leeway; at <= stepOf(now)+d.drift+leeway; at++ {
		if at > d.lastStep && equal(hotp(d.seed, at), code) {
			d.lastStep = at
			return true
		}
	}
	return false
}

// synchronize accepts two consecutive codes. If they are too old or too new, it accepts them, too, but the device is
// then out of sync, as on AWS, until timely codes correct it.
func (d *device) synchronize(first, second string, now time.Time) bool {
	if d.kind == SecurityKey {
		return false
	}
	for at := stepOf(now) - enableWindow; at <= stepOf(now)+enableWindow; at++ {
		if at > d.lastStep && equal(hotp(d.seed, at), first) && equal(hotp(d.seed, at+1), second) {
			d.lastStep, d.drift = at+1, at+1-stepOf(now)
			if d.drift >= -leeway && d.drift <= leeway {
				d.drift = 0
			}
			return true
		}
	}
	return false
}

func stepOf(t time.Time) int64 { return t.Unix() / int64(step/time.Second) }

// hotp implements RFC 4226 with six digits.
func hotp(key []byte, counter int64) string {
	var msg [8]byte
	binary.BigEndian.PutUint64(msg[:], uint64(counter))
	mac := hmac.New(sha1.New, key)
	mac.Write(msg[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

func decodeSeed(seed string) ([]byte, error) {
	seed = strings.TrimRight(strings.ToUpper(strings.ReplaceAll(seed, " ", "")), "=")
	return base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed)
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
