package master

import (
	"pikv/membership"
	"pikv/placement"
)

// waitingFor returns the names of the live workers that have not yet followed
// id and told what they hold, in the order of workers.
func waitingFor(workers []membership.Member, heard map[placement.Incarnation]report, id placement.MasterID) []string {
	var names []string
	for _, w := range workers {
		if r, ok := heard[placement.Incarnation(w.Incarnation)]; !ok || r.follows != id || r.epoch > 0 && r.claim == nil {
			names = append(names, w.Name)
		}
	}
	return names
}

// canBegin reports whether a new cluster may be born: there is somebody to
// hold it, and everyone who is there says that he holds nothing. A worker that
// has not spoken might hold what the master's lost file described. Pure.
func canBegin(workers []membership.Member, heard map[placement.Incarnation]report, id placement.MasterID) bool {
	if len(workers) == 0 || len(waitingFor(workers, heard, id)) > 0 {
		return false
	}
	for _, w := range workers {
		if r := heard[placement.Incarnation(w.Incarnation)]; r.epoch > 0 || r.claim != nil {
			return false
		}
	}
	return true
}

// begin returns the first State of a new cluster of the workers.
func begin(cfg Config, id placement.MasterID, workers []membership.Member) (*State, error) {
	nodes := make([]placement.Node, 0, len(workers))
	for _, w := range workers {
		nodes = append(nodes, nodeOf(w))
	}
	sortNodes(nodes)
	ring, err := placement.NewRing(ringMembers(nodes), cfg.Partitions)
	if err != nil {
		return nil, err
	}
	view, err := placement.NewView(cfg.Cluster, id, cfg.Replicas, nodes, ring.Target(cfg.Replicas))
	if err != nil {
		return nil, err
	}
	return &State{View: view}, nil
}
