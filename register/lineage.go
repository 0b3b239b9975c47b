package register

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pikv/placement"
)

// ErrTwoClusters is returned by Rebuild when workers of two clusters have come
// together, for example because both have the same name.
var ErrTwoClusters = errors.New("the workers hold views of two clusters")

// oneCluster returns nil unless the views that workers hold, and the file's if
// it is not nil, are certain to be of different clusters. Views of one cluster
// are connected: by their register's id, or, from one register to the next, by
// nodes that both have. To mix two clusters would give the partitions of the
// one to the workers of the other.
func oneCluster(told Claims, file *placement.View) error {
	views := told.ordered(file)
	reached := map[*placement.View]bool{views[0]: true}
	for grown := true; grown; {
		grown = false
		for _, v := range views {
			if !reached[v] && slices.ContainsFunc(views, func(w *placement.View) bool { return reached[w] && related(v, w) }) {
				reached[v], grown = true, true
			}
		}
	}
	var here, there []string
	for _, holder := range told.holders() {
		v := told[holder]
		name := holder.String()
		if n, ok := v.Node(holder); ok {
			name = n.Name
		}
		if reached[v] {
			here = append(here, name)
		} else {
			there = append(there, name)
		}
	}
	if len(there) == 0 && (file == nil || reached[file]) {
		return nil
	}
	if file != nil && !reached[file] {
		there = append(there, "this master's file")
	}
	return fmt.Errorf("%w: one is known to %s, another to %s; restart those that do not belong here, give their cluster another name, or start the master without its file (another --data-dir) if it is that",
		ErrTwoClusters, orNobody(here), strings.Join(there, ", "))
}

// orNobody lists names; without any it is the file that knows.
func orNobody(names []string) string {
	if len(names) == 0 {
		return "this master's file"
	}
	return strings.Join(names, ", ")
}

// related reports whether two views can be of one cluster.
func related(a, b *placement.View) bool {
	if len(a.Partitions) != len(b.Partitions) {
		return false
	}
	if a.MasterID == b.MasterID {
		return true
	}
	return slices.ContainsFunc(a.Nodes, func(n placement.Node) bool {
		_, both := b.Node(n.Incarnation)
		return both
	})
}
