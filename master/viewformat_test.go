package master

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/cespare/xxhash/v2"
	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
)

func sampleState(t testing.TB) *register.State {
	s := stateWithoutOrders(t)
	s.Orders = register.Orders{
		States:  []register.OrderedState{{Incarnation: 2, State: placement.NodeDraining}, {Incarnation: 7, State: placement.NodeSpare}},
		Names:   []register.NamedState{{Name: "w9", State: placement.NodeSpare}, {Name: "w2", State: placement.NodeActive}},
		Weights: []register.OrderedWeight{{Name: "w1", Weight: 3}, {Name: "w9", Weight: 1}},
		Removed: []placement.Incarnation{5, 6},
		Leads:   []placement.Lead{{Partition: 0, Name: "w2"}, {Partition: 1, Name: "w1"}},
	}
	return s
}

func stateWithoutOrders(t testing.TB) *register.State {
	v := &placement.View{Cluster: "test", MasterID: idA, Epoch: 9, Replicas: 1, Nodes: []placement.Node{node(1), node(2)},
		Partitions: []placement.Partition{conf(9, incs{1}, 2), conf(3, incs{2})}}
	v.Nodes[1].State = placement.NodeDraining
	require.NoError(t, v.Validate())
	return &register.State{View: v, Frozen: []register.Frozen{frozenIn(v, 1, 2)}, Forsworn: []placement.MasterID{idB, idC}}
}

func TestStateSurvivesItsFile(t *testing.T) {
	s := sampleState(t)
	data, err := encodeState(s)
	require.NoError(t, err)
	got, err := decodeState(data, "test")
	require.NoError(t, err)
	require.Equal(t, s, got)
}

func TestLargestStateFitsItsFile(t *testing.T) {
	v := &placement.View{Cluster: "test", MasterID: idA, Epoch: 1 << 60, Replicas: 3, Nodes: []placement.Node{node(1), node(2), node(3), node(4)}}
	s := &register.State{View: v}
	for p := range 16384 {
		v.Partitions = append(v.Partitions, conf(1<<60, incs{1, 2, 3}, 4))
		s.Frozen = append(s.Frozen, frozenIn(v, placement.PartitionID(p), 1, 2, 3))
	}
	for i := range 64 {
		s.Forsworn = append(s.Forsworn, placement.MasterID(i+1)<<50)
	}
	data, err := encodeState(s)
	require.NoError(t, err)
	require.Less(t, len(data), maxStateLength/2)
	got, err := decodeState(data, "test")
	require.NoError(t, err)
	require.Len(t, got.Frozen, 16384)
	require.Equal(t, s.View.Partitions[16383], got.View.Partitions[16383])
}

func TestOrdersOutOfPlaceAreRefused(t *testing.T) {
	for _, o := range []register.Orders{
		{States: []register.OrderedState{{Incarnation: 1, State: 3}}},
		{Names: []register.NamedState{{Name: "w1", State: placement.NodeDraining}}},
		{Names: []register.NamedState{{Name: "", State: placement.NodeSpare}}},
		{Weights: []register.OrderedWeight{{Name: "w1", Weight: 0}}},
		{Weights: []register.OrderedWeight{{Name: "w1", Weight: placement.MaxWeight + 1}}},
		{Weights: []register.OrderedWeight{{Name: "w2", Weight: 1}, {Name: "w1", Weight: 1}}},
		{Leads: []placement.Lead{{Partition: 1, Name: ""}}},
		{Leads: []placement.Lead{{Partition: 1, Name: "w1"}, {Partition: 1, Name: "w2"}}},
	} {
		s := stateWithoutOrders(t)
		s.Orders = o
		data, err := encodeState(s)
		require.NoError(t, err)
		_, err = decodeState(data, "test")
		require.ErrorIs(t, err, errFileDamaged, "%v", o)
	}
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	data, err := encodeState(sampleState(t))
	require.NoError(t, err)
	for i := range data {
		bad := append([]byte(nil), data...)
		bad[i] ^= 0x10
		_, err := decodeState(bad, "test")
		require.Error(t, err, "byte %d", i)
	}
	for n := range data {
		_, err := decodeState(data[:n], "test")
		require.ErrorIs(t, err, errFileDamaged, "%d bytes", n)
	}
	_, err = decodeState(append(data, 0), "test")
	require.ErrorIs(t, err, errFileDamaged)
}

func TestFileOfAnotherKindIsRefused(t *testing.T) {
	data, err := encodeState(sampleState(t))
	require.NoError(t, err)
	_, err = decodeState(data, "other")
	require.ErrorIs(t, err, errFileForeign)
	require.ErrorContains(t, err, `of "test", not "other"`)

	newer := append([]byte(nil), data...)
	binary.BigEndian.PutUint32(newer[len(fileMagic):], fileFormat+1)
	_, err = decodeState(newer, "test")
	require.ErrorIs(t, err, errFileNewer)

	_, err = decodeState([]byte("not a view at all, but long enough to be one"), "test")
	require.ErrorIs(t, err, errFileDamaged)
}

func TestNamesOfFilesStayInTheDirectory(t *testing.T) {
	require.Equal(t, "view-pikv", fileName("pikv"))
	require.NotContains(t, fileName("../../etc"), "/")
	require.NotEqual(t, fileName("a/b"), fileName("a_b"))
}

func FuzzDecodeState(f *testing.F) {
	data, err := encodeState(sampleState(f))
	require.NoError(f, err)
	f.Add(data)
	f.Add(data[:fileHeader])
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) >= fileHeader+fileTrailer { // let the fuzzer past the checksum
			end := len(data) - fileTrailer
			copy(data, fileMagic)
			binary.BigEndian.PutUint32(data[len(fileMagic):], fileFormat)
			binary.BigEndian.PutUint32(data[fileHeader-4:], uint32(end-fileHeader))
			binary.BigEndian.PutUint64(data[end:], xxhash.Sum64(data[:end]))
		}
		s, err := decodeState(data, "test")
		if err == nil {
			require.NoError(t, s.View.Validate())
		}
	})
}

// TestAFileFromBeforeIsRead: it is of a version whose nodes had no address for
// Redis clients, and that knew no orders. What has none is still written in those
// very bytes.
func TestAFileFromBeforeIsRead(t *testing.T) {
	before, err := os.ReadFile("testdata/view-before-resp")
	require.NoError(t, err)
	got, err := decodeState(before, "test")
	require.NoError(t, err)
	require.Equal(t, stateWithoutOrders(t), got)
	same, err := encodeState(got)
	require.NoError(t, err)
	require.Equal(t, before, same)

	got.View.Nodes[0].RESPAddr = "10.0.0.1:7379"
	data, err := encodeState(got)
	require.NoError(t, err)
	again, err := decodeState(data, "test")
	require.NoError(t, err)
	require.Equal(t, got, again)
}
