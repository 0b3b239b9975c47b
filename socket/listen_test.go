package socket

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
)

func TestAPortThatIsTakenNamesItsFlag(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for _, flag := range []Flag{RPCPort, RESPPort, GossipPort} {
		_, err := Listen("127.0.0.1", port, flag)
		inUse, ok := errors.AsType[*PortInUse](err)
		if !ok || *inUse != (PortInUse{Flag: flag, Bind: "127.0.0.1", Port: port}) {
			t.Fatalf("%s: %v", flag, err)
		}
		if !strings.Contains(err.Error(), string(flag)) || !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestAnyPort(t *testing.T) {
	for _, port := range []int{0, AnyPort} {
		ln, err := Listen("127.0.0.1", port, RESPPort)
		if err != nil {
			t.Fatal(err)
		}
		ln.Close()
	}
	_, err := Listen("192.0.2.1", 0, RPCPort) // for documentation: no host has it
	if inUse, ok := errors.AsType[*PortInUse](err); err == nil || ok {
		t.Errorf("%v (%v)", err, inUse)
	}
}
