package master

import (
	"pikv/membership"
	"pikv/placement"
)

// silent returns the names of the workers whose last report is not as wanted,
// or that have not reported, in the order of workers.
func silent(workers []membership.Member, heard map[placement.Incarnation]report, wanted func(report) bool) []string {
	var names []string
	for _, w := range workers {
		if r, ok := heard[placement.Incarnation(w.Incarnation)]; !ok || !wanted(r) {
			names = append(names, w.Name)
		}
	}
	return names
}

// canBegin reports whether a new cluster may be born: there is somebody to
// hold it, and everyone who is there follows id and says that he holds nothing.
// A worker that has not spoken might hold what the master's lost file
// described. Pure.
func canBegin(workers []membership.Member, heard map[placement.Incarnation]report, id placement.MasterID) bool {
	return len(workers) > 0 && len(silent(workers, heard, emptyFollower(id))) == 0
}

// begin returns the first State of a new cluster of the workers.
func begin(cfg Config, id placement.MasterID, workers []membership.Member) (*State, error) {
	nodes := make([]placement.Node, 0, len(workers))
	for _, w := range workers {
		nodes = append(nodes, nodeOf(w))
	}
	sortNodes(nodes)
	ring, err := placement.NewRing(placement.ActiveMembers(nodes), cfg.Partitions)
	if err != nil {
		return nil, err
	}
	view, err := placement.NewView(cfg.Cluster, id, cfg.Replicas, nodes, ring.Target(cfg.Replicas))
	if err != nil {
		return nil, err
	}
	return &State{View: view}, nil
}

// emptyFollower returns a function that tells whether a worker follows id and
// holds no view at all.
func emptyFollower(id placement.MasterID) func(report) bool {
	return func(r report) bool { return r.follows == id && r.epoch == 0 && r.claim == nil }
}
