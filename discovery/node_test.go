package discovery

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// node returns a valid Node.
func node(role, name, ip string) Node {
	addr := netip.MustParseAddr(ip)
	return Node{Cluster: "pikv", Name: name, Role: role, Gossip: netip.AddrPortFrom(addr, 7746), RPC: netip.AddrPortFrom(addr, 7700)}
}

// answerOf packs what a node answers.
func answerOf(t testing.TB, n Node, masters bool) []byte {
	t.Helper()
	z, err := newZone(n, nil)
	require.NoError(t, err)
	m := question(masters)
	m.Response = true
	m.Compress = true
	m.Answer = z.door().Records(m.Question[0])
	packet, err := m.Pack()
	require.NoError(t, err)
	return packet
}

func TestANodeComesBackFromItsRecords(t *testing.T) {
	longest := node(RoleMaster, strings.Repeat("n", maxName), "192.168.1.10")
	longest.Cluster = strings.Repeat("c", maxCluster)
	longest.Master = 1<<64 - 1
	for _, n := range []Node{node(RoleMaster, "pi1", "192.168.1.10"), node(RoleWorker, "pi2.home.arpa", "fd00::2"), longest} {
		require.NoError(t, n.validate())
		got, err := parseAnswer(answerOf(t, n, false))
		require.NoError(t, err)
		require.Equal(t, []Node{n}, got)
	}
}

func TestOnlyMastersAnswerToTheirName(t *testing.T) {
	got, err := parseAnswer(answerOf(t, node(RoleMaster, "m", "10.0.0.1"), true))
	require.NoError(t, err)
	require.Len(t, got, 1)
	got, err = parseAnswer(answerOf(t, node(RoleWorker, "w", "10.0.0.2"), true))
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestRecordsOfOthersAreNoNodes(t *testing.T) {
	good := node(RoleMaster, "m", "10.0.0.1").txt()
	with := func(i int, s string) []string {
		strs := append([]string(nil), good...)
		strs[i] = s
		return strs
	}
	for what, strs := range map[string][]string{
		"nothing":                  nil,
		"another service":          {"txtvers=1", "path=/"},
		"another version":          with(0, "pikv=2"),
		"no cluster":               with(1, "cluster="),
		"escape codes":             with(2, "name=\x1b[2J"),
		"a long name":              with(2, "name="+strings.Repeat("n", maxName+1)),
		"a third role":             with(3, "role=boss"),
		"no address":               with(4, "ip=home"),
		"this machine":             with(4, "ip=127.0.0.1"),
		"all machines":             with(4, "ip=224.0.0.1"),
		"broadcast":                with(4, "ip=255.255.255.255"),
		"a zone":                   with(4, "ip=fe80::1%eth0"),
		"no port":                  with(5, "gossip=0"),
		"a large port":             with(6, "rpc=65536"),
		"no master id":             append(append([]string(nil), good...), "master=me"),
		"too late to be looked at": append(append([]string{txtVersion}, make([]string, maxStrings)...), good[1:]...),
	} {
		_, err := parseTXT(strs)
		require.ErrorIs(t, err, errNotOurs, what)
	}
	_, err := parseTXT(append(good, "colour=blue", "nothing"))
	require.NoError(t, err, "a later version may say more")
}

func TestQuestionsAndFailuresAreNoAnswers(t *testing.T) {
	for _, spoil := range []func(m *dns.Msg){
		func(m *dns.Msg) { m.Response = false },
		func(m *dns.Msg) { m.Rcode = dns.RcodeNameError },
		func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify },
		func(m *dns.Msg) { // of another service
			for _, rr := range m.Answer {
				rr.Header().Name = "printer._ipp._tcp.local."
			}
		},
		func(m *dns.Msg) { // behind too many
			filler := make([]dns.RR, maxRecords)
			for i := range filler {
				filler[i] = &dns.PTR{Hdr: dns.RR_Header{Name: "x.", Rrtype: dns.TypePTR, Class: dns.ClassINET}, Ptr: "y."}
			}
			m.Answer = append(filler, m.Answer...)
		},
	} {
		var m dns.Msg
		require.NoError(t, m.Unpack(answerOf(t, node(RoleMaster, "m", "10.0.0.1"), false)))
		spoil(&m)
		packet, err := m.Pack()
		require.NoError(t, err)
		got, err := parseAnswer(packet)
		require.NoError(t, err)
		require.Empty(t, got)
	}
	_, err := parseAnswer([]byte("no packet at all"))
	require.Error(t, err)
}

// FuzzParseAnswer: whatever comes, nothing but valid nodes come of it, few, and each
// can be told to others again.
func FuzzParseAnswer(f *testing.F) {
	f.Add(answerOf(f, node(RoleMaster, "m", "10.0.0.1"), true))
	f.Add(answerOf(f, node(RoleWorker, "w", "fd00::2"), false))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		if len(packet) > maxPacket {
			return
		}
		nodes, err := parseAnswer(packet)
		if err != nil && len(nodes) > 0 || len(nodes) > maxRecords {
			t.Fatalf("%d nodes, %v", len(nodes), err)
		}
		for _, n := range nodes {
			back, err := parseTXT(n.txt())
			if err != nil || back != n {
				t.Fatalf("%+v came back as %+v, %v", n, back, err)
			}
		}
	})
}

// FuzzParseTXT: strings cut at lines.
func FuzzParseTXT(f *testing.F) {
	f.Add(strings.Join(node(RoleMaster, "m", "10.0.0.1").txt(), "\n"))
	f.Add("pikv=1\ncluster=a\nip=::ffff:1.2.3.4")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseTXT(strings.Split(text, "\n"))
		if err == nil && n.validate() != nil {
			t.Fatalf("%+v: %v", n, n.validate())
		}
	})
}
