package rpcclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"pikv/wire"
)

// lend puts a value that is sent from where it lies.
func lend(ctx context.Context, c *Conn, value []byte, o wire.Options) <-chan error {
	done := make(chan error, 1)
	go func() {
		head := func(buf []byte) []byte { return wire.AppendPutHead(buf, []byte("key"), len(value), o) }
		done <- c.CallInto(ctx, never, nil, wire.MethodPut, head, &Lent{Bytes: value, Tail: wire.AppendPutTail(nil, o)}, func(d *wire.Decoder) error {
			d.Uint()
			return d.Err()
		})
	}()
	return done
}

func TestWhatIsLentArrivesInItsPlace(t *testing.T) {
	p, c := pull(t, Config{})
	for i, size := range []int{1, 100 << 10, 5 << 20} {
		value := bytes.Repeat([]byte{byte(i + 1)}, size)
		o := wire.Options{Client: 7, Seq: uint64(i + 1), Finished: 1}
		done := lend(within(t), c, value, o)
		m := p.next()
		if string(m.Method) != wire.MethodPut || !bytes.Equal(m.Params, wire.AppendPut(nil, []byte("key"), value, o)) {
			t.Fatalf("%d bytes: another %s", size, m.Method)
		}
		p.reply(m.ID, 1)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// A call that is given up while its request is being sent gives the bytes back at
// once, was not sent, and ends the connection.
func TestWhatIsLentIsTakenBack(t *testing.T) {
	p, c := pull(t, Config{})
	other := going(within(t), c, "Other")
	p.next()
	ctx, cancel := context.WithCancel(context.Background())
	value := make([]byte, 32<<20) // more than the sockets hold
	done := lend(ctx, c, value, wire.Options{})
	if _, err := io.ReadFull(p, make([]byte, 1<<10)); err != nil {
		t.Fatal(err)
	}
	cancel()
	err := <-done
	fate(t, err, ErrNotSent)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	clear(value) // the race detector would see a reader
	fate(t, <-other, ErrBroken)
	p.hungUp()
}

// An answer that comes before all was read, which is a refusal, waits for the rest.
func TestARefusalWaitsForWhatIsLent(t *testing.T) {
	p, c := pull(t, Config{})
	value := make([]byte, 32<<20)
	done := lend(within(t), c, value, wire.Options{})
	head := make([]byte, 16)
	if _, err := io.ReadFull(p, head); err != nil {
		t.Fatal(err)
	}
	id := uint32(head[2]) // [0, id, ...
	p.send(wire.AppendResponseError(nil, id, wire.Errorf(wire.CodeBusy, "too many bytes in flight")))
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, p.Conn)
		read <- err
	}()
	if err := <-done; !errors.Is(err, &wire.Error{Code: wire.CodeBusy}) {
		t.Errorf("got %v", err)
	}
	clear(value)
	c.Close()
	if err := <-read; err != nil {
		t.Error(err)
	}
}

// Nothing is lent to a connection that is dead.
func TestNothingIsLentToTheDead(t *testing.T) {
	_, c := pull(t, Config{})
	c.Close()
	fate(t, <-lend(within(t), c, make([]byte, 1<<20), wire.Options{}), ErrNotSent)
}
