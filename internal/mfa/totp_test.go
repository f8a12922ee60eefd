package mfa

import (
	"encoding/base32"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// RFC 6238, appendix B, SHA-1: the last six of the eight digits.
func TestTOTP(t *testing.T) {
	key := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
		20000000000: "353130",
	} {
		if got := totp(key, at/30); got != want {
			t.Errorf("at %d: %s, not %s", at, got, want)
		}
	}
}

// CheckPair recognizes each kind of pair, at any time.
func TestCheckPair(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) // the same each time
	wrong := 0
	const rounds = 20
	for range rounds {
		key := make([]byte, 40)
		for i := range key {
			key[i] = byte(random.Uint32())
		}
		seed := base32.StdEncoding.EncodeToString(key)
		now := time.Unix(1767225600+random.Int64N(1e8), 0)
		at := now.Unix() / 30
		code := func(steps int64) string { return totp(key, at+steps) }
		foreign := func() string { return fmt.Sprintf("%06d", random.IntN(1_000_000)) }
		for _, c := range []struct {
			first, second string
			want          Verdict
		}{
			{code(0), code(1), Verdict{}},
			{code(-1), code(0), Verdict{}},
			{code(-4), code(-3), Verdict{}},
			{code(2), code(3), Verdict{}},
			{code(0), code(0), Verdict{Kind: Same}},
			{foreign(), "", Verdict{Kind: Same}},
			{code(0), code(-1), Verdict{Kind: Swapped}},
			{code(1), code(-2), Verdict{Kind: Swapped}},
			{code(-2), code(0), Verdict{Kind: Apart}},
			{code(-2), code(5), Verdict{Kind: Apart}},
			{code(-5), code(-4), Verdict{ClockOff, -4 * step}},
			{code(3), code(4), Verdict{ClockOff, 4 * step}},
			{code(-9*120 - 1), code(-9 * 120), Verdict{ClockOff, -9 * time.Hour}},
			{code(9*120 - 1), code(9 * 120), Verdict{ClockOff, 9 * time.Hour}},
			{code(9 * 120), code(9*120 - 1), Verdict{Kind: Swapped}},
			{foreign(), foreign(), Verdict{Kind: ForeignOne}},
			{foreign(), code(0), Verdict{Kind: ForeignOne}},
			{code(0), foreign(), Verdict{Kind: ForeignTwo}},
		} {
			if c.second == "" {
				c.second = c.first
			}
			got, err := CheckPair(seed, c.first, c.second, now)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				wrong++ // among millions of codes some are equal
				t.Logf("%v, not %v", got, c.want)
			}
		}
	}
	if wrong > 2 {
		t.Errorf("%d of %d are recognized as something else", wrong, 18*rounds)
	}
	for _, seed := range []string{"1", "GEZDGNBVGY3TQOJQ!"} {
		_, err := CheckPair(seed, "123456", "654321", time.Now())
		if err == nil || strings.Contains(err.Error(), seed) {
			t.Errorf("%q: %v", seed, err)
		}
	}
	v, err := CheckPair("gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "287082", "287082", time.Unix(59, 0))
	if v.Kind != Same || err != nil {
		t.Error(v, err)
	}
}
