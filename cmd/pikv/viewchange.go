package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pikv/placement"
)

// change is one thing that happened between two views.
type change struct {
	Epoch uint64 `json:"epoch"` // of the later view
	Text  string `json:"text"`
	// What a change of partitions leaves them with, by name; empty for others.
	Partitions []uint16 `json:"partitions,omitempty"`
	Primary    string   `json:"primary,omitempty"`
	Backups    []string `json:"backups,omitempty"`
	Learners   []string `json:"learners,omitempty"`
}

// summary is the change from nothing to v.
func summary(v *placement.View) change {
	var workers []string
	for _, n := range v.Nodes {
		workers = append(workers, n.Name)
	}
	return change{Epoch: uint64(v.Epoch), Text: fmt.Sprintf("%s with %s each, on %s",
		count(len(v.Partitions), "partition"), count(v.Replicas, "replica"), cmp.Or(names(workers), "nobody"))}
}

// changes says how view differs from old, an earlier one: first the cluster
// and its nodes, then the partitions, those with the same fate together.
func changes(old, view *placement.View) []change {
	var list []change
	say := func(format string, args ...any) {
		list = append(list, change{Epoch: uint64(view.Epoch), Text: fmt.Sprintf(format, args...)})
	}
	if old.MasterID != view.MasterID {
		say("another master decides: %v instead of %v", view.MasterID, old.MasterID)
	}
	if len(old.Partitions) != len(view.Partitions) {
		say("it is another cluster, with %s", count(len(view.Partitions), "partition"))
		return list
	}
	if old.Replicas != view.Replicas {
		say("%s of each partition instead of %d", count(view.Replicas, "replica"), old.Replicas)
	}
	for _, text := range nodeChanges(old, view) {
		say("%s", text)
	}
	return append(list, partitionChanges(old, view)...)
}

// nodeChanges says who came, went or is to go.
func nodeChanges(old, view *placement.View) []string {
	var list []string
	names := make(map[string]bool)
	for _, n := range old.Nodes {
		names[n.Name] = true
	}
	for _, n := range view.Nodes {
		before, known := old.Node(n.Incarnation)
		switch {
		case !known && names[n.Name]:
			list = append(list, n.Name+" was restarted and is back, empty")
		case !known:
			list = append(list, n.Name+" joined")
		case before.State != n.State:
			list = append(list, fmt.Sprintf("%s is %s", n.Name, n.State))
		}
	}
	for _, n := range old.Nodes {
		// A restarted one is named by what has come.
		if _, there := view.Node(n.Incarnation); !there && !named(view, n.Name) {
			list = append(list, n.Name+" left")
		}
	}
	return list
}

// named reports whether the view has a node of that name.
func named(v *placement.View, name string) bool {
	return slices.ContainsFunc(v.Nodes, func(n placement.Node) bool { return n.Name == name })
}

// partitionChanges groups the partitions that changed by what happened to them.
func partitionChanges(old, view *placement.View) []change {
	groups := make(map[string]*change)
	for i := range view.Partitions {
		was, is := old.Partitions[i], view.Partitions[i]
		if was.Epoch == is.Epoch && old.MasterID == view.MasterID {
			continue
		}
		what := fate(old, view, was, is)
		if what == "" {
			continue
		}
		c := configuration(view, is)
		key := strings.Join([]string{what, c.Primary, strings.Join(c.Backups, ","), strings.Join(c.Learners, ",")}, ";")
		g := groups[key]
		if g == nil {
			c.Text = what
			g = &c
			groups[key] = g
		}
		g.Partitions = append(g.Partitions, uint16(i))
	}
	list := slices.SortedFunc(maps.Values(groups), func(a, b *change) int { return cmp.Compare(a.Partitions[0], b.Partitions[0]) })
	all := make([]change, len(list))
	for i, g := range list {
		all[i] = *g
		all[i].Text = fmt.Sprintf("%s: %s; now %s", partitions(g.Partitions), g.Text, g.inWords())
	}
	return all
}

// configuration is who has p.
func configuration(v *placement.View, p placement.Partition) change {
	c := change{Epoch: uint64(v.Epoch), Primary: nameOf(v, p.Primary)}
	for _, inc := range p.InSync {
		if inc != p.Primary {
			c.Backups = append(c.Backups, nameOf(v, inc))
		}
	}
	for _, inc := range p.Learners {
		c.Learners = append(c.Learners, nameOf(v, inc))
	}
	return c
}

// inWords says who has the partitions.
func (c change) inWords() string {
	text := "primary " + c.Primary
	switch len(c.Backups) {
	case 0:
		text += ", no backup"
	case 1:
		text += ", backup " + c.Backups[0]
	default:
		text += ", backups " + names(c.Backups)
	}
	if len(c.Learners) > 0 {
		text += ", filling " + names(c.Learners)
	}
	return text
}

// fate says what happened to a partition between two configurations, "" when
// nothing did that shows.
func fate(old, view *placement.View, was, is placement.Partition) string {
	if is.Life != was.Life {
		return "reset, what it held is gone"
	}
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if was.Primary != is.Primary {
		from, to := nameOf(old, was.Primary), nameOf(view, is.Primary)
		if _, there := view.Node(was.Primary); is.Replaced || !there {
			say("%s took over from %s", to, from)
		} else {
			say("%s handed over to %s", from, to)
		}
	}
	for _, inc := range is.InSync {
		if !slices.Contains(was.InSync, inc) {
			say("%s is in sync", nameOf(view, inc))
		}
	}
	for _, inc := range is.Learners {
		if !slices.Contains(was.Learners, inc) {
			say("%s is being filled", nameOf(view, inc))
		}
	}
	for _, inc := range was.InSync {
		// That a primary was replaced is said already.
		if inc != was.Primary && !slices.Contains(is.InSync, inc) {
			say("%s was dropped", nameOf(old, inc))
		}
	}
	for _, inc := range was.Learners {
		if !slices.Contains(is.Learners, inc) && !slices.Contains(is.InSync, inc) {
			say("filling %s was given up", nameOf(old, inc))
		}
	}
	return strings.Join(parts, ", ")
}

// nameOf returns the name of a node of v.
func nameOf(v *placement.View, inc placement.Incarnation) string {
	if n, ok := v.Node(inc); ok {
		return n.Name
	}
	return inc.String()
}
