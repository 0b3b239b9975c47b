package register

import (
	"fmt"

	"pikv/placement"
)

// Birth is what a new cluster is begun with.
type Birth struct {
	Cluster    string
	Partitions int // see placement.CheckPartitions
	Replicas   int // 1 to placement.MaxReplicas
}

// CanBegin reports whether a new cluster may be born under id: there is
// somebody to hold it, and everyone who lives follows id and says that he holds
// nothing. A worker that has not spoken might hold what the register's lost
// file described. last returns a worker's last report.
func CanBegin(id placement.MasterID, live []placement.Node, last func(placement.Incarnation) (Report, bool)) bool {
	for _, w := range live {
		if r, ok := last(w.Incarnation); !ok || !r.Empty(id) {
			return false
		}
	}
	return Actives(live) > 0
}

// Actives counts the nodes that are active.
func Actives(nodes []placement.Node) int {
	count := 0
	for _, n := range nodes {
		if n.State == placement.NodeActive {
			count++
		}
	}
	return count
}

// Begin returns the first State of a new cluster of the live workers, which
// hold nothing (CanBegin): so as many as there are to be of each partition are
// in sync from the start.
func Begin(b Birth, id placement.MasterID, live []placement.Node) (*State, error) {
	ring, err := placement.NewRing(placement.ActiveMembers(live), b.Partitions)
	if err != nil {
		return nil, fmt.Errorf("begin the cluster: %w", err)
	}
	view, err := placement.NewView(b.Cluster, id, b.Replicas, live, ring.Target(b.Replicas))
	if err != nil {
		return nil, fmt.Errorf("begin the cluster: %w", err)
	}
	return &State{View: view}, nil
}
