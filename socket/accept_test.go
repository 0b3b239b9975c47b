package socket

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a listener that accepts and fails as it is told; then it is closed.
type scripted struct {
	net.Listener
	errs []error // nil is a connection
}

func (l *scripted) Accept() (net.Conn, error) {
	if len(l.errs) == 0 {
		return nil, net.ErrClosed
	}
	err := l.errs[0]
	l.errs = l.errs[1:]
	return nil, err
}

func TestAcceptTellsTheFirstOfSeveralFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("too many open files")
		ln := &scripted{errs: []error{nil, full, full, full, nil, nil, full, full}}
		taken, failures, began := 0, 0, time.Now()
		Accept(ln, nil, func(net.Conn) { taken++ }, func(err error) {
			if failures++; !errors.Is(err, full) {
				t.Error(err)
			}
		})
		if taken != 3 || failures != 2 {
			t.Errorf("%d connections, %d failures", taken, failures)
		}
		if took, want := time.Since(began), (1+2+4+1+2)*firstPause; took != want {
			t.Errorf("%v, not %v", took, want)
		}
	})
}

func TestAcceptStopsInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		ln := &scripted{}
		for range 100 {
			ln.errs = append(ln.errs, errors.New("too many open files"))
		}
		began := time.Now()
		const soon = 10 * time.Second
		time.AfterFunc(soon, func() { close(stop) })
		Accept(ln, stop, func(net.Conn) { t.Error("a connection") }, func(error) {})
		if took := time.Since(began); took != soon {
			t.Errorf("it returned after %v", took)
		}
	})
}
