package rpcclient

import (
	"bytes"
	"testing"
	"time"

	"pikv/wire"
)

// The rest of a large reply does not wake its reader packet by packet, and its end does
// not wait for more.
func TestPacketsOfALargeReplyWakeNobody(t *testing.T) {
	const part = 10_000 // less than a Threshold at its most
	p, c := pull(t, Config{})
	done := make(chan error, 1)
	value := bytes.Repeat([]byte("v"), 20*part)
	var got int
	go func() {
		done <- c.Call(within(t), wire.MethodGet, nil, func(d *wire.Decoder) error {
			got = len(d.Bytes())
			return d.Err()
		})
	}()
	reply := wire.AppendBin(wire.AppendResponseOK(nil, p.next().ID), value)
	before := c.heard.Load()
	const first = 100 // read at once
	p.send(reply[:first])
	eventually(t, "the first packet is read", func() bool { return c.heard.Load() != before })
	before = c.heard.Load()
	p.send(reply[first:part])
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 100 {
		if <-tick.C; c.heard.Load() != before {
			t.Fatal("a part that is of no use alone has woken the reader")
		}
	}
	p.send(reply[part:])
	if err := <-done; err != nil || got != len(value) {
		t.Errorf("%d of %d bytes, %v", got, len(value), err)
	}
}
