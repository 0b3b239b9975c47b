package master

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// The view's file is a head and two slots, each with room for one State:
//
//	head   one block: magic 8 bytes, format 4, blocks of a slot 4, number of
//	       the first State 8, zeros, checksum 8
//	slot   blocks: number 8 bytes, payload, checksum 8
//
// all big endian. The payloads of a slot together are a length of 4 bytes and
// then a State as encodeState writes it. States are numbered in the order in
// which they are written, and go to the slot that does not hold the one in
// force. A block carries the number of its State: a write that was cut short
// shows in that blocks of two numbers stand in one slot, each of them whole. So
// it can be told from damage, which shows in a checksum, and in which it would
// not be known whether the damaged State was in force.
const (
	slotMagic   = "PIKVSLOT"
	slotFormat  = 1
	blockSize   = 512 // what a disk writes as a whole or not at all
	blockRoom   = blockSize - 8 - 8
	slotLength  = 4
	minBlocks   = 256 // 128 KiB: a thousand partitions fit twice
	maxBlocks   = 2 * maxStateLength / blockRoom
	maxFileSize = (1 + 2*maxBlocks) * blockSize
)

// slotsFor returns how many blocks a slot gets in which a State of that length
// is the first: room to grow.
func slotsFor(length int) int {
	return min(max(minBlocks, 2*blocksOf(length)), maxBlocks)
}

// blocksOf returns how many blocks a State of that length takes.
func blocksOf(length int) int { return (slotLength + length + blockRoom - 1) / blockRoom }

// blockSum is the checksum of the block at b, which is the i-th of its slot.
func blockSum(b []byte, i int) uint64 {
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(i))
	sum := xxhash.New()
	_, _ = sum.Write(b[:blockSize-8]) // never fails
	_, _ = sum.Write(at[:])
	return sum.Sum64()
}

// encodeSlot returns the blocks of the State with that number. The rest of the
// slot stays as it was.
func encodeSlot(number uint64, state []byte) []byte {
	payload := append(binary.BigEndian.AppendUint32(make([]byte, 0, slotLength+len(state)), uint32(len(state))), state...)
	out := make([]byte, blocksOf(len(state))*blockSize)
	for i := 0; len(payload) > 0; i++ {
		b := out[i*blockSize:][:blockSize]
		binary.BigEndian.PutUint64(b, number)
		payload = payload[copy(b[8:8+blockRoom], payload):]
		binary.BigEndian.PutUint64(b[blockSize-8:], blockSum(b, i))
	}
	return out
}

// encodeFile returns a new file with slots of so many blocks, the first of
// which holds state.
func encodeFile(blocks int, number uint64, state []byte) []byte {
	out := make([]byte, (1+2*blocks)*blockSize)
	head := append(out[:0], slotMagic...)
	head = binary.BigEndian.AppendUint32(head, slotFormat)
	head = binary.BigEndian.AppendUint32(head, uint32(blocks))
	binary.BigEndian.AppendUint64(head, number)
	binary.BigEndian.PutUint64(out[blockSize-8:], xxhash.Sum64(out[:blockSize-8]))
	copy(out[blockSize:], encodeSlot(number, state))
	return out
}

// slotted is what a file of slots holds.
type slotted struct {
	state   []byte // the State in force, encoded
	slot    int    // that it is in
	blocks  int    // of a slot
	written uint64 // the highest number that was ever begun to be written, as far as can be seen
}

// decodeFile finds the State in force: the highest whole one, unless there is
// damage. Its errors are errFileDamaged and errFileNewer.
func decodeFile(data []byte) (slotted, error) {
	if len(data) < blockSize || !bytes.HasPrefix(data, []byte(slotMagic)) {
		return slotted{}, fmt.Errorf("%w: it does not begin as a view does", errFileDamaged)
	}
	// A newer format may have its checksum elsewhere: look at the number first.
	if format := binary.BigEndian.Uint32(data[8:]); format > slotFormat {
		return slotted{}, fmt.Errorf("%w: format %d, this one reads up to %d", errFileNewer, format, slotFormat)
	}
	if xxhash.Sum64(data[:blockSize-8]) != binary.BigEndian.Uint64(data[blockSize-8:]) {
		return slotted{}, fmt.Errorf("%w: the checksum of its head is wrong", errFileDamaged)
	}
	blocks, first := int(binary.BigEndian.Uint32(data[12:])), binary.BigEndian.Uint64(data[16:])
	if blocks < 1 || blocks > maxBlocks || len(data) != (1+2*blocks)*blockSize {
		return slotted{}, fmt.Errorf("%w: %d bytes cannot have two slots of %d blocks", errFileDamaged, len(data), blocks)
	}
	written := uint64(0)
	for at := blockSize; at < len(data); at += blocks * blockSize {
		written = max(written, highestNumber(data[at:][:blocks*blockSize]))
	}
	var slots [2]slot
	for i := range slots {
		var err error
		if slots[i], err = readSlot(data[(1+i*blocks)*blockSize:][:blocks*blockSize]); err != nil {
			return slotted{}, fmt.Errorf("%w: slot %d: %w", errFileDamaged, i+1, err)
		}
	}
	inForce := 0
	if !slots[0].whole() || slots[1].whole() && slots[1].lowest > slots[0].lowest {
		inForce = 1
	}
	held, other := slots[inForce], slots[1-inForce]
	switch {
	case !held.whole():
		return slotted{}, fmt.Errorf("%w: neither slot holds a whole view", errFileDamaged)
	case other.highest == held.highest:
		return slotted{}, fmt.Errorf("%w: both slots hold view %d", errFileDamaged, held.highest)
	case other.highest == 0 && (inForce != 0 || held.highest != first):
		return slotted{}, fmt.Errorf("%w: slot %d is empty", errFileDamaged, 2-inForce)
	case !other.whole() && other.highest != 0 && other.highest < held.highest:
		return slotted{}, fmt.Errorf("%w: slot %d was cut short, but written to afterwards", errFileDamaged, 2-inForce)
	}
	return slotted{state: held.state, slot: inForce, blocks: blocks, written: written}, nil
}

// slot is what stands in one slot.
type slot struct {
	lowest, highest uint64 // numbers of its blocks; both 0: never written
	state           []byte // when it is whole
}

// whole reports whether the slot holds one State.
func (s slot) whole() bool { return s.lowest == s.highest && s.highest != 0 }

// readSlot reads the blocks that the first one says there are. Blocks of
// several numbers are a write that was cut short, and no error.
func readSlot(data []byte) (slot, error) {
	first, err := readBlock(data, 0)
	if err != nil {
		return slot{}, err
	}
	s := slot{lowest: first, highest: first}
	length := int(binary.BigEndian.Uint32(data[8:]))
	if length > maxStateLength || blocksOf(length)*blockSize > len(data) {
		return slot{}, fmt.Errorf("a view of %d bytes does not fit", length)
	}
	payload := make([]byte, 0, blocksOf(length)*blockRoom)
	for i := range blocksOf(length) {
		number, err := readBlock(data, i)
		if err != nil {
			return slot{}, err
		}
		s.lowest, s.highest = min(s.lowest, number), max(s.highest, number)
		payload = append(payload, data[i*blockSize+8:][:blockRoom]...)
	}
	if s.whole() {
		s.state = payload[slotLength:][:length]
	}
	return s, nil
}

// readBlock returns the number of block i of a slot; 0 when it was never
// written.
func readBlock(data []byte, i int) (uint64, error) {
	b := data[i*blockSize:][:blockSize]
	if bytes.Equal(b, make([]byte, blockSize)) {
		return 0, nil
	}
	if binary.BigEndian.Uint64(b[blockSize-8:]) != blockSum(b, i) {
		return 0, fmt.Errorf("the checksum of block %d is wrong", i)
	}
	return binary.BigEndian.Uint64(b), nil
}

// highestNumber returns the highest number in any block of a slot, beyond the
// State in it too: what is written next gets a higher one, so that no block
// that a write cut short has left behind is ever taken for a part of it.
func highestNumber(data []byte) uint64 {
	highest := uint64(0)
	for i := range len(data) / blockSize {
		if number, err := readBlock(data, i); err == nil {
			highest = max(highest, number)
		}
	}
	return highest
}
