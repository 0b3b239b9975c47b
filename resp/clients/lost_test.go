package clients

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
	"pikv/testcluster"
)

// TestRedisClientsLearnThatPartitionsAreLost from every node that is left, when no copy is:
// monitors read CLUSTER INFO.
func TestRedisClientsLearnThatPartitionsAreLost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		replicas int
		victims  []string
	}{
		{"one copy", 1, []string{"w1"}},
		{"two copies", 2, []string{"w1", "w2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := testcluster.Start(t, testcluster.Options{Workers: 3, Replicas: test.replicas, Redis: true})
			c.WaitSynced()
			master, worker := resptest.Dial(t, c.Node("master").RESP), resptest.Dial(t, c.Node("w3").RESP)
			says := func(node *resptest.Client, args []string, words ...string) {
				t.Helper()
				require.Eventually(t, func() bool {
					said := node.Do(args...)
					for _, word := range words {
						if !strings.Contains(said, word) {
							return false
						}
					}
					return true
				}, c.Patience(), 20*time.Millisecond, "%v: %q", args, words)
			}
			for _, node := range []*resptest.Client{master, worker} {
				says(node, []string{"CLUSTER", "INFO"}, "cluster_state:ok", "cluster_slots_ok:16384", "cluster_slots_fail:0")
			}
			for _, victim := range test.victims {
				c.Kill(victim)
			}
			for _, node := range []*resptest.Client{master, worker} {
				says(node, []string{"CLUSTER", "INFO"}, "cluster_state:fail", "cluster_slots_assigned:16384", "cluster_slots_pfail:0")
				require.NotContains(t, node.Do("CLUSTER", "INFO"), "cluster_slots_fail:0")
				says(node, []string{"CLUSTER", "NODES"}, " master,fail - ", " disconnected ")
				says(node, []string{"CLUSTER", "SHARDS"}, "health fail", "health online")
			}
		})
	}
}
