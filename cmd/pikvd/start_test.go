package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

// fakeNode notes what is done to it. A nil func does nothing and succeeds.
type fakeNode struct {
	did    []string
	start  func(ctx context.Context) error
	drain  error
	close  error
	failed chan error
}

func (f *fakeNode) Name() string         { return "n1" }
func (f *fakeNode) Addr() string         { return "127.0.0.1:7700" }
func (f *fakeNode) GossipAddr() string   { return "127.0.0.1:7746" }
func (f *fakeNode) RESPAddr() string     { return "" }
func (f *fakeNode) Failed() <-chan error { return f.failed }

func (f *fakeNode) Start(ctx context.Context) error {
	f.did = append(f.did, "start")
	if f.start == nil {
		return nil
	}
	return f.start(ctx)
}

func (f *fakeNode) Drain(context.Context) error {
	f.did = append(f.did, "drain")
	return f.drain
}

func (f *fakeNode) Close(context.Context) error {
	f.did = append(f.did, "close")
	return f.close
}

func TestRunHandsOverBeforeItLeaves(t *testing.T) {
	asked := make(chan struct{})
	ready := func() error { close(asked); return nil }

	n := &fakeNode{}
	require.NoError(t, run(n, asked, zap.NewNop(), moments{ready: ready, leaving: func() { n.did = append(n.did, "tell") }}))
	require.Equal(t, []string{"start", "tell", "drain", "close"}, n.did)
}

func TestRunReportsAHandOverThatDidNotFinish(t *testing.T) {
	asked := make(chan struct{})
	n := &fakeNode{drain: context.DeadlineExceeded}
	err := run(n, asked, zap.NewNop(), moments{ready: func() error { close(asked); return nil }, leaving: func() {}})
	require.ErrorContains(t, err, "hand over before leaving")
	require.Equal(t, []string{"start", "drain", "close"}, n.did, "it leaves all the same")
	require.Equal(t, exitFailed, exitCode(err))
}

func TestRunClosesWhatFailed(t *testing.T) {
	broken := errors.New("disk on fire")

	n := &fakeNode{start: func(context.Context) error { return broken }}
	require.ErrorIs(t, run(n, nil, zap.NewNop(), moments{}), broken)
	require.Equal(t, []string{"start", "close"}, n.did)

	n = &fakeNode{failed: make(chan error, 1)}
	n.failed <- broken
	require.ErrorIs(t, run(n, nil, zap.NewNop(), moments{ready: func() error { return nil }}), broken)
	require.Equal(t, []string{"start", "close"}, n.did, "nothing to hand over to")
}

func TestAStopDuringTheStartEndsIt(t *testing.T) {
	asked := make(chan struct{})
	n := &fakeNode{start: func(ctx context.Context) error {
		close(asked)
		<-ctx.Done()
		return ctx.Err()
	}}
	require.NoError(t, run(n, asked, zap.NewNop(), moments{}))
	require.Equal(t, []string{"start", "close"}, n.did)
}

func TestAStopAfterTheStartLeavesItsContextAlone(t *testing.T) {
	asked := make(chan struct{})
	var started context.Context
	n := &fakeNode{start: func(ctx context.Context) error { started = ctx; return nil }}
	err := run(n, asked, zap.NewNop(), moments{ready: func() error {
		close(asked)
		require.NoError(t, started.Err())
		return nil
	}, leaving: func() {}})
	require.NoError(t, err)
}
