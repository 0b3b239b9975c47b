package placement

import (
	"errors"
	"fmt"
	"slices"
)

// Bounds on a view, which decoding enforces.
const (
	MaxReplicas = 3    // of View.Replicas
	MaxNodes    = 4096 // of a view, the dead that a partition names included
	MaxText     = 255  // bytes of a cluster's or node's name, and of an address
	// MaxLife is the last life that a partition can have: the numbers of the
	// entries of life n begin at n << 48.
	MaxLife = 1<<16 - 1
)

// maxProblems bounds what Validate reports about a view that is wrong in
// every partition.
const maxProblems = 20

// ErrInvalid is returned for a view, delta or change that breaks a rule of
// its type. The text names every rule that it breaks.
var ErrInvalid = errors.New("invalid placement")

// problems collects what is wrong, so that all of it is reported at once.
type problems struct {
	texts []error
	more  int
}

func (p *problems) addf(format string, args ...any) {
	if len(p.texts) == maxProblems {
		p.more++
		return
	}
	p.texts = append(p.texts, fmt.Errorf(format, args...))
}

// err returns nil, or an error of the given subject that wraps ErrInvalid.
func (p *problems) err(subject string) error {
	if len(p.texts) == 0 {
		return nil
	}
	if p.more > 0 {
		p.texts = append(p.texts, fmt.Errorf("and %d more", p.more))
	}
	return fmt.Errorf("%s: %w: %w", subject, ErrInvalid, errors.Join(p.texts...))
}

// Validate returns nil when v keeps every rule that the comments of View,
// Node and Partition state, else one error that wraps ErrInvalid and reports
// every problem (the first ones, when there are very many).
func (v *View) Validate() error {
	var ps problems
	checkHead(&ps, v.Cluster, v.MasterID, v.Epoch, v.Whole, v.Replicas)
	if err := CheckPartitions(len(v.Partitions)); err != nil {
		ps.addf("%w", err)
	}
	known := checkNodes(&ps, v.Nodes)
	for i := range v.Partitions {
		checkPartition(&ps, i, &v.Partitions[i], v.Epoch, known)
	}
	return ps.err(fmt.Sprintf("check view %d", v.Epoch))
}

// checkHead checks what a view and a delta have in common.
func checkHead(ps *problems, cluster string, id MasterID, epoch, whole Epoch, replicas int) {
	if cluster == "" || len(cluster) > MaxText {
		ps.addf("the cluster's name has %d bytes, not 1 to %d", len(cluster), MaxText)
	}
	if id == 0 {
		ps.addf("no master id")
	}
	if epoch == 0 {
		ps.addf("no epoch")
	}
	if whole > epoch {
		ps.addf("whole since epoch %d, after its own", whole)
	}
	if replicas < 1 || replicas > MaxReplicas {
		ps.addf("%d replicas, not 1 to %d", replicas, MaxReplicas)
	}
}

// checkNodes checks nodes and returns their incarnations, sorted.
func checkNodes(ps *problems, nodes []Node) []Incarnation {
	if len(nodes) > MaxNodes {
		ps.addf("%d nodes, more than %d", len(nodes), MaxNodes)
	}
	known := make([]Incarnation, len(nodes))
	for i, n := range nodes {
		known[i] = n.Incarnation
		if n.Incarnation == 0 {
			ps.addf("node %d: no incarnation", i)
		}
		if n.Name == "" || len(n.Name) > MaxText {
			ps.addf("node %d: its name has %d bytes, not 1 to %d", i, len(n.Name), MaxText)
		}
		if n.Addr == "" || len(n.Addr) > MaxText {
			ps.addf("node %d: its address has %d bytes, not 1 to %d", i, len(n.Addr), MaxText)
		}
		if len(n.RESPAddr) > MaxText {
			ps.addf("node %d: its RESP address has %d bytes, not up to %d", i, len(n.RESPAddr), MaxText)
		}
		if n.Capacity < 0 {
			ps.addf("node %d: negative capacity", i)
		}
		if n.Weight < 0 || n.Weight > MaxWeight {
			ps.addf("node %d: weight %d, not 0 to %d", i, n.Weight, MaxWeight)
		}
		if n.State > NodeSpare {
			ps.addf("node %d: unknown %v", i, n.State)
		}
		if i > 0 && compareNodes(nodes[i-1], n) >= 0 {
			ps.addf("node %d: not sorted by name and incarnation", i)
		}
	}
	slices.Sort(known)
	for i := 1; i < len(known); i++ {
		if known[i] == known[i-1] {
			ps.addf("two nodes with incarnation %v", known[i])
		}
	}
	return known
}

// checkPartition checks partition number i of a view or delta with that epoch
// and those incarnations, which are sorted.
func checkPartition(ps *problems, i int, p *Partition, epoch Epoch, known []Incarnation) {
	if p.Epoch == 0 || p.Epoch > epoch {
		ps.addf("partition %d: epoch %d, not 1 to the view's %d", i, p.Epoch, epoch)
	}
	if len(p.InSync) == 0 {
		ps.addf("partition %d: no in-sync replica", i)
	}
	if !slices.Contains(p.InSync, p.Primary) {
		ps.addf("partition %d: primary %v is not in sync", i, p.Primary)
	}
	if p.Life > MaxLife {
		ps.addf("partition %d: life %d, more than %d", i, p.Life, MaxLife)
	}
	checkReplicas(ps, i, "in-sync replicas", p.InSync, known)
	checkReplicas(ps, i, "learners", p.Learners, known)
	for _, inc := range p.Learners {
		if _, found := slices.BinarySearch(p.InSync, inc); found {
			ps.addf("partition %d: %v is in sync and a learner", i, inc)
		}
	}
}

// checkReplicas checks that replicas are sorted, different and known.
func checkReplicas(ps *problems, i int, what string, replicas, known []Incarnation) {
	for j, inc := range replicas {
		if j > 0 && replicas[j-1] >= inc {
			ps.addf("partition %d: %s not sorted, or twice the same", i, what)
		}
		if _, found := slices.BinarySearch(known, inc); !found {
			ps.addf("partition %d: %s name unknown %v", i, what, inc)
		}
	}
}
