package client

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// TestJudge is the table of docs/PROTOCOL.md, rule 10, as the client sees it:
// what was refused or not sent is repeated, what may have happened is not.
func TestJudge(t *testing.T) {
	at := hop{addr: "w1:1", master: 7, known: 5}
	moved := func(owner string, epoch uint64) *wire.Error {
		return &wire.Error{Code: wire.CodeMoved, Text: "moved", Owner: owner, Epoch: epoch}
	}
	notSent := fmt.Errorf("dial: %w", rpcclient.ErrNotSent)
	broken := fmt.Errorf("call: %w", rpcclient.ErrBroken)
	for _, c := range []struct {
		name    string
		err     error
		attempt int
		write   bool
		want    verdict
	}{
		{"busy: the same worker, later", busy(), 0, true, verdict{pause: true}},
		{"timeout: nothing happened", wire.Errorf(wire.CodeTimeout, "late"), 0, true, verdict{pause: true}},
		{"stopping: see who owns it now", wire.Errorf(wire.CodeShuttingDown, "bye"), 0, true,
			verdict{pause: true, refresh: true, avoid: "w1:1"}},
		{"redirect: there at once", moved("w2:1", 6), 0, true,
			verdict{next: hop{"w2:1", 7, 6, 6}, refresh: true, prefer: "w1:1"}},
		{"redirect within one epoch, hand-over under way", moved("w2:1", 5), 0, false,
			verdict{next: hop{"w2:1", 7, 5, 5}, refresh: true, prefer: "w1:1"}},
		{"redirect again: pause, they may point at each other", moved("w2:1", 6), 1, true,
			verdict{next: hop{"w2:1", 7, 6, 6}, pause: true, refresh: true, prefer: "w1:1"}},
		{"redirect from the past: tell the worker what we know", moved("w2:1", 4), 0, true,
			verdict{next: hop{"w1:1", 7, 5, 5}, pause: true, refresh: true, avoid: "w1:1"}},
		{"redirect to nobody", moved("", 6), 0, true, verdict{pause: true, refresh: true}},
		{"read not sent", notSent, 0, false, verdict{pause: true, refresh: true, avoid: "w1:1"}},
		{"write not sent", notSent, 0, true, verdict{pause: true, refresh: true, avoid: "w1:1"}},
		{"read broken off", broken, 0, false, verdict{pause: true, refresh: true, avoid: "w1:1"}},
		{"no owner known", errNoOwner, 0, true, verdict{pause: true, refresh: true, avoid: "w1:1"}},
		{"the owner changed meanwhile", errRerouted, 0, false, verdict{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, judge(c.err, nil, c.attempt, at, c.write))

			// The same at the end of the time: nothing is tried any more.
			v := judge(c.err, context.DeadlineExceeded, c.attempt, at, c.write)
			require.ErrorIs(t, v.err, ErrUnavailable)
			require.ErrorIs(t, v.err, context.DeadlineExceeded)
			require.NotErrorIs(t, v.err, ErrUnknownFate)
			require.Equal(t, wire.CodeUnavailable, wire.AsError(v.err).Code)

			v = judge(c.err, context.Canceled, c.attempt, at, c.write)
			require.Equal(t, context.Canceled, v.err)
		})
	}
}

func busy() *wire.Error { return wire.Errorf(wire.CodeBusy, "busy") }

func TestJudgeEndsTheCall(t *testing.T) {
	at := hop{addr: "w1:1", master: 7, known: 5}
	broken := fmt.Errorf("call: %w: %w", rpcclient.ErrBroken, context.Canceled)
	v := judge(broken, context.Canceled, 0, at, true)
	require.ErrorIs(t, v.err, ErrUnknownFate)
	require.ErrorIs(t, v.err, context.Canceled)
	require.True(t, v.refresh)
	require.Equal(t, wire.CodeUnknownFate, wire.AsError(v.err).Code)

	for code, match := range map[wire.Code][]error{
		wire.CodeNoWorkers:   {ErrNoWorkers, ErrUnavailable},
		wire.CodeUnavailable: {ErrUnavailable},
		wire.CodeUnknownFate: {ErrUnknownFate},
		wire.CodeOutOfMemory: {ErrOutOfMemory},
		wire.CodeTooLarge:    {ErrTooLarge},
		wire.CodeEmptyKey:    {ErrEmptyKey},
		wire.CodeUnknownNode: {ErrUnknownNode},
		wire.CodeBadRequest:  {&wire.Error{Code: wire.CodeBadRequest}},
		wire.CodeInternal:    {&wire.Error{Code: wire.CodeInternal}},
	} {
		for _, write := range []bool{false, true} {
			v := judge(wire.Errorf(code, "as told"), nil, 0, at, write)
			for _, target := range match {
				require.ErrorIs(t, v.err, target)
			}
			require.Equal(t, code, wire.AsError(v.err).Code)
		}
	}
	garbled := errors.New("three answers to two items")
	require.Equal(t, verdict{err: garbled}, judge(garbled, nil, 0, at, false))
}

func TestLater(t *testing.T) {
	cached := hop{addr: "a", master: 7, known: 5}
	require.Equal(t, cached, later(hop{}, cached))
	require.Equal(t, cached, later(hop{addr: "b", master: 7, known: 4, tell: 4}, cached))
	for _, epoch := range []placement.Epoch{5, 6} {
		redirect := hop{addr: "b", master: 7, known: epoch, tell: uint64(epoch)}
		require.Equal(t, redirect, later(redirect, cached), "as new as the view: the redirect")
	}
	require.Equal(t, cached, later(hop{addr: "b", master: 6, known: 9, tell: 9}, cached), "epochs of two masters do not compare")
}
