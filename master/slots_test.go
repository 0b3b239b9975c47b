package master

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const testBlocks = 8

// file returns a file of slots with room for testBlocks blocks each.
func slotFile(first []byte) []byte { return encodeFile(testBlocks, 1, first) }

// putSlot writes the blocks for which keep is true.
func putSlot(file []byte, slot int, number uint64, state []byte, keep func(block int) bool) {
	at := (1 + slot*testBlocks) * blockSize
	for i, block := range slices.Collect(slices.Chunk(encodeSlot(number, state), blockSize)) {
		if keep == nil || keep(i) {
			copy(file[at+i*blockSize:], block)
		}
	}
}

func text(letter byte, length int) []byte { return bytes.Repeat([]byte{letter}, length) }

func TestTheHighestWholeSlotWins(t *testing.T) {
	data := slotFile(text('a', 100))
	found, err := decodeFile(data)
	require.NoError(t, err)
	require.Equal(t, slotted{state: text('a', 100), slot: 0, blocks: testBlocks, written: 1}, found)

	putSlot(data, 1, 2, text('b', 3000), nil)
	found, err = decodeFile(data)
	require.NoError(t, err)
	require.Equal(t, slotted{state: text('b', 3000), slot: 1, blocks: testBlocks, written: 2}, found)

	putSlot(data, 0, 5, text('c', 1), nil) // attempts 3 and 4 failed
	found, err = decodeFile(data)
	require.NoError(t, err)
	require.Equal(t, slotted{state: text('c', 1), slot: 0, blocks: testBlocks, written: 5}, found)
}

// A write of which any blocks but not all have reached the disk leaves the
// State in force; one that is complete takes its place. Which it is can always
// be told.
func TestATornWriteDamagesOnlyTheOtherSlot(t *testing.T) {
	before := slotFile(text('a', 1500))
	putSlot(before, 1, 2, text('b', 1700), nil)
	for name, c := range map[string]struct {
		number uint64
		file   []byte
		old    []byte
	}{
		"over an older State":   {3, before, text('b', 1700)},
		"into the empty slot":   {2, slotFile(text('a', 1500)), text('a', 1500)},
		"after one that failed": {7, before, text('b', 1700)},
	} {
		t.Run(name, func(t *testing.T) {
			was, err := decodeFile(c.file)
			require.NoError(t, err)
			for _, length := range []int{10, 900, 1600, 2300} { // 1, 2, 4 and 5 blocks
				state := text('c', length)
				for set := range 1 << blocksOf(length) {
					data := slices.Clone(c.file)
					putSlot(data, 1-was.slot, c.number, state, func(i int) bool { return set>>i&1 == 1 })
					found, err := decodeFile(data)
					require.NoError(t, err, "%d bytes, blocks %b", length, set)
					if set == 1<<blocksOf(length)-1 {
						require.Equal(t, state, found.state)
						require.Equal(t, c.number, found.written)
					} else {
						require.Equal(t, c.old, found.state)
						require.Equal(t, set != 0, found.written == c.number, "the number must not be used again")
					}
				}
			}
		})
	}
}

// Damage is not taken for a write that was cut short: the damaged State may be
// the one in force.
func TestADamagedBlockIsFound(t *testing.T) {
	whole := slotFile(text('a', 1500))
	putSlot(whole, 1, 2, text('b', 1700), nil)
	used := map[int]bool{0: true}
	for i := range blocksOf(1500) {
		used[1+i] = true
	}
	for i := range blocksOf(1700) {
		used[1+testBlocks+i] = true
	}
	for at := 0; at < len(whole); at += 7 {
		data := slices.Clone(whole)
		data[at] ^= 0x10
		found, err := decodeFile(data)
		if used[at/blockSize] {
			require.ErrorIs(t, err, errFileDamaged, "byte %d", at)
		} else {
			require.NoError(t, err, "byte %d", at)
			require.Equal(t, text('b', 1700), found.state)
		}
	}
}

func TestWhatCannotComeFromAWriteIsDamage(t *testing.T) {
	file := func(edit func(data []byte)) []byte {
		data := slotFile(text('a', 100))
		putSlot(data, 1, 2, text('b', 600), nil)
		edit(data)
		return data
	}
	slotAt := func(i int) int { return (1 + i*testBlocks) * blockSize }
	for name, data := range map[string][]byte{
		"nothing":                 nil,
		"one that ends early":     file(func([]byte) {})[:slotAt(1)],
		"one that goes on":        append(file(func([]byte) {}), 0),
		"two slots of one number": file(func(d []byte) { putSlot(d, 0, 2, text('c', 9), nil) }),
		"a slot emptied":          file(func(d []byte) { putSlot(d, 0, 3, text('c', 9), nil); clear(d[slotAt(1):]) }),
		"the first slot emptied":  file(func(d []byte) { clear(d[slotAt(0):slotAt(1)]) }),
		"both emptied":            file(func(d []byte) { clear(d[slotAt(0):]) }),
		"torn, and written afterwards": file(func(d []byte) {
			putSlot(d, 0, 9, text('c', 9), nil)
			copy(d[slotAt(1):], encodeSlot(3, text('d', 900))[:blockSize])
		}),
		"a block in another's place": file(func(d []byte) { copy(d[slotAt(1)+blockSize:][:blockSize], d[slotAt(1):]) }),
		"a length that does not fit": file(func(d []byte) {
			b := d[slotAt(1):]
			binary.BigEndian.PutUint32(b[8:], 1<<31)
			binary.BigEndian.PutUint64(b[blockSize-8:], blockSum(b, 0))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeFile(data)
			require.ErrorIs(t, err, errFileDamaged)
		})
	}
	newer := file(func(d []byte) { d[11] = slotFormat + 1 })
	_, err := decodeFile(newer)
	require.ErrorIs(t, err, errFileNewer)
}

func TestSlotsHaveRoomToGrow(t *testing.T) {
	require.Equal(t, minBlocks, slotsFor(0))
	require.GreaterOrEqual(t, slotsFor(1_000_000)*blockRoom, 2_000_000)
	require.GreaterOrEqual(t, slotsFor(maxStateLength), blocksOf(maxStateLength))
}

func FuzzDecodeFile(f *testing.F) {
	data := slotFile(text('a', 100))
	f.Add(data)
	putSlot(data, 1, 2, text('b', 3000), nil)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if found, err := decodeFile(data); err == nil && len(found.state) > len(data) {
			t.Fatal("more than there was")
		}
	})
}
