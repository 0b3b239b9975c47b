package discovery

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAPacketFullOfQuestions is answered in part only.
func TestAPacketFullOfQuestions(t *testing.T) {
	z, err := newZone(node(RoleMaster, "m", "10.0.0.1"))
	require.NoError(t, err)
	answered := 0
	for range 10_000 {
		if len(z.Records(question(true).Question[0])) > 0 {
			answered++
		}
	}
	require.GreaterOrEqual(t, answered, answersAtOnce)
	require.Less(t, answered, answersAtOnce+answersPerSecond*10, "ten seconds would be a very slow machine")
	require.Empty(t, z.Records(dns.Question{Name: "_ipp._tcp.local.", Qtype: dns.TypePTR}))
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
		_, err := NewResponder(n, "0.0.0.0", zap.NewNop())
		require.Error(t, err, "%+v", n)
	}
	_, err := NewResponder(node(RoleMaster, "m", "10.0.0.1"), "home", zap.NewNop())
	require.Error(t, err)
	_, err = Announce(Node{Cluster: "c", Name: "n", Role: RoleMaster}, "here", "10.0.0.1:1", "0.0.0.0", zap.NewNop())
	require.Error(t, err)
}

func TestAddressable(t *testing.T) {
	for addr, want := range map[string]bool{
		"10.0.0.1:7700": true, "[fd00::1]:7700": true, "127.0.0.1:7700": false, "[::1]:7700": false, "0.0.0.0:7700": false, "pi:7700": false, "": false,
	} {
		require.Equal(t, want, Addressable(addr), addr)
	}
}
