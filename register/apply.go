package register

import (
	"errors"
	"fmt"

	"pikv/placement"
)

// Why the register refuses, beside placement's reasons.
var (
	// ErrFrozen refuses a change of a partition in State.Frozen.
	ErrFrozen = errors.New("the partition is frozen until all its replicas have reported to the new master (or it is started with --recover)")
	// ErrNoView refuses a change before the cluster's birth.
	ErrNoView = errors.New("the cluster has no view yet")
)

// Request is one of a batch: changes of partitions, or an edit of the State.
type Request struct {
	// Changes are taken or refused one by one.
	Changes []placement.Change
	// Edit, when it is not nil, makes the next State of the one that it is
	// given, which it must not alter; it may return that to change nothing.
	// A request with an Edit has no Changes.
	Edit func(*State) (*State, error)
}

// Answer is what becomes of one Request, once the State is durable.
type Answer struct {
	// Epoch is that of the view after the batch, 0 when there is none.
	Epoch placement.Epoch
	// Refused has an entry for each change: nil when it was taken.
	Refused []error
	// Err is why the request as a whole had no effect.
	Err error
}

// Apply returns the State after s with everything in batch that the rules
// allow, and an answer for each request. It returns s itself when nothing
// changes. Edits come first, in the order of the batch; then all changes of
// partitions together make one new view.
func Apply(s *State, batch []Request) (*State, []Answer) {
	answers := make([]Answer, len(batch))
	for i, q := range batch {
		if q.Edit != nil {
			s, answers[i].Err = applyEdit(s, q.Edit)
		}
	}
	s = applyChanges(s, batch, answers)
	for i := range answers {
		answers[i].Epoch = s.Epoch()
	}
	return s, answers
}

// applyEdit returns what edit makes of s; s itself when the outcome would
// break what readers of views rely on.
func applyEdit(s *State, edit func(*State) (*State, error)) (*State, error) {
	next, err := edit(s)
	if err != nil || next == s {
		return s, err
	}
	if next == nil || next.View == nil {
		return s, fmt.Errorf("edit the view: it would be gone: %w", ErrNoView)
	}
	if next.View != s.View {
		if next.View.Epoch <= s.Epoch() {
			return s, fmt.Errorf("edit the view: epoch %d would follow %d", next.View.Epoch, s.Epoch())
		}
		if err := next.View.Validate(); err != nil {
			return s, fmt.Errorf("edit the view: %w", err)
		}
	}
	return next, nil
}

// applyChanges puts the changes of the whole batch to the view at once, and
// sets answers[i].Refused for every request that has changes.
func applyChanges(s *State, batch []Request, answers []Answer) *State {
	var changes []placement.Change
	var slots []*error // where the verdict on changes[i] goes
	for i, q := range batch {
		if q.Edit != nil {
			continue
		}
		if s.View == nil {
			answers[i].Err = ErrNoView
			continue
		}
		answers[i].Refused = make([]error, len(q.Changes))
		for j, c := range q.Changes {
			if s.IsFrozen(c.Partition) {
				answers[i].Refused[j] = ErrFrozen
				continue
			}
			changes = append(changes, c)
			slots = append(slots, &answers[i].Refused[j])
		}
	}
	if len(changes) == 0 {
		return s
	}
	view, refused := s.View.Next(changes)
	for i, err := range refused {
		*slots[i] = err
	}
	if view == nil {
		return s
	}
	return s.WithView(view)
}

// LaterChange reports whether a node of v asked for some change on the ground
// of a later configuration than v has: then v is not the last view of its
// register.
func LaterChange(v *placement.View, changes []placement.Change) bool {
	for _, c := range changes {
		if _, known := v.Node(c.Asker); known && c.Epoch > v.Epoch {
			return true
		}
	}
	return false
}
