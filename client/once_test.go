package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/client/retry"
	"pikv/wire"
)

// lost are the two ways to lose an answer: before the worker executed the
// request, and after.
var lost = map[string]clienttest.Fault{"before": {DropNow: true}, "after": {DropDone: true}}

// TestBrokenWriteTakesEffectOnce: whether it was executed before the connection
// broke or not, it is sent again under its name.
func TestBrokenWriteTakesEffectOnce(t *testing.T) {
	for when, fault := range lost {
		for name, write := range map[string]struct {
			method string
			do     func(*client.Client) error
		}{
			"put": {wire.MethodPut, func(cl *client.Client) error { _, err := cl.Put(t.Context(), "k", []byte("v")); return err }},
			"incr": {wire.MethodIncr, func(cl *client.Client) error {
				sum, err := cl.Incr(t.Context(), "k", 3)
				require.EqualValues(t, 3, sum)
				return err
			}},
			"getset": {wire.MethodGetSet, func(cl *client.Client) error {
				_, existed, err := cl.GetSet(t.Context(), "k", []byte("v"))
				require.False(t, existed, "the outcome is the first attempt's")
				return err
			}},
			"put if absent": {wire.MethodPut, func(cl *client.Client) error {
				_, err := cl.Put(t.Context(), "k", nil, client.IfAbsent())
				return err
			}},
		} {
			t.Run(when+" "+name, func(t *testing.T) {
				c := clienttest.New(t, 2, 8)
				cl := connect(t, c)
				owner := c.Owner("k")
				owner.Intercept(first(write.method, fault))
				require.NoError(t, write.do(cl))
				require.Equal(t, 1, c.Writes())
				requests := owner.Requests()
				require.Len(t, requests, 2)
				require.Equal(t, requests[0].Client, requests[1].Client)
				require.Equal(t, requests[0].Seqs, requests[1].Seqs)
				require.EqualValues(t, 2, requests[1].Attempt)
			})
		}
	}
}

// TestBrokenDelCountsOnce: the repetition finds the key gone, but is told of
// the first attempt.
func TestBrokenDelCountsOnce(t *testing.T) {
	c := clienttest.New(t, 2, 8)
	cl := connect(t, c)
	_, err := cl.Put(t.Context(), "k", nil)
	require.NoError(t, err)
	c.Owner("k").Intercept(first(wire.MethodMDel, clienttest.Fault{DropDone: true}))
	n, err := cl.Del(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// TestTakeOverWithTheRecord: the owner dies after it executed the write; the
// backup that takes over has the record. So it is for a hand-over, where the
// old owner redirects the repetition.
func TestTakeOverWithTheRecord(t *testing.T) {
	for name, after := range map[string]func(owner *clienttest.Node){
		"killed": (*clienttest.Node).Kill, "hand-over": func(*clienttest.Node) {},
	} {
		t.Run(name, func(t *testing.T) {
			c := clienttest.New(t, 3, 16)
			cl := connect(t, c)
			owner, heir := c.Owner("k"), c.Other("k")
			owner.Intercept(first(wire.MethodIncr, clienttest.Fault{DropDone: true}))
			heir.Freeze() // does not know yet that it will be the owner
			done := make(chan error)
			go func() { _, err := cl.Incr(t.Context(), "k", 1); done <- err }()
			eventually(t, func() bool { return c.Writes() == 1 })
			after(owner)
			c.Move("k", heir)
			heir.Thaw()
			require.NoError(t, <-done)
			require.Equal(t, 1, c.Writes())
		})
	}
}

// TestRecordLost: the first attempt may have had its effect, and nobody knows
// any more, and nobody will: the client says so at once.
func TestRecordLost(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	w := c.Workers[0]
	w.Intercept(func(r clienttest.Request) clienttest.Fault {
		if r.N == 0 {
			return clienttest.Fault{DropDone: true}
		}
		c.Forget()
		return clienttest.Fault{}
	})
	_, err := cl.Incr(t.Context(), "k", 1)
	require.ErrorIs(t, err, client.ErrUnknownFate)
	require.NotErrorIs(t, err, client.ErrUnavailable)
	require.Equal(t, 1, c.Writes())
	require.Len(t, w.Requests(), 2, "asking again would not help")
}

// TestUnknownFateIsAskedAgain: a primary that was deposed does not know whether
// the entry holds; the next one does.
func TestUnknownFateIsAskedAgain(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	w := c.Workers[0]
	w.Intercept(func(r clienttest.Request) clienttest.Fault {
		if r.N < 3 {
			return clienttest.Fault{Err: wire.Errorf(wire.CodeUnknownFate, "begun")}
		}
		return clienttest.Fault{}
	})
	_, err := cl.Put(t.Context(), "k", nil)
	require.NoError(t, err)
	for i, r := range w.Requests() {
		require.EqualValues(t, i+1, max(1, r.Attempt), "each may have had its effect")
	}
}

// TestNothingSentIsNoUnknownFate: refusals and redirects leave nothing open.
func TestNothingSentIsNoUnknownFate(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	cl.SetTimeout(100 * time.Millisecond)
	c.Workers[0].Kill()
	_, err := cl.Put(t.Context(), "k", nil)
	require.ErrorIs(t, err, client.ErrUnavailable)
	require.NotErrorIs(t, err, client.ErrUnknownFate)
}

// TestRefusalAfterALostAnswer: the refusal is of the second attempt; the first,
// delayed, may yet be executed.
func TestRefusalAfterALostAnswer(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	c.Workers[0].Intercept(func(r clienttest.Request) clienttest.Fault {
		if r.N == 0 {
			return clienttest.Fault{DropNow: true}
		}
		return clienttest.Fault{Err: wire.Errorf(wire.CodeOutOfMemory, "full")}
	})
	_, err := cl.Put(t.Context(), "k", nil)
	require.ErrorIs(t, err, client.ErrUnknownFate)
	_, err = cl.MPut(t.Context(), []client.Pair{{Key: "k"}})
	require.ErrorIs(t, err, client.ErrUnknownFate)
}

// TestCancelledWrite: whoever gives up a write that was sent is told so.
func TestCancelledWrite(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	c.Workers[0].Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Hang: true} })
	for i, write := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := cl.Put(ctx, "k", nil); return err },
		func(ctx context.Context) error { _, err := cl.MPut(ctx, []client.Pair{{Key: "k"}}); return err },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- write(ctx) }()
		eventually(t, func() bool { return len(c.Workers[0].Requests()) == i+1 })
		cancel()
		err := <-done
		require.ErrorIs(t, err, client.ErrUnknownFate)
		require.ErrorIs(t, err, context.Canceled)
	}
}

// TestFinishedWritesAreForgotten: the next write tells that nobody waits for
// the one before, whatever came of it.
func TestFinishedWritesAreForgotten(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c)
	_, pairs := manyKeys(100)
	for range 5 {
		_, err := cl.MPut(t.Context(), pairs)
		require.NoError(t, err)
		_, err = cl.Put(t.Context(), "k", nil, client.IfAbsent()) // fails but once
		if err != nil {
			require.ErrorIs(t, err, client.ErrConditionFailed)
		}
	}
	_, err := cl.Put(t.Context(), "last", nil)
	require.NoError(t, err)
	require.Equal(t, 1, c.Records())
	require.EqualValues(t, 507, cl.FirstUnfinished(), "all 506 writes are finished")
}

// TestTooManyUnfinished: a write past what workers keep records for waits.
func TestTooManyUnfinished(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	cl := connect(t, c, client.WithTimeout(time.Minute)) // it is many
	w := c.Workers[0]
	wait := make(chan struct{})
	w.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Wait: wait} })
	const frames, frame = retry.MostUnfinished/1000 + 1, 1000 // as batches are cut
	_, pairs := manyKeys(frames * frame)
	done := make(chan error)
	go func() { _, err := cl.MPut(t.Context(), pairs); done <- err }()
	ctx := short(t, time.Minute)
	eventually(t, func() bool { // one frame waits
		return asked(w, wire.MethodMPut) == frames-1
	})
	put := make(chan error)
	const room = retry.MostUnfinished - (frames-1)*frame
	const puts = room + 50
	for range puts {
		go func() { _, err := cl.Put(ctx, "k", nil); put <- err }()
	}
	eventually(t, func() bool { return asked(w, wire.MethodPut) >= room })
	require.Equal(t, room, asked(w, wire.MethodPut), "the others wait")
	close(wait)
	for range puts {
		require.NoError(t, <-put)
	}
	require.NoError(t, <-done)
	require.Equal(t, len(pairs)+puts, c.Writes())
}

// TestNamesFollowRegroupedItems: the items of one frame move to two owners;
// each keeps its number.
func TestNamesFollowRegroupedItems(t *testing.T) {
	c := clienttest.New(t, 3, 64)
	cl := connect(t, c)
	keys, pairs := manyKeys(60)
	from := c.Owner(keys[0])
	from.Intercept(first(wire.MethodMPut, clienttest.Fault{DropDone: true}))
	for i, key := range keys {
		if c.Owner(key) == from && i%2 == 0 {
			c.Move(key, c.Other(key))
		}
	}
	_, err := cl.MPut(t.Context(), pairs)
	require.NoError(t, err)
	require.Equal(t, len(pairs), c.Writes(), "each item took effect once")
	seqs := make(map[string]uint64)
	for _, w := range c.Workers {
		for _, r := range w.Requests() {
			require.Len(t, r.Seqs, len(r.Keys))
			for i, key := range r.Keys {
				if seqs[key] == 0 {
					seqs[key] = r.Seqs[i]
				}
				require.Equal(t, seqs[key], r.Seqs[i], key)
			}
		}
	}
	require.Len(t, seqs, len(keys))
}
