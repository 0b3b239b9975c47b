package wire

import (
	"errors"
	"math"
	"testing"
)

func TestAtMost(t *testing.T) {
	for _, n := range []int{0, 1, SmallValue, math.MaxInt} {
		got, err := DecodeAtMost(AppendAtMost(nil, n))
		if err != nil || got != uint64(n) {
			t.Errorf("%d became %d, %v", n, got, err)
		}
	}
	for _, params := range []string{"", "\x90", "\x91", "\x91\xff", "\x91\xc0", "\x92\x01\x01", "\x91\x01\x01", "\x01"} {
		if _, err := DecodeAtMost([]byte(params)); !errors.Is(err, &Error{Code: CodeBadRequest}) {
			t.Errorf("%q: %v", params, err)
		}
	}
}
