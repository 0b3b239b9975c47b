package socket

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// Twice the bytes of a second's rate take about two seconds, and without a rate
// none that count. The kernel lets the first segments go at once.
func TestPace(t *testing.T) {
	near, far := tcpPair(t)
	const rate, sent = 4 << 20, 2 << 20
	transfer := func() time.Duration {
		began := time.Now()
		go func() { _, _ = near.Write(make([]byte, sent)) }()
		if _, err := io.ReadFull(far, make([]byte, sent)); err != nil {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	err := Pace(near, rate)
	if errors.Is(err, syscall.ENOPROTOOPT) {
		t.Skip("no kernel, but an emulator of one, which knows no pace")
	}
	if err != nil {
		t.Fatal(err)
	}
	if took := transfer(); took < time.Second/4 {
		t.Errorf("%d bytes at %d bytes a second took %v", sent, rate, took)
	}
	if err := Pace(near, 0); err != nil {
		t.Fatal(err)
	}
	if took := transfer(); took > patience {
		t.Errorf("without a rate it took %v", took)
	}
	if err := Pace(&net.UnixConn{}, rate); err != nil {
		t.Error(err)
	}
}
