package discovery

import (
	"encoding/hex"
	"hash/fnv"
	"strings"

	"github.com/miekg/dns"
)

// What is asked for. All nodes answer for the service; for the subtype only
// masters, so that a hundred workers are silent where one master is looked for.
const (
	service       = "_pikv._tcp"
	domain        = "local."
	serviceName   = service + "." + domain
	mastersName   = "_master._sub." + serviceName
	longestPrefix = 40 // of a node's name in a label, which may have 63 bytes
)

// label returns the one DNS label that stands for the node: the beginning of its
// name for people who browse the network, and a hash of what makes it unique.
func (n Node) label() string {
	h := fnv.New64a()
	for _, s := range n.txt() {
		_, _ = h.Write(append([]byte(s), 0)) // never fails (hash.Hash)
	}
	prefix := strings.ReplaceAll(n.Name[:min(len(n.Name), longestPrefix)], ".", "-")
	return prefix + "-" + hex.EncodeToString(h.Sum(nil))
}

// question returns what is asked: for masters alone, or for all nodes.
func question(masters bool) *dns.Msg {
	m := new(dns.Msg)
	m.SetQuestion(serviceName, dns.TypePTR)
	if masters {
		m.SetQuestion(mastersName, dns.TypePTR)
	}
	m.RecursionDesired = false
	return m
}
