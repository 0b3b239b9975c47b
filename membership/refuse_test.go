package membership

import (
	"cmp"
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/socket"
)

func TestPortInUse(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	cfg := config(t, "b")
	cfg.BindPort = portOf(t, a)
	b := newNode(t, cfg)
	err := b.Start(t.Context())
	inUse, _ := errors.AsType[*socket.PortInUse](err)
	require.Equal(t, &socket.PortInUse{Flag: socket.GossipPort, Bind: "127.0.0.1", Port: cfg.BindPort}, inUse, "%v", err)

	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer pc.Close()
	cfg.BindPort = pc.LocalAddr().(*net.UDPAddr).Port
	inUse, _ = errors.AsType[*socket.PortInUse](newNode(t, cfg).Start(t.Context()))
	require.NotNil(t, inUse, "UDP only")
}

func TestWrongKeyOrCluster(t *testing.T) {
	t.Parallel()
	key, other := make([]byte, 16), make([]byte, 32)
	other[3] = 9
	for name, tc := range map[string]struct {
		theirs, ours []byte
		cluster      string // "" for the same
		says         string
	}{
		"other key":             {theirs: key, ours: other, says: "gossip keys differ"},
		"they have a key":       {theirs: key, says: "gossip keys differ"},
		"only we have a key":    {ours: key, says: "gossip keys differ"},
		"other cluster":         {cluster: "prod", says: "cluster of another name"},
		"other cluster, keys":   {theirs: key, ours: key, cluster: "prod", says: "cluster of another name"},
		"other cluster and key": {theirs: key, ours: other, cluster: "prod", says: "cluster of another name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ac := patient(t, "a")
			ac.Key = tc.theirs
			a := start(t, ac)
			bc := patient(t, "b", a.GossipAddr())
			bc.Key, bc.Cluster = tc.ours, cmp.Or(tc.cluster, bc.Cluster)
			b := newNode(t, bc)
			began := time.Now()
			err := b.Start(t.Context())
			require.ErrorIs(t, err, ErrWrongKeyOrCluster)
			require.ErrorContains(t, err, tc.says)
			require.ErrorContains(t, err, a.GossipAddr())
			require.Less(t, time.Since(began), soon/2)
			require.Equal(t, []string{"a"}, names(a))
		})
	}
}

func TestOneGoodSeedOutweighsARefusingOne(t *testing.T) {
	t.Parallel()
	ac := config(t, "a")
	ac.Cluster = "prod"
	a, b := start(t, ac), start(t, config(t, "b"))
	c := start(t, config(t, "c", a.GossipAddr(), b.GossipAddr()))
	seen(t, []string{"b", "c"}, b, c)
	require.Equal(t, []string{"a"}, names(a))
}

// A seed that comes up after Start and refuses is told through Failed.
func TestWrongClusterFoundLater(t *testing.T) {
	t.Parallel()
	reserved := start(t, config(t, "reserved"))
	addr, port := reserved.GossipAddr(), portOf(t, reserved)
	require.NoError(t, reserved.Close())

	w := start(t, config(t, "w1", addr))
	cfg := config(t, "m1")
	cfg.BindPort, cfg.Cluster = port, "prod"
	start(t, cfg)
	select {
	case err := <-w.Failed():
		require.ErrorIs(t, err, ErrWrongKeyOrCluster)
	case <-time.After(soon):
		t.Fatal("nothing on Failed")
	}
}

func TestNameTaken(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	w := start(t, config(t, "w1", a.GossipAddr()))
	seen(t, []string{"a", "w1"}, a, w)

	for name, seed := range map[string]string{"seen by another": a.GossipAddr(), "is the seed itself": w.GossipAddr()} {
		rival := newNode(t, config(t, "w1", seed))
		err := rival.Start(bounded(t))
		require.ErrorIs(t, err, ErrNameTaken, name)
		require.ErrorContains(t, err, w.GossipAddr(), name)
		require.NoError(t, rival.Leave(t.Context()))
	}
	// The rightful owner of the name was not disturbed.
	require.Never(t, func() bool {
		n, ok := find(a, "w1")
		return !ok || n.Incarnation != w.cfg.Incarnation
	}, time.Second, 10*time.Millisecond)
}

// The namesake lives, but the newcomer cannot reach it: the peers' word counts
// when it stands for long enough.
func TestNameTakenOnThePeersWord(t *testing.T) {
	t.Parallel()
	nw := newNetwork()
	wc := config(t, "w1")
	a := start(t, config(t, "a"))
	wc.Join = []string{a.GossipAddr()}
	w := start(t, wc)
	seen(t, []string{"a", "w1"}, a, w)

	rc := config(t, "w1", a.GossipAddr())
	rc.wrap = nw.wrap
	nw.cut(w) // for the rival only: the others' transports have no faults
	rival := newNode(t, rc)
	err := rival.Start(bounded(t))
	require.ErrorIs(t, err, ErrNameTaken)
	require.Contains(t, names(a), "w1")
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	seed, called := silent(t)
	m := newNode(t, patient(t, "w1", seed))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- m.Start(ctx) }()
	<-called
	cancelled := time.Now()
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Less(t, time.Since(cancelled), m.timing.stream, "the exchange was interrupted")

	gone := newNode(t, config(t, "w2"))
	require.ErrorIs(t, gone.Start(ctx), context.Canceled, "cancelled before the start")
}
