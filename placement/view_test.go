package placement

import (
	"fmt"
	"testing"
)

func TestStrings(t *testing.T) {
	for _, tc := range []struct {
		v    fmt.Stringer
		want string
	}{
		{Incarnation(0xabc), "0000000000000abc"},
		{MasterID(1 << 63), "8000000000000000"},
		{Epoch(1 << 40), "1099511627776"},
		{NodeActive, "active"},
		{NodeDraining, "draining"},
		{NodeState(7), "state-7"},
		{HandOver, "hand over"},
		{ChangeKind(9), "change 9"},
	} {
		if got := tc.v.String(); got != tc.want {
			t.Errorf("%T is %q, want %q", tc.v, got, tc.want)
		}
	}
}
