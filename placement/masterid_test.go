package placement

import "testing"

func TestMasterIDsHaveAGeneration(t *testing.T) {
	for _, generation := range []uint64{0, 1, 2, MaxGeneration} {
		id := NewMasterID(generation, 1<<63|0xabcdef)
		if id.Generation() != generation || uint64(id)&0xffffff != 0xabcdef {
			t.Errorf("generation %d: %v of generation %d", generation, id, id.Generation())
		}
	}
	if NewMasterID(1, 5) == NewMasterID(1, 6) || NewMasterID(1, 5) >= NewMasterID(2, 4) {
		t.Error("ids of one generation differ, and those of a later one are higher")
	}
	if got := NewMasterID(MaxGeneration+1, 0).Generation(); got != MaxGeneration {
		t.Errorf("generation %d after the last", got)
	}
}
