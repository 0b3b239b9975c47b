package membership

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Metadata is what a node's gossip says about it beyond name and address:
//
//	version      1 byte, at least 1
//	role         1 byte length (1..16), that many lower-case letters
//	incarnation  8 bytes, big endian, not zero
//	capacity     unsigned varint, at most the largest int64
//	RPC address  1 byte length, host:port
//	RESP address 1 byte length, host:port, or nothing: it has no Redis port
//	flags        1 byte, bit 0: a spare; the others are 0 and are not looked at
//
// A later version may only append fields; a reader skips what follows the
// fields that it knows. So nodes of two versions gossip with each other during
// an upgrade. Metadata of a version that had no RESP address, or no flags, ends
// before them.
type metadata struct {
	role        Role
	incarnation uint64
	capacity    int64
	rpcAddr     string
	respAddr    string // "" for none
	spare       bool
}

const (
	metaVersion = 1
	metaLimit   = 512 // memberlist panics on more
	maxRole     = 16

	flagSpare = 1 << 0
)

// errMeta: the bytes are not metadata of a pikv node.
var errMeta = errors.New("not a pikv node's metadata")

// encode returns the metadata's bytes, or an error when it could not be
// decoded again.
func (md metadata) encode() ([]byte, error) {
	if n := max(len(md.rpcAddr), len(md.respAddr)); n > 255 {
		return nil, fmt.Errorf("address of %d bytes: at most 255", n)
	}
	if len(md.role) > maxRole {
		return nil, fmt.Errorf("role of %d bytes: at most %d", len(md.role), maxRole)
	}
	b := []byte{metaVersion, byte(len(md.role))}
	b = append(b, md.role...)
	b = binary.BigEndian.AppendUint64(b, md.incarnation)
	b = binary.AppendUvarint(b, uint64(md.capacity))
	b = append(b, byte(len(md.rpcAddr)))
	b = append(b, md.rpcAddr...)
	b = append(b, byte(len(md.respAddr)))
	b = append(b, md.respAddr...)
	flags := byte(0)
	if md.spare {
		flags |= flagSpare
	}
	b = append(b, flags)
	if back, err := decodeMetadata(b); err != nil || back != md {
		return nil, fmt.Errorf("encode metadata: %w", errMeta)
	}
	return b, nil
}

// decodeMetadata reads what a peer gossips. It keeps no reference to b and
// returns errors that wrap errMeta.
func decodeMetadata(b []byte) (metadata, error) {
	var md metadata
	if len(b) > metaLimit {
		return md, fmt.Errorf("%w: %d bytes", errMeta, len(b))
	}
	if len(b) < 1 || b[0] < 1 {
		return md, fmt.Errorf("%w: no version", errMeta)
	}
	role, b, ok := cutString(b[1:])
	if !ok || !isRole(role) {
		return md, fmt.Errorf("%w: bad role", errMeta)
	}
	if len(b) < 8 {
		return md, fmt.Errorf("%w: truncated incarnation", errMeta)
	}
	incarnation, b := binary.BigEndian.Uint64(b), b[8:]
	if incarnation == 0 {
		return md, fmt.Errorf("%w: zero incarnation", errMeta)
	}
	capacity, n := binary.Uvarint(b)
	if n <= 0 || capacity > 1<<63-1 {
		return md, fmt.Errorf("%w: bad capacity", errMeta)
	}
	rpcAddr, b, ok := cutString(b[n:])
	if !ok {
		return md, fmt.Errorf("%w: truncated RPC address", errMeta)
	}
	if err := checkHostPort(string(rpcAddr)); err != nil {
		return md, fmt.Errorf("%w: RPC address %w", errMeta, err)
	}
	respAddr, b, err := cutRESPAddr(b)
	if err != nil {
		return md, err
	}
	return metadata{
		role:        Role(role),
		incarnation: incarnation,
		capacity:    int64(capacity),
		rpcAddr:     string(rpcAddr),
		respAddr:    respAddr,
		spare:       len(b) > 0 && b[0]&flagSpare != 0,
	}, nil
}

// cutRESPAddr takes the RESP address off the front of b, "" when there is none or
// the version was before it.
func cutRESPAddr(b []byte) (addr string, rest []byte, err error) {
	if len(b) == 0 {
		return "", nil, nil
	}
	text, rest, ok := cutString(b)
	if !ok {
		return "", nil, fmt.Errorf("%w: truncated RESP address", errMeta)
	}
	if len(text) == 0 {
		return "", rest, nil
	}
	if err := checkHostPort(string(text)); err != nil {
		return "", nil, fmt.Errorf("%w: RESP address %w", errMeta, err)
	}
	return string(text), rest, nil
}

// cutString takes a string with a length byte off the front of b.
func cutString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 1 || len(b) < 1+int(b[0]) {
		return nil, nil, false
	}
	n := 1 + int(b[0])
	return b[1:n], b[n:], true
}

// isRole accepts any short word, so that a later version's roles get through.
func isRole(r []byte) bool {
	if len(r) == 0 || len(r) > maxRole {
		return false
	}
	for _, c := range r {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}
