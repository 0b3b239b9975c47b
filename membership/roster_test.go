package membership

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func member(name, addr string) Member {
	return Member{Name: name, Role: RoleWorker, Incarnation: 1, RPCAddr: "h:1", GossipAddr: addr}
}

func TestRosterRemembersTheLost(t *testing.T) {
	r := newRoster("me")
	r.put(member("me", "10.0.0.1:1"))
	r.put(member("b", "10.0.0.2:1"))
	r.put(member("c", "10.0.0.3:1"))
	require.Empty(t, r.lost(10))
	r.remove("b")
	r.remove("c")
	require.ElementsMatch(t, []string{"10.0.0.2:1", "10.0.0.3:1"}, r.lost(10))
	require.Len(t, r.lost(1), 1)

	r.put(member("b", "10.0.0.4:1"))
	require.Equal(t, []string{"10.0.0.3:1"}, r.lost(10), "b moved")
	r.put(member("d", "10.0.0.3:1"))
	require.Empty(t, r.lost(10), "somebody else is there now")
	require.Equal(t, map[string]bool{"10.0.0.3:1": true, "10.0.0.4:1": true}, r.aliveAt())

	r.remove("me")
	require.Empty(t, r.lost(10), "never itself")
}

func TestRosterIsBounded(t *testing.T) {
	r := newRoster("me")
	r.put(member("keep", "10.9.9.9:1"))
	for i := range 2 * maxKnown {
		n := member(fmt.Sprint("n", i), fmt.Sprintf("10.0.%d.%d:1", i/250, i%250))
		r.put(n)
		r.remove(n.Name)
	}
	require.Len(t, r.mu.known, maxKnown)
	require.Contains(t, r.mu.known, "10.9.9.9:1", "a live one is not forgotten")
	require.NotContains(t, r.mu.known, "10.0.0.0:1", "the oldest lost one is")

	for i := range 2 * maxMembers {
		name := fmt.Sprint("m", i)
		if !r.room(name) {
			require.Equal(t, maxMembers-1, i)
			break
		}
		r.put(member(name, fmt.Sprintf("10.1.%d.%d:1", i/250, i%250)))
	}
	require.True(t, r.room("m0"), "a known name may change")
}

func TestRosterSignalsOncePerChange(t *testing.T) {
	r := newRoster("me")
	took := func() bool {
		select {
		case <-r.changed:
			<-r.wake
			return true
		default:
			return false
		}
	}
	r.put(member("b", "10.0.0.2:1"))
	r.put(member("c", "10.0.0.3:1"))
	require.True(t, took())
	require.False(t, took())
	r.put(member("b", "10.0.0.2:1"))
	require.False(t, took(), "nothing new")
	n := member("b", "10.0.0.2:1")
	n.Incarnation++
	r.put(n)
	require.True(t, took(), "restarted")
	r.remove("x")
	require.False(t, took())
	r.close()
	r.remove("b")
	r.put(member("e", "10.0.0.5:1"))
	require.False(t, took())
	require.Len(t, r.members(), 2)
}

func TestRosterNoticesAnUntoldRestart(t *testing.T) {
	r := newRoster("me")
	r.put(member("b", "10.0.0.2:1"))
	r.answered("b", 1)
	r.answered("nobody", 5)
	require.Empty(t, r.takeRestarted())
	r.answered("b", 2)
	r.answered("b", 2)
	require.Equal(t, []string{"10.0.0.2:1"}, r.takeRestarted())
	require.Empty(t, r.takeRestarted())
	r.answered("b", 2)
	n := member("b", "10.0.0.2:1")
	n.Incarnation = 2
	r.put(n)
	require.Empty(t, r.takeRestarted(), "told meanwhile")
}
