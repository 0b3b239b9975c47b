package client

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client/retry"
	"pikv/rpcclient"
	"pikv/wire"
)

func busy() *wire.Error { return wire.Errorf(wire.CodeBusy, "busy") }

// What goes on while there is time ends with it: in "unavailable" when nothing
// can have happened, else in "unknown fate".
func TestJudgeAtTheEndOfTheTime(t *testing.T) {
	at := retry.Hop{Addr: "w1:1", Master: 7, Known: 5}
	write := retry.Call{Write: true, Named: true}
	notSent := fmt.Errorf("dial: %w", rpcclient.ErrNotSent)
	broken := fmt.Errorf("call: %w", rpcclient.ErrBroken)
	for _, err := range []error{busy(), notSent, errNoOwner, wire.Errorf(wire.CodeMoved, "moved")} {
		require.NoError(t, judge(err, nil, write, false, at).err)
		v := judge(err, context.DeadlineExceeded, write, false, at)
		require.ErrorIs(t, v.err, ErrUnavailable)
		require.ErrorIs(t, v.err, context.DeadlineExceeded)
		require.NotErrorIs(t, v.err, ErrUnknownFate)
		require.Equal(t, wire.CodeUnavailable, wire.AsError(v.err).Code)
		require.Equal(t, context.Canceled, judge(err, context.Canceled, write, false, at).err)

		v = judge(err, context.DeadlineExceeded, write, true, at)
		require.ErrorIs(t, v.err, ErrUnknownFate, "an earlier attempt may have taken effect")
		require.Equal(t, wire.CodeUnknownFate, wire.AsError(v.err).Code)
	}
	for _, err := range []error{broken, errRerouted, wire.Errorf(wire.CodeUnknownFate, "begun")} {
		v := judge(err, nil, write, false, at)
		require.NoError(t, v.err)
		require.True(t, v.Maybe)
		require.ErrorIs(t, judge(err, context.DeadlineExceeded, write, false, at).err, ErrUnknownFate)
		require.ErrorIs(t, judge(err, nil, retry.Call{Write: true}, false, at).err, ErrUnknownFate, "a write without a name is not repeated")
	}
	for _, err := range []error{broken, errRerouted} {
		require.NoError(t, judge(err, nil, retry.Call{}, false, at).err)
		require.ErrorIs(t, judge(err, context.DeadlineExceeded, retry.Call{}, false, at).err, ErrUnavailable)
	}
}

func TestJudgeEndsTheCall(t *testing.T) {
	at := retry.Hop{Addr: "w1:1", Master: 7, Known: 5}
	write := retry.Call{Write: true, Named: true}
	for code, match := range map[wire.Code][]error{
		wire.CodeNoWorkers:   {ErrNoWorkers, ErrUnavailable},
		wire.CodeUnavailable: {ErrUnavailable},
		wire.CodeOutOfMemory: {ErrOutOfMemory},
		wire.CodeCondition:   {ErrConditionFailed},
		wire.CodeNotInteger:  {ErrNotInteger},
		wire.CodeTooLarge:    {ErrTooLarge},
		wire.CodeEmptyKey:    {ErrEmptyKey},
		wire.CodeUnknownNode: {ErrUnknownNode},
		wire.CodeBadRequest:  {&wire.Error{Code: wire.CodeBadRequest}},
		wire.CodeInternal:    {&wire.Error{Code: wire.CodeInternal}},
	} {
		for _, call := range []retry.Call{{}, {Write: true}, write} {
			v := judge(wire.Errorf(code, "as told"), nil, call, false, at)
			for _, target := range match {
				require.ErrorIs(t, v.err, target)
			}
			require.Equal(t, code, wire.AsError(v.err).Code)
		}
	}
	garbled := errors.New("three answers to two items")
	require.Equal(t, verdict{err: garbled}, judge(garbled, nil, retry.Call{}, false, at))
	require.ErrorIs(t, judge(garbled, nil, write, false, at).err, ErrUnknownFate)
}

// A client that is closed begins no attempt: what was not sent before is not
// open.
func TestJudgeOfAClosedClient(t *testing.T) {
	at, write := retry.Hop{Addr: "w1:1"}, retry.Call{Write: true, Named: true}
	require.Equal(t, verdict{err: ErrClosed}, judge(ErrClosed, nil, write, false, at))
	v := judge(ErrClosed, nil, write, true, at)
	require.ErrorIs(t, v.err, ErrClosed)
	require.ErrorIs(t, v.err, ErrUnknownFate)
}

// Schedule: the first attempt is delayed, the second is refused for want of
// memory; then the first arrives, and there is room.
func TestRefusalOfALaterAttemptSettlesNothing(t *testing.T) {
	at := retry.Hop{Addr: "w1:1"}
	write := retry.Call{Write: true, Named: true}
	require.ErrorIs(t, judge(wire.Errorf(wire.CodeOutOfMemory, "full"), nil, write, true, at).err, ErrUnknownFate)
	recorded := judge(wire.Errorf(wire.CodeCondition, "there is one"), nil, write, true, at)
	require.ErrorIs(t, recorded.err, ErrConditionFailed)
	require.NotErrorIs(t, recorded.err, ErrUnknownFate)
}
