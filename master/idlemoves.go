package master

import (
	"time"

	"pikv/placement"
)

const (
	// idleMoves is how many partitions may be in motion from and to a worker while the
	// cluster is idle. What they cost then is a request to the register for many of them
	// at once, where fewer at a time would make a request, a write to the master's disk
	// and a view of each few: the second worker of a new cluster would have its share
	// after twelve seconds instead of four.
	idleMoves = 256
	// idleBytes is what a worker of an idle cluster holds at most: the data of a second
	// or two of moves on a Pi's network.
	idleBytes = 16 << 20
	// idleRequests is how many requests/s a worker of an idle cluster has at most.
	idleRequests = 20
)

// moves returns how many partitions may be in motion from and to a worker: more while
// nobody can feel it, because every worker says that it holds next to nothing, a key a
// partition at most, and that hardly anybody asks. Who has not spoken lately may be busy.
func (p *planner) moves(v *placement.View, heard map[placement.Incarnation]report, now time.Time) int {
	if p.movesPerNode < defaultMoves {
		return p.movesPerNode // somebody wants few
	}
	for _, n := range v.Nodes {
		r := heard[n.Incarnation]
		if !r.within(freshReport, now) || r.keys > int64(len(v.Partitions)) || r.used > idleBytes || r.load.Requests() > idleRequests {
			return p.movesPerNode
		}
	}
	return max(p.movesPerNode, idleMoves)
}
