package master

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// What an operator reads when a master is given what it cannot use: see also
// viewfile_test.go and operator_test.go.

// writtenFile returns the path of a file that some saves of cluster's State
// have made in dir, and the last two of them.
func writtenFile(t *testing.T, dir, cluster string) (path string, before, last *register.State) {
	t.Helper()
	f := &viewFile{disk: osDisk{}, dir: dir, cluster: cluster}
	v := view(t, idA, 9, conf(9, incs{1}))
	v.Cluster = cluster
	last = &register.State{View: v}
	for range 4 {
		before, last = last, laterState(last)
		require.NoError(t, f.save(last))
	}
	require.NoError(t, f.close())
	return f.path(), before, last
}

func TestAFileOfAnotherClusterIsRefused(t *testing.T) {
	cfg := config(t)
	path, _, _ := writtenFile(t, cfg.DataDir, "other")
	mine := filepath.Join(cfg.DataDir, "view-"+cfg.Cluster+".pikv")
	require.NoError(t, os.Rename(path, mine))
	err := startFails(t, cfg)
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, mine)
	require.ErrorContains(t, err, `of another cluster: of "other", not "`+cfg.Cluster+`"`)
	require.ErrorContains(t, err, "put back a good copy")
}

func TestACorruptFileIsRefused(t *testing.T) {
	cfg := config(t)
	path, _, _ := writtenFile(t, cfg.DataDir, cfg.Cluster)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[blockSize+100] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o600))
	err = startFails(t, cfg)
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, path+": damaged: slot 1: the checksum of block 0 is wrong")
	require.ErrorContains(t, err, "--recover")
	left, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, data, left, "it is not touched")
}

// The power was cut while a view was written: some of its blocks are on the
// disk. Nobody has seen that view; the one before it stands in the other slot.
func TestATornSlotGivesWayToTheOther(t *testing.T) {
	cfg := config(t)
	cfg.Settle = time.Hour // the view stays as it is read
	path, _, last := writtenFile(t, cfg.DataDir, cfg.Cluster)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	was, err := decodeFile(data)
	require.NoError(t, err)
	next := laterState(last)
	next.View.Nodes = grown(next.View.Nodes, 50)
	state, err := encodeState(next)
	require.NoError(t, err)
	require.Greater(t, blocksOf(len(state)), 2)
	at := (1 + (1-was.slot)*was.blocks) * blockSize
	copy(data[at:], encodeSlot(was.written+1, state)[:2*blockSize])
	require.NoError(t, os.WriteFile(path, data, 0o600))

	m := startMaster(t, cfg)
	v, _, _, _ := m.front.view()
	require.Equal(t, last.View, v)
}

// A file that was rolled back is whole; that it is old shows when a worker
// reports. Nothing is decided by it then.
func TestARolledBackFileIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a refused change waits first
		stale, later := view(t, idA, 5, conf(2, incs{1})), view(t, idA, 9, conf(9, incs{3}))
		b := newBench(t, &register.State{View: stale})
		b.holding(1, idA, later)
		b.run(100 * time.Millisecond)
		logged := b.logs.FilterMessage("the workers know more than this master's file: recovering").All()
		require.Len(t, logged, 1)
		require.Equal(t, `worker "w1" holds epoch 9 of this master, whose file is at epoch 5`, logged[0].ContextMap()["why"])
		_, err := b.front.change(t.Context(), idA, nil)
		require.ErrorIs(t, err, &wire.Error{Code: wire.CodeStale})
		_, err = b.front.reset(t.Context(), wire.ResetRequest{AllLost: true})
		require.Error(t, err)
		require.Empty(t, b.memory.saved)
	})
}

// Two clusters of one name: their gossip becomes one. Each master leaves the
// other's workers alone, and says so.
func TestTwoClustersOfOneNameSaySo(t *testing.T) {
	s := &register.State{View: view(t, idA, 9, conf(9, incs{1}))}
	b := serving(t, s, nil, 1, 2, 3, 4, 5)
	other := view(t, idB, 40)
	for i := range other.Nodes {
		other.Nodes[i].Incarnation += 10
	}
	for p := range other.Partitions {
		other.Partitions[p] = conf(37, incs{11})
	}
	theirs := b.holding(11, idB, other)
	b.members = append(b.members, membership.Member{Name: "m2", Role: membership.RoleMaster, Incarnation: 999, RPCAddr: "10.0.0.98:7700"})
	before := b.inForce()
	b.run(5 * benchSettle)

	require.Equal(t, idB, theirs.follows)
	require.Equal(t, other, theirs.view)
	require.Equal(t, before, b.inForce())
	_, err := theirs.report()
	require.ErrorContains(t, err, `worker "w11" holds epoch 40 of master 000000000000000b, of which this master knows nothing: restart the worker to empty it`)
	require.Equal(t, 1, b.logs.FilterMessage("a worker holds partitions of another master").Len())
	logged := b.logs.FilterMessage("another master runs in this cluster: stop one of the two").All()
	require.Len(t, logged, 1)
	require.Equal(t, "m2", logged[0].ContextMap()["other"])
	for _, line := range b.front.memberStatus() {
		if line.Name == "w11" {
			require.Equal(t, stateStranger, line.State)
		}
	}
}

// A cluster of another name is not even heard: the report says whose it is.
func TestAViewOfAnotherClusterIsRefused(t *testing.T) {
	b := serving(t, fourOnW1(t), nil, 1, 2)
	v := view(t, idB, 40, conf(37, incs{2}))
	v.Cluster = "other"
	_, err := b.front.readReport(wire.ReportRequest{Name: "w9", Incarnation: 9, MasterID: uint64(idA), Epoch: 40, View: placement.EncodeView(v)})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest})
	require.ErrorContains(t, err, `of cluster "other", this is "test"`)
}

// --replicas is of the birth; a restart with another number says what holds.
func TestOtherNumbersThanTheFilesAreSaid(t *testing.T) {
	cfg := config(t)
	writtenFile(t, cfg.DataDir, cfg.Cluster)
	core, logs := observer.New(zapcore.WarnLevel)
	cfg.Replicas, cfg.Partitions, cfg.Log = 3, 64, zap.New(core)
	startMaster(t, cfg)
	require.Equal(t, 1, logs.FilterMessageSnippet("the number of replicas stays as it is in the view; `pikv replicas` changes it").Len())
	require.Equal(t, 1, logs.FilterMessageSnippet("the number of partitions stays as it was at the cluster's birth").Len())
}
