package discovery

import (
	"net"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pikv/placement"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAPacketFullOfQuestions is answered in part only.
func TestAPacketFullOfQuestions(t *testing.T) {
	all, err := newZone(node(RoleMaster, "m", "10.0.0.1"), nil)
	require.NoError(t, err)
	z := all.door()
	answered := 0
	for range 10_000 {
		if len(z.Records(question(true).Question[0])) > 0 {
			answered++
		}
	}
	require.GreaterOrEqual(t, answered, answersAtOnce)
	require.Less(t, answered, answersAtOnce+answersPerSecond*10, "ten seconds would be a very slow machine")
	require.NotEmpty(t, all.door().Records(question(true).Question[0]), "on another interface others may ask")
	require.Empty(t, z.Records(dns.Question{Name: "_ipp._tcp.local.", Qtype: dns.TypePTR}))
}

// TestANodeTellsWhomItFollowsNow: it may be nobody yet, and another one later.
func TestANodeTellsWhomItFollowsNow(t *testing.T) {
	var id placement.MasterID
	z, err := newZone(node(RoleWorker, "w", "10.0.0.1"), func() placement.MasterID { return id })
	require.NoError(t, err)
	for _, id = range []placement.MasterID{0, 7, placement.NewMasterID(2, 7)} {
		m := question(false)
		m.Response = true
		m.Answer = z.door().Records(m.Question[0])
		packet, err := m.Pack()
		require.NoError(t, err)
		nodes, err := parseAnswer(packet)
		require.NoError(t, err)
		require.Len(t, nodes, 1)
		require.Equal(t, id, nodes[0].Master)
	}
}

// TestAResponderThatCannotHearSaysSo: another program may have the port for itself. That
// IPv6 can be heard is no comfort: nobody asks by it.
func TestAResponderThatCannotHearSaysSo(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: group.Port})
	if err != nil {
		t.Skipf("the port of multicast DNS is in use here: %v", err)
	}
	defer conn.Close()
	core, said := observer.New(zap.WarnLevel)
	r, err := NewResponder(node(RoleMaster, "m", "10.0.0.1"), nil, "0.0.0.0", zap.New(core))
	require.NoError(t, err)
	found, err := links(r.bind)
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skip("no interface here has neighbours")
	}
	defer r.keep(nil)
	r.look()
	require.Len(t, said.FilterMessageSnippet("cannot answer on an interface").All(), len(found))
	r.look()
	require.Equal(t, len(found), said.Len(), "once is enough")
	require.Empty(t, r.servers)

	require.NoError(t, conn.Close())
	r.look()
	require.Len(t, r.servers, len(found), "it tries on")
}

func TestWhatCannotBeTold(t *testing.T) {
	for _, spoil := range []func(n *Node){
		func(n *Node) { n.Cluster = "" },
		func(n *Node) { n.Name = "a b" },
		func(n *Node) { n.Role = "spare" },
		func(n *Node) { n.RPC = node(RoleMaster, "m", "10.0.0.2").RPC },
		func(n *Node) { *n = node(n.Role, n.Name, "127.0.0.1") },
	} {
		n := node(RoleMaster, "m", "10.0.0.1")
		spoil(&n)
		_, err := NewResponder(n, nil, "0.0.0.0", zap.NewNop())
		require.Error(t, err, "%+v", n)
	}
	_, err := NewResponder(node(RoleMaster, "m", "10.0.0.1"), nil, "home", zap.NewNop())
	require.Error(t, err)
	_, err = Announce(Node{Cluster: "c", Name: "n", Role: RoleMaster}, nil, "here", "10.0.0.1:1", "0.0.0.0", zap.NewNop())
	require.Error(t, err)
}

func TestAddressable(t *testing.T) {
	for addr, want := range map[string]bool{
		"10.0.0.1:7700": true, "[fd00::1]:7700": true, "127.0.0.1:7700": false, "[::1]:7700": false, "0.0.0.0:7700": false, "pi:7700": false, "": false,
	} {
		require.Equal(t, want, Addressable(addr), addr)
	}
}
