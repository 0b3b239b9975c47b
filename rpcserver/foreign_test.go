package rpcserver_test

import (
	"bufio"
	"net"
	"net/rpc"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/go-msgpack/v2/codec"

	"pikv/wire"
)

// buffered is a connection as go-msgpack's codec needs it to be fast.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

func (b buffered) Read(p []byte) (int, error) { return b.r.Read(p) }

// TestGoMsgpackClient calls the server through net/rpc with go-msgpack's own
// codec. It cannot read our errors, because it insists that an error is a
// string; whatever succeeds it understands.
func TestGoMsgpackClient(t *testing.T) {
	addr := start(t, toy(quick()))
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	h := &codec.MsgpackHandle{WriteExt: true}
	client := rpc.NewClientWithCodec(codec.MsgpackSpecRpc.ClientCodec(buffered{nc, bufio.NewReader(nc)}, h))
	defer client.Close()

	args := func(a ...any) codec.MsgpackSpecRpcMultiArgs { return a }
	call := func(method string, args, reply any) {
		t.Helper()
		if err := client.Call(method, args, reply); err != nil {
			t.Fatalf("%s: %v", method, err)
		}
	}
	var value []byte
	call(wire.MethodGet, args("k"), &value)
	if value != nil {
		t.Fatalf("got %q before anything was put", value)
	}
	large := strings.Repeat("0123456789", 20_000)
	var version uint64
	call(wire.MethodPut, args("k", []byte("v")), &version)
	call(wire.MethodPut, args([]byte("large"), []byte(large)), &version)
	if version != 7 {
		t.Fatalf("version %d, want 7", version)
	}
	call(wire.MethodGet, args("k"), &value)
	if string(value) != "v" {
		t.Fatalf("got %q, want v", value)
	}
	call(wire.MethodGet, args("large"), &value)
	if string(value) != large {
		t.Fatalf("got %d bytes of the large value, want %d", len(value), len(large))
	}
	var deleted int
	call(wire.MethodDel, args("k", "large", "never"), &deleted)
	if deleted != 2 {
		t.Fatalf("%d keys deleted, want 2", deleted)
	}

	var fails []byte
	if err := client.Call("Nope", args(), &fails); err == nil {
		t.Fatal("an unknown method succeeded")
	}
}

// pythonClient speaks MessagePack-RPC with nothing but a socket and msgpack.
const pythonClient = `
import socket, sys, msgpack
host, port = sys.argv[1].rsplit(":", 1)
sock = socket.create_connection((host, int(port)), timeout=10)
unpacker = msgpack.Unpacker(raw=False)
replies = {}
def send(i, method, *params):
    sock.sendall(msgpack.packb([0, i, method, list(params)], use_bin_type=True))
def reply(i):
    while i not in replies:
        data = sock.recv(65536)
        assert data, "the server hung up"
        unpacker.feed(data)
        for kind, j, error, result in unpacker:
            assert kind == 1, kind
            replies[j] = (error, result)
    return replies.pop(i)
def call(i, method, *params):
    send(i, method, *params)
    return reply(i)
assert call(0, "Get", "k") == (None, None)
assert call(1, "Put", "k", b"\x00\xff") == (None, 7)
assert call(2, "Get", "k") == (None, b"\x00\xff")
assert call(3, "Put", b"k2", "text") == (None, 7)
assert call(4, "Get", b"k2") == (None, b"text")
big = bytes(range(256)) * 4096
assert call(5, "Put", "big", big) == (None, 7)
assert call(6, "Get", "big") == (None, big)
for i in range(1000, 2000):
    send(i, "Get", "k")
for i in reversed(range(1000, 2000)):
    assert reply(i) == (None, b"\x00\xff")
assert call(7, "Del", "k", "k2", "big", "never") == (None, 3)
error, result = call(8, "Nope")
assert error[0] == "unknown_method" and result is None, error
error, result = call(9, "Get")
assert error[0] == "bad_request" and result is None, error
sock.sendall(msgpack.packb([2, "Nobody", []]))
assert call(10, "Get", "k") == (None, None)
print("ok")
`

func TestPythonClient(t *testing.T) {
	python := findPython(t)
	addr := start(t, toy(quick()))
	cmd := exec.Command(python, "-c", pythonClient, addr)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "ok" {
		t.Fatalf("%v\n%s", err, out)
	}
}

// findPython returns a python3 that has msgpack, or skips the test. The one on
// the PATH may be another than the system's, for which the module is packaged.
func findPython(t *testing.T) string {
	t.Helper()
	why := "no python3"
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if out, err := exec.Command(path, "-c", "import msgpack").CombinedOutput(); err == nil {
			return path
		} else {
			why = path + ": " + lastLine(out)
		}
	}
	t.Skipf("no python3 with the module msgpack (Debian: python3-msgpack): %s", why)
	return ""
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
