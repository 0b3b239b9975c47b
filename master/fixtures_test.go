package master

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/testcluster/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// soon is how long tests wait for what must happen: far beyond what it takes.
const soon = 20 * time.Second

// epochZero is where the clocks of pure tests start.
var epochZero = time.Unix(1_000_000, 0)

const (
	idA placement.MasterID = 0xa
	idB placement.MasterID = 0xb
	idC placement.MasterID = 0xc
)

type (
	inc  = placement.Incarnation
	incs = []placement.Incarnation
)

// node returns an active node called wN with incarnation N.
func node(n inc) placement.Node {
	return placement.Node{Incarnation: n, Name: fmt.Sprintf("w%d", n), Addr: fmt.Sprintf("10.0.0.%d:7700", n), Capacity: 1 << 20}
}

// worker returns the member of node(n).
func worker(n inc) membership.Member {
	nd := node(n)
	return membership.Member{Name: nd.Name, Role: membership.RoleWorker, Incarnation: uint64(n), RPCAddr: nd.Addr, Capacity: nd.Capacity}
}

func workers(ns ...inc) []membership.Member {
	var all []membership.Member
	for _, n := range ns {
		all = append(all, worker(n))
	}
	return all
}

// conf is a configuration whose primary is the first of inSync.
func conf(e placement.Epoch, inSync incs, learners ...inc) placement.Partition {
	return placement.Partition{Epoch: e, Primary: inSync[0], InSync: sorted(inSync), Learners: sorted(learners)}
}

func sorted(in incs) incs {
	var out incs
	for i := inc(1); i < 100; i++ {
		for _, n := range in {
			if n == i {
				out = append(out, n)
			}
		}
	}
	return out
}

// view returns a valid view of nodes w1..w5 and the given configurations, and
// as many more of w5 as make their number a power of two.
func view(t *testing.T, id placement.MasterID, e placement.Epoch, parts ...placement.Partition) *placement.View {
	t.Helper()
	v := &placement.View{Cluster: "test", MasterID: id, Epoch: e, Replicas: 1, Partitions: parts}
	for placement.CheckPartitions(len(v.Partitions)) != nil {
		v.Partitions = append(v.Partitions, conf(1, incs{5}))
	}
	for n := inc(1); n <= 5; n++ {
		v.Nodes = append(v.Nodes, node(n))
	}
	require.NoError(t, v.Validate())
	return v
}

// reportsOf returns the reports of followers of id that hold its view.
func reportsOf(id placement.MasterID, now time.Time, ns ...inc) map[inc]report {
	all := make(map[inc]report)
	for _, n := range ns {
		all[n] = follower(n, id, now)
	}
	return all
}

// follower returns the report of a follower of id that holds its view.
func follower(n inc, id placement.MasterID, at time.Time) report {
	return report{Report: register.Report{Name: node(n).Name, Incarnation: n, Follows: id, Epoch: 1}, at: at}
}

// live returns workers as package register takes them.
func live(ns ...inc) []placement.Node { return liveOf(workers(ns...)) }

// frozenIn returns partition p as frozen in the configuration that v has, which
// nobody but awaits may know more of.
func frozenIn(v *placement.View, p placement.PartitionID, awaits ...inc) register.Frozen {
	return register.Frozen{Partition: p, Known: []placement.Partition{v.Partitions[p]}, Awaits: awaits}
}
