package discovery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What Choose returns when it cannot choose; the text says what to do.
var (
	// ErrNobody: no node of the wanted cluster has answered.
	ErrNobody = errors.New("no cluster found by multicast DNS")
	// ErrSeveralMasters: more than one master says that the cluster is its own.
	ErrSeveralMasters = errors.New("several masters of one cluster answer")
	// ErrSeveralClusters: none is wanted by name, and there are several.
	ErrSeveralClusters = errors.New("several clusters answer")
	// ErrSameName: nodes of two clusters with one name answer.
	ErrSameName = errors.New("two clusters have one name")
)

// Choose returns the nodes of one cluster, masters first: the one called cluster,
// or with "" the only one that there is. When several masters answer for it nobody
// but a person can tell which is meant.
func Choose(nodes []Node, cluster string) ([]Node, error) {
	byCluster := make(map[string][]Node)
	for _, n := range nodes {
		byCluster[n.Cluster] = append(byCluster[n.Cluster], n)
	}
	if cluster == "" {
		switch len(byCluster) {
		case 0:
			return nil, ErrNobody
		case 1:
			cluster = nodes[0].Cluster
		default:
			return nil, fmt.Errorf("%w: %s: give --cluster NAME", ErrSeveralClusters, describe(byCluster))
		}
	}
	chosen := byCluster[cluster]
	if len(chosen) == 0 {
		if len(byCluster) == 0 {
			return nil, fmt.Errorf("%w: nobody answers for %q", ErrNobody, cluster)
		}
		return nil, fmt.Errorf("%w: nobody answers for %q, but there is %s: --cluster names another one", ErrNobody, cluster, describe(byCluster))
	}
	slices.SortStableFunc(chosen, func(a, b Node) int { return strings.Compare(a.Role, b.Role) }) // "master" < "worker"
	if masters := mastersOf(chosen); len(masters) > 1 {
		return nil, fmt.Errorf("%w: %s of %q: stop all but one, give each its --cluster NAME, or name one by its address", ErrSeveralMasters, namesOf(masters), cluster)
	}
	if one, other, ok := apart(chosen); ok {
		return nil, fmt.Errorf("%w: %s and %s of %q follow different masters: give each cluster its --cluster NAME, or name a node by its address",
			ErrSameName, namesOf([]Node{one}), namesOf([]Node{other}), cluster)
	}
	return chosen, nil
}

// apart returns two nodes that cannot be of one cluster: each follows a master of the same
// generation, and not the same one. A later generation may have come after an earlier one.
func apart(nodes []Node) (one, other Node, ok bool) {
	first := make(map[uint64]Node) // by generation
	for _, n := range nodes {
		if n.Master == 0 {
			continue
		}
		if f, known := first[n.Master.Generation()]; known && f.Master != n.Master {
			return f, n, true
		} else if !known {
			first[n.Master.Generation()] = n
		}
	}
	return Node{}, Node{}, false
}

// mastersOf returns the masters, each name and address once.
func mastersOf(nodes []Node) []Node {
	var masters []Node
	for _, n := range nodes {
		if n.Role == RoleMaster && !slices.ContainsFunc(masters, func(m Node) bool { return m.Gossip == n.Gossip }) {
			masters = append(masters, n)
		}
	}
	return masters
}

// maxTold bounds the lists in messages, which strangers can make long.
const maxTold = 5

// describe lists clusters with their masters.
func describe(byCluster map[string][]Node) string {
	var all []string
	for name, nodes := range byCluster {
		text := fmt.Sprintf("%q", name)
		if masters := mastersOf(nodes); len(masters) > 0 {
			text += " (" + namesOf(masters) + ")"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return shortened(all)
}

// namesOf lists nodes with their addresses, whoever answered first.
func namesOf(nodes []Node) string {
	var all []string
	for _, n := range nodes {
		all = append(all, fmt.Sprintf("%s %s at %s", n.Role, n.Name, n.Gossip.Addr()))
	}
	slices.Sort(all)
	return shortened(all)
}

// shortened joins texts, of many only some.
func shortened(all []string) string {
	if len(all) > maxTold {
		all = append(all[:maxTold:maxTold], fmt.Sprintf("%d more", len(all)-maxTold))
	}
	return strings.Join(all, ", ")
}
