package master

import (
	"encoding/binary"
	"fmt"

	"pikv/placement"
	"pikv/register"
)

// Frozen partitions are written as an entry after the other,
//
//	partition  2 bytes  big endian, ascending
//	held       1 byte   0 or 1
//	known      2 bytes  how many configurations, at least one
//	awaits     2 bytes  how many incarnations, at least one
//	           8 bytes  each of them
//
// and, beside them, the configurations of all entries in their order, as
// placement.EncodeConfigurations writes them.
const frozenHead = 2 + 1 + 2 + 2 // bytes

// encodeFrozen returns the entries, and their configurations.
func encodeFrozen(frozen []register.Frozen) (entries, known []byte) {
	if len(frozen) == 0 {
		return nil, nil
	}
	var configs []placement.Partition
	for _, f := range frozen {
		entries = binary.BigEndian.AppendUint16(entries, uint16(f.Partition))
		held := byte(0)
		if f.Held {
			held = 1
		}
		entries = append(entries, held)
		entries = binary.BigEndian.AppendUint16(entries, uint16(len(f.Known)))
		entries = binary.BigEndian.AppendUint16(entries, uint16(len(f.Awaits)))
		for _, inc := range f.Awaits {
			entries = binary.BigEndian.AppendUint64(entries, uint64(inc))
		}
		configs = append(configs, f.Known...)
	}
	return entries, placement.EncodeConfigurations(configs)
}

// decodeFrozen reads what encodeFrozen wrote for a view of so many partitions.
// Its error wraps errFileDamaged.
func decodeFrozen(entries, known []byte, partitions int) ([]register.Frozen, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	configs, err := placement.DecodeConfigurations(known)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFileDamaged, err)
	}
	var frozen []register.Frozen
	for last := -1; len(entries) > 0; {
		if len(entries) < frozenHead {
			return nil, fmt.Errorf("%w: the frozen partitions are cut off", errFileDamaged)
		}
		p := int(binary.BigEndian.Uint16(entries))
		f := register.Frozen{Partition: placement.PartitionID(p), Held: entries[2] == 1}
		count, awaits := int(binary.BigEndian.Uint16(entries[3:])), int(binary.BigEndian.Uint16(entries[5:]))
		entries = entries[frozenHead:]
		if p >= partitions || p <= last || count == 0 || count > len(configs) || awaits == 0 || 8*awaits > len(entries) {
			return nil, fmt.Errorf("%w: frozen partition %d is out of place", errFileDamaged, p)
		}
		last = p
		f.Known, configs = configs[:count:count], configs[count:]
		for range awaits {
			f.Awaits = append(f.Awaits, placement.Incarnation(binary.BigEndian.Uint64(entries)))
			entries = entries[8:]
		}
		frozen = append(frozen, f)
	}
	if len(configs) > 0 {
		return nil, fmt.Errorf("%w: %d configurations of no frozen partition", errFileDamaged, len(configs))
	}
	return frozen, nil
}
