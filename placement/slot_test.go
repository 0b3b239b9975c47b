package placement

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// Values that Redis documents or that its CLUSTER KEYSLOT returns.
func TestSlotAsRedis(t *testing.T) {
	if got := crc16([]byte("123456789")); got != 0x31C3 {
		t.Errorf("crc16 of the check string = %#x, want 0x31c3", got)
	}
	for _, tc := range []struct {
		key  string
		want uint16
	}{
		{"123456789", 0x31C3},
		{"foo", 12182},
		{"bar", 5061},
		{"hello", 866},
		{"somekey", 11058},
		{"foo{hash_tag}", 2515},
		{"bar{hash_tag}", 2515},
		{"", 0},
	} {
		if got := Slot([]byte(tc.key)); got != tc.want {
			t.Errorf("Slot(%q) = %d, want %d", tc.key, got, tc.want)
		}
	}
}

func TestHashTag(t *testing.T) {
	for _, tc := range []struct{ key, want string }{
		{"{user1000}.following", "user1000"},
		{"{user1000}.followers", "user1000"},
		{"foo{}{bar}", "foo{}{bar}"}, // an empty first tag: the whole key
		{"foo{{bar}}zap", "{bar"},    // up to the first closing brace
		{"foo{bar}{zap}", "bar"},     // the first tag only
		{"foo{bar", "foo{bar"},
		{"foo}bar{", "foo}bar{"},
		{"}{a}", "a"},
		{"{}", "{}"},
		{"plain", "plain"},
	} {
		if got := string(hashTag([]byte(tc.key))); got != tc.want {
			t.Errorf("hashTag(%q) = %q, want %q", tc.key, got, tc.want)
		}
	}
}

// bitwiseCRC computes CRC-16/XMODEM one bit at a time.
func bitwiseCRC(b []byte) uint16 {
	var crc uint16
	for _, c := range b {
		for bit := 7; bit >= 0; bit-- {
			in := uint16(c>>bit) & 1
			out := crc >> 15
			crc <<= 1
			if in != out {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

func TestCRCAgainstBitwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		if got, want := crc16(b), bitwiseCRC(b); got != want {
			t.Fatalf("crc16 = %#x, want %#x", got, want)
		}
	})
}

func TestCheckPartitions(t *testing.T) {
	valid := 0
	for n := -1; n <= 2*Slots; n++ {
		err := CheckPartitions(n)
		if err == nil {
			valid++
		} else if !errors.Is(err, ErrPartitions) {
			t.Fatalf("CheckPartitions(%d) = %v", n, err)
		}
	}
	if valid != 15 {
		t.Errorf("%d numbers are valid, want the 15 powers of two from 1 to 16384", valid)
	}
}

// Every slot is in exactly one partition's range, the ranges follow each
// other, and PartitionOf agrees with them.
func TestPartitionsCoverSlots(t *testing.T) {
	partitionOfSlot := func(slot, partitions int) PartitionID {
		return PartitionID(slot * partitions / Slots)
	}
	for n := 1; n <= Slots; n *= 2 {
		next := 0
		for p := range n {
			first, last := SlotRange(PartitionID(p), n)
			if int(first) != next || last < first {
				t.Fatalf("%d partitions: range of %d is %d to %d, want it to begin at %d", n, p, first, last, next)
			}
			for s := int(first); s <= int(last); s++ {
				if got := partitionOfSlot(s, n); got != PartitionID(p) {
					t.Fatalf("%d partitions: slot %d is in %d, want %d", n, s, got, p)
				}
			}
			next = int(last) + 1
		}
		if next != Slots {
			t.Fatalf("%d partitions end at slot %d", n, next)
		}
		key := []byte("somekey")
		if got, want := PartitionOf(key, n), partitionOfSlot(11058, n); got != want {
			t.Errorf("PartitionOf(%q, %d) = %d, want %d", key, n, got, want)
		}
	}
}

func TestPartitionOfDoesNotAllocate(t *testing.T) {
	key := []byte("foo{hash_tag}")
	if n := testing.AllocsPerRun(100, func() { PartitionOf(key, 1024) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPartitionOf(b *testing.B) {
	key := []byte("a key of 16 byte")
	b.ReportAllocs()
	for b.Loop() {
		PartitionOf(key, 1024)
	}
}
