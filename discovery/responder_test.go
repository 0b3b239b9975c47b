package discovery

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

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
