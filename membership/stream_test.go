package membership

import (
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOutcome(t *testing.T) {
	timeout := &net.OpError{Op: "read", Err: syscall.ETIMEDOUT}
	for name, tc := range map[string]struct {
		dialled bool
		bytes   int
		err     error
		want    outcome
	}{
		"nobody there":         {want: unreachable},
		"silence":              {dialled: true, err: timeout, want: unreachable},
		"half an answer":       {dialled: true, bytes: 5, err: timeout, want: unreachable},
		"closed locally":       {dialled: true, err: net.ErrClosed, want: unreachable},
		"hangs up":             {dialled: true, err: io.EOF, want: hungUp},
		"hangs up with reset":  {dialled: true, err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}, want: hungUp},
		"gone before we wrote": {dialled: true, err: &net.OpError{Op: "write", Err: syscall.EPIPE}, want: hungUp},
		"unreadable answer":    {dialled: true, bytes: 5, want: unreadable},
		"unreadable, then EOF": {dialled: true, bytes: 5, err: io.EOF, want: unreadable},
	} {
		k := &talk{}
		if tc.dialled {
			k.connected()
		}
		k.heard(tc.bytes, nil)
		k.heard(0, tc.err)
		require.Equal(t, tc.want, k.outcome(), name)
	}
	var none *talk
	none.connected()
	none.heard(1, io.EOF)
}
