package wire

// PeerFrame is one batch of replication messages between two workers. The
// batch belongs to package replica.
type PeerFrame struct {
	From  uint64 // incarnation of the sender
	To    uint64 // incarnation that the sender means to reach
	Batch []byte
}

// AppendPeer appends a whole Peer notification.
func AppendPeer(buf []byte, p PeerFrame) []byte {
	return AppendPeerParams(AppendNotify(buf, MethodPeer), p)
}

// AppendPeerParams appends [from, to, batch]: for a caller whose connection
// writes the notification's header itself.
func AppendPeerParams(buf []byte, p PeerFrame) []byte {
	buf = AppendArrayHeader(buf, 3)
	buf = AppendUint(buf, p.From)
	buf = AppendUint(buf, p.To)
	return AppendBin(buf, p.Batch)
}

// DecodePeer reads the parameters of Peer; Batch aliases params. Its errors
// are *Error with CodeBadRequest.
func DecodePeer(params []byte) (PeerFrame, error) {
	d := Decoder{data: params}
	d.params(3, 3)
	p := PeerFrame{From: d.Uint(), To: d.Uint(), Batch: d.Bytes()}
	if err := d.paramsDone("Peer: want [from, to, batch]"); err != nil {
		return PeerFrame{}, err
	}
	return p, nil
}
