package discovery

import (
	"fmt"

	"github.com/miekg/dns"
)

const (
	// maxPacket is the longest answer that is read: what multicast DNS allows.
	maxPacket = 9000
	// maxRecords bounds the records of one answer that are looked at. A node's has four.
	maxRecords = 64
)

// parseAnswer returns the nodes that a packet tells of. One that is no answer, or
// tells of nothing but other services, has none.
func parseAnswer(packet []byte) ([]Node, error) {
	var m dns.Msg
	if err := m.Unpack(packet); err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	if !m.Response || m.Opcode != dns.OpcodeQuery || m.Rcode != dns.RcodeSuccess {
		return nil, nil
	}
	var nodes []Node
	looked := 0
	for _, records := range [][]dns.RR{m.Answer, m.Extra} {
		for _, record := range records {
			if looked++; looked > maxRecords {
				return nodes, nil
			}
			if txt, ok := record.(*dns.TXT); ok && dns.IsSubDomain(serviceName, txt.Hdr.Name) {
				if n, err := parseTXT(txt.Txt); err == nil {
					nodes = append(nodes, n)
				}
			}
		}
	}
	return nodes, nil
}
