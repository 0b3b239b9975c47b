package master

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"

	"github.com/cespare/xxhash/v2"

	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// A State is written as
//
//	magic      8 bytes  "PIKVVIEW"
//	format     4 bytes  big endian, fileFormat
//	length     4 bytes  of the body
//	body                fileBody in msgpack
//	checksum   8 bytes  xxHash64 of everything before it
const (
	fileMagic      = "PIKVVIEW"
	fileFormat     = 1
	fileHeader     = len(fileMagic) + 4 + 4
	fileTrailer    = 8
	maxStateLength = wire.MaxBody + fileHeader + fileTrailer
)

// Why a file is not read.
var (
	errFileDamaged = errors.New("damaged")
	errFileNewer   = errors.New("written by a newer version of pikv")
	errFileForeign = errors.New("of another cluster")
)

// fileBody is a State's body.
type fileBody struct {
	Cluster  string      `codec:"cluster"`
	View     []byte      `codec:"view"`   // placement.EncodeView
	Frozen   []byte      `codec:"frozen"` // see encodeFrozen
	Known    []byte      `codec:"known"`
	Forsworn []uint64    `codec:"forsworn"`
	Orders   *fileOrders `codec:"orders,omitempty"` // nil: none
}

// fileName is the name, without extension, of a cluster's files in the data
// directory.
func fileName(cluster string) string { return "view-" + url.QueryEscape(cluster) }

// encodeState returns the bytes of s, whose View must not be nil.
func encodeState(s *register.State) ([]byte, error) {
	body := fileBody{Cluster: s.View.Cluster, View: placement.EncodeView(s.View), Orders: encodeOrders(s.Orders)}
	body.Frozen, body.Known = encodeFrozen(s.Frozen)
	for _, id := range s.Forsworn {
		body.Forsworn = append(body.Forsworn, uint64(id))
	}
	buf := append(make([]byte, 0, fileHeader+len(body.View)+1024), fileMagic...)
	buf = binary.BigEndian.AppendUint32(buf, fileFormat)
	buf = binary.BigEndian.AppendUint32(buf, 0) // the length, below
	buf, err := wire.AppendBody(buf, &body)
	if err != nil {
		return nil, fmt.Errorf("encode the view: %w", err)
	}
	binary.BigEndian.PutUint32(buf[fileHeader-4:], uint32(len(buf)-fileHeader))
	return binary.BigEndian.AppendUint64(buf, xxhash.Sum64(buf)), nil
}

// decodeState reads what encodeState wrote for cluster. Its errors are
// errFileDamaged, errFileNewer and errFileForeign, with the details.
func decodeState(data []byte, cluster string) (*register.State, error) {
	if len(data) < fileHeader+fileTrailer || !bytes.HasPrefix(data, []byte(fileMagic)) {
		return nil, fmt.Errorf("%w: it does not begin as a view does", errFileDamaged)
	}
	// A newer format may have its checksum elsewhere: look at the number first.
	if format := binary.BigEndian.Uint32(data[len(fileMagic):]); format > fileFormat {
		return nil, fmt.Errorf("%w: format %d, this one reads up to %d", errFileNewer, format, fileFormat)
	} else if format == 0 {
		return nil, fmt.Errorf("%w: format 0", errFileDamaged)
	}
	end := len(data) - fileTrailer
	if length := binary.BigEndian.Uint32(data[fileHeader-4:]); uint64(length) != uint64(end-fileHeader) {
		return nil, fmt.Errorf("%w: %d bytes of body, the header says %d", errFileDamaged, end-fileHeader, length)
	}
	if xxhash.Sum64(data[:end]) != binary.BigEndian.Uint64(data[end:]) {
		return nil, fmt.Errorf("%w: the checksum is wrong", errFileDamaged)
	}
	var body fileBody
	if err := wire.UnmarshalBody(data[fileHeader:end], &body); err != nil {
		return nil, fmt.Errorf("%w: %w", errFileDamaged, err)
	}
	if body.Cluster != cluster {
		return nil, fmt.Errorf("%w: of %q, not %q", errFileForeign, body.Cluster, cluster)
	}
	view, err := placement.DecodeView(body.View)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFileDamaged, err)
	}
	if err := view.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", errFileDamaged, err)
	}
	return body.state(view)
}

// state checks and converts what stands beside the view.
func (b fileBody) state(view *placement.View) (*register.State, error) {
	frozen, err := decodeFrozen(b.Frozen, b.Known, len(view.Partitions))
	if err != nil {
		return nil, err
	}
	orders, err := b.Orders.decode()
	if err != nil {
		return nil, err
	}
	s := &register.State{View: view, Frozen: frozen, Orders: orders}
	for _, id := range b.Forsworn {
		s.Forsworn = append(s.Forsworn, placement.MasterID(id))
	}
	return s, nil
}
