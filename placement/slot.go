package placement

import (
	"bytes"
	"errors"
	"fmt"
)

// Slots is the number of slots, as in Redis Cluster.
const Slots = 16384

// ErrPartitions is returned for a number of partitions that is not a power
// of two from 1 to Slots.
var ErrPartitions = errors.New("the number of partitions must be a power of two from 1 to 16384")

// Slot returns the slot of key, exactly as Redis Cluster computes it: CRC16
// of the key mod Slots; when the key contains {tag} with a tag of at least
// one byte, only the first such tag counts, so that keys can be kept
// together. It does not allocate.
func Slot(key []byte) uint16 {
	return crc16(hashTag(key)) & (Slots - 1)
}

// CheckPartitions returns nil when n can be the number of partitions, else
// an error that wraps ErrPartitions.
func CheckPartitions(n int) error {
	if n < 1 || n > Slots || n&(n-1) != 0 {
		return fmt.Errorf("check %d partitions: %w", n, ErrPartitions)
	}
	return nil
}

// PartitionOf returns the partition of key in a cluster with that many
// partitions, which must have passed CheckPartitions. It does not allocate.
func PartitionOf(key []byte, partitions int) PartitionID {
	return PartitionOfSlot(Slot(key), partitions)
}

// PartitionOfSlot returns the partition that a slot is in.
func PartitionOfSlot(slot uint16, partitions int) PartitionID {
	return PartitionID(int(slot) * partitions / Slots)
}

// SlotRange returns the first and the last slot of partition p in a cluster
// with that many partitions, which must have passed CheckPartitions.
func SlotRange(p PartitionID, partitions int) (first, last uint16) {
	size := Slots / partitions
	start := int(p) * size
	return uint16(start), uint16(start + size - 1)
}

// hashTag returns the part of key that decides its slot: what stands between
// the first '{' and the first '}' after it, when that is not empty; else all.
func hashTag(key []byte) []byte {
	_, tag, found := bytes.Cut(key, []byte("{"))
	if !found {
		return key
	}
	if end := bytes.IndexByte(tag, '}'); end > 0 {
		return tag[:end]
	}
	return key
}
