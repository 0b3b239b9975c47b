package membership

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A restart that is quicker than the detection, at the same address.
func TestQuickRestartAtTheSameAddress(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	cfg := config(t, "w1", a.GossipAddr())
	w := start(t, cfg)
	b := start(t, config(t, "b", a.GossipAddr()))
	seen(t, []string{"a", "b", "w1"}, a, b, w)

	cfg.BindPort = portOf(t, w)
	cfg.Incarnation++
	require.NoError(t, w.Close())
	w2 := start(t, cfg)
	sees(t, a, w2)
	sees(t, b, w2)
	seen(t, []string{"a", "b", "w1"}, a, b, w2)
}

// The same, and the restarted node has no seeds and knows nobody: it only
// answers the pings that were meant for its predecessor.
func TestQuickRestartWithoutSeeds(t *testing.T) {
	t.Parallel()
	cfg := config(t, "m1")
	m := start(t, cfg)
	a := start(t, config(t, "a", m.GossipAddr()))
	b := start(t, config(t, "b", m.GossipAddr()))
	seen(t, []string{"a", "b", "m1"}, a, b, m)

	cfg.BindPort = portOf(t, m)
	cfg.Incarnation++
	require.NoError(t, m.Close())
	m2 := start(t, cfg)
	sees(t, a, m2)
	sees(t, b, m2)
	seen(t, []string{"a", "b", "m1"}, a, b, m2)
}

// The predecessor is dead, but nobody has noticed: the newcomer waits.
func TestQuickRestartAtANewAddress(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	w := start(t, config(t, "w1", a.GossipAddr()))
	b := start(t, config(t, "b", a.GossipAddr()))
	seen(t, []string{"a", "b", "w1"}, a, b, w)

	require.NoError(t, w.Close())
	w2 := newNode(t, config(t, "w1", a.GossipAddr(), b.GossipAddr()))
	w2.timing.nameWait = time.Minute // however long a busy machine takes to notice
	require.NoError(t, w2.Start(t.Context()))
	require.NotEqual(t, w.GossipAddr(), w2.GossipAddr())
	seen(t, []string{"a", "b", "w1"}, a, b, w2)
	sees(t, a, w2)
	sees(t, b, w2)
}

// The predecessor was found dead before the newcomer starts.
func TestRestartAtANewAddress(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	w := start(t, config(t, "w1", a.GossipAddr()))
	b := start(t, config(t, "b", a.GossipAddr()))
	seen(t, []string{"a", "b", "w1"}, a, b, w)
	require.NoError(t, w.Close())
	seen(t, []string{"a", "b"}, a, b)

	w2 := start(t, config(t, "w1", a.GossipAddr()))
	sees(t, a, w2)
	sees(t, b, w2)
	seen(t, []string{"a", "b", "w1"}, a, b, w2)
}

// A master that has no seeds comes back after it was given up: the others look
// for it where it was.
func TestRestartWithoutSeedsAfterDetection(t *testing.T) {
	t.Parallel()
	cfg := config(t, "m1")
	m := start(t, cfg)
	a := start(t, config(t, "a", m.GossipAddr()))
	b := start(t, config(t, "b", a.GossipAddr()))
	seen(t, []string{"a", "b", "m1"}, a, b, m)
	cfg.BindPort = portOf(t, m)
	cfg.Incarnation++
	require.NoError(t, m.Close())
	seen(t, []string{"a", "b"}, a, b)

	m2 := start(t, cfg)
	seen(t, []string{"a", "b", "m1"}, a, b, m2)
	sees(t, a, m2)
	sees(t, b, m2)
}
