package master

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

func TestARestartKeepsEpochAndID(t *testing.T) {
	m := startMaster(t, config(t))
	w1 := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w1)
	w2 := startWorker(t, "w2", m.GossipAddr())
	var suggested []placement.Change
	eventually(t, func() bool { suggested = w1.suggested(); return len(suggested) > 0 }, "a suggestion")
	_, err := w1.change(suggested[0])
	require.NoError(t, err)
	before := awaitHeld(t, m, w1)
	require.Greater(t, before.Epoch, placement.Epoch(1))

	for _, polite := range []bool{true, false} {
		if polite {
			require.NoError(t, m.Close(t.Context()))
		} else {
			m.Abort()
		}
		m = restart(t, m)
		v, _, _, _ := m.front.view()
		require.Equal(t, before, v)
		awaitHeld(t, m, w2)
		eventually(t, func() bool { // it listens first, then takes changes
			_, err := w1.change()
			return err == nil
		}, "changes are taken again")
		eventually(t, func() bool { return len(w1.suggested()) > 0 }, "and suggested")
		_, id := w1.held()
		require.Equal(t, before.MasterID, id)
	}
}

func TestALostFileOverSockets(t *testing.T) {
	m := startMaster(t, config(t))
	w1, w2 := startWorker(t, "w1", m.GossipAddr()), startWorker(t, "w2", m.GossipAddr())
	eventually(t, func() bool {
		v := awaitHeld(t, m, w1)
		return len(v.Nodes) == 2
	}, "both take part")
	before := awaitHeld(t, m, w1)
	awaitHeld(t, m, w2)
	m.Abort()
	require.NoError(t, os.RemoveAll(m.cfg.DataDir))
	m = restart(t, m)
	after := awaitHeld(t, m, w1)
	require.Equal(t, after, awaitHeld(t, m, w2))
	require.NotEqual(t, before.MasterID, after.MasterID)
	require.Greater(t, after.Epoch, before.Epoch)
	require.Equal(t, before.Partitions, after.Partitions)
	require.Zero(t, status(t, w1).Frozen)
}

func TestARolledBackFileOverSockets(t *testing.T) {
	m := startMaster(t, config(t))
	w1 := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w1)
	file := filepath.Join(m.cfg.DataDir, "view-"+m.cfg.Cluster+".pikv")
	old, err := os.ReadFile(file)
	require.NoError(t, err)
	startWorker(t, "w2", m.GossipAddr())
	var suggested []placement.Change
	eventually(t, func() bool { suggested = w1.suggested(); return len(suggested) > 0 }, "a suggestion")
	_, err = w1.change(suggested...)
	require.NoError(t, err)
	before := awaitHeld(t, m, w1)
	m.Abort()
	require.NoError(t, os.WriteFile(file, old, 0o600))
	m = restart(t, m)
	eventually(t, func() bool {
		v, id := w1.held()
		return id != before.MasterID && v.MasterID == id
	}, "w1 follows another id")
	require.Equal(t, before.Partitions, awaitHeld(t, m, w1).Partitions)
}

func TestADamagedFileIsRefusedAndRecovered(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	before := awaitHeld(t, m, w)
	m.Abort()
	file := filepath.Join(m.cfg.DataDir, "view-"+m.cfg.Cluster+".pikv")
	require.NoError(t, os.WriteFile(file, []byte("scribble"), 0o600))
	err := startFails(t, m.cfg)
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, file)
	require.ErrorContains(t, err, "--recover")

	m.cfg.Recover = true
	m = restart(t, m)
	require.Equal(t, before.Partitions, awaitHeld(t, m, w).Partitions)
	aside, err := os.ReadFile(file + ".bad-1")
	require.NoError(t, err)
	require.Equal(t, "scribble", string(aside))
}

func TestADiskFailureIsLoud(t *testing.T) {
	m := startMaster(t, config(t))
	w := startWorker(t, "w1", m.GossipAddr())
	v := awaitHeld(t, m, w)
	require.NoError(t, os.RemoveAll(m.cfg.DataDir)) // nothing can be written: refused, and no more
	var reply wire.DrainReply
	startWorker(t, "w2", m.GossipAddr())
	err := w.call(t.Context(), wire.MethodDrain, &wire.DrainRequest{Node: "w1"}, &reply)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused}, "w2 could not be written down")
	require.Empty(t, m.Failed())

	require.NoError(t, os.MkdirAll(m.cfg.DataDir, 0o755))
	eventually(t, func() bool { return awaitHeld(t, m, w).Epoch > v.Epoch }, "there is room again")

	// A directory in the file's place lets the rename fail: who knows what
	// the disk holds?
	file := filepath.Join(m.cfg.DataDir, "view-"+m.cfg.Cluster+".pikv")
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.MkdirAll(filepath.Join(file, "x"), 0o755))
	err = w.call(t.Context(), wire.MethodDrain, &wire.DrainRequest{Node: "w1"}, &reply)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeInternal})
	select {
	case err := <-m.Failed():
		require.ErrorIs(t, err, ErrDiskFailed)
	case <-time.After(soon):
		t.Fatal("no failure")
	}
	require.NotNil(t, awaitHeld(t, m, w), "views are still given out")
}
