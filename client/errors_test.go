package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/wire"
)

// Each layer below names the address once more: a person needs it once.
func TestErrorsNameTheAddressOnce(t *testing.T) {
	const addr = "10.0.0.2:7700"
	refused := fmt.Errorf("dial %s: %w: %w", addr, rpcclient.ErrNotSent, &net.OpError{
		Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 7700},
		Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
	})
	broken := fmt.Errorf("call Put at %s: %w: %w", addr, rpcclient.ErrBroken, errors.New("connection was closed by the other side"))
	over := context.DeadlineExceeded
	for want, err := range map[string]error{
		"gave up at the timeout: 10.0.0.2:7700: connection refused: see pikv status":                       gaveUp(over, addr, refused),
		"gave up at the timeout: 10.0.0.2:7700: connection was closed by the other side: see pikv status":  gaveUp(over, addr, broken),
		"gave up at the timeout: 10.0.0.2:7700: busy (busy): see pikv status":                              gaveUp(over, addr, busy()),
		"10.0.0.2:7700 did not answer before the timeout: see pikv status":                                 gaveUp(over, addr, fmt.Errorf("call Get at %s: %w: %w", addr, rpcclient.ErrBroken, over)),
		"10.0.0.2:7700 did not answer (connection was closed by the other side): the write may or may not": unknownFate(addr, broken, over),
		"10.0.0.2:7700 did not answer: the write may or may not":                                           unknownFate(addr, fmt.Errorf("call Put at %s: %w: %w", addr, rpcclient.ErrBroken, over)),
		"10.0.0.2:7700 answered: full (out_of_memory): the write may or may not":                           unknownFate(addr, wire.Errorf(wire.CodeOutOfMemory, "full"), over),
	} {
		require.Equal(t, 1, strings.Count(err.Error(), addr))
		require.Contains(t, err.Error(), want)
	}
	require.ErrorIs(t, gaveUp(over, addr, refused), syscall.ECONNREFUSED)
	require.ErrorIs(t, unknownFate(addr, broken, over), over)
}
