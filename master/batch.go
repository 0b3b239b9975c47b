package master

import (
	"fmt"

	"pikv/placement"
)

// applyBatch returns the State after s with everything in batch that the rules
// allow, and an answer for each request. It returns s itself when nothing
// changes. Updates come first, in the order of the batch; then all changes of
// partitions together make one new view. Pure.
func applyBatch(s *State, batch []request) (*State, []answer) {
	answers := make([]answer, len(batch))
	for i, q := range batch {
		if q.edit != nil {
			s, answers[i].err = applyEdit(s, q.edit)
		}
	}
	s = applyChanges(s, batch, answers)
	for i := range answers {
		answers[i].epoch = s.epoch()
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
		if next.View.Epoch <= s.epoch() {
			return s, fmt.Errorf("edit the view: epoch %d would follow %d", next.View.Epoch, s.epoch())
		}
		if err := next.View.Validate(); err != nil {
			return s, fmt.Errorf("edit the view: %w", err)
		}
	}
	return next, nil
}

// applyChanges puts the changes of the whole batch to the view at once, and
// sets answers[i].refused for every request that has changes.
func applyChanges(s *State, batch []request, answers []answer) *State {
	var changes []placement.Change
	var slots []*error // where the verdict on changes[i] goes
	for i, q := range batch {
		if q.edit != nil {
			continue
		}
		if s.View == nil {
			answers[i].err = ErrNoView
			continue
		}
		answers[i].refused = make([]error, len(q.changes))
		for j, c := range q.changes {
			if s.frozen(c.Partition) {
				answers[i].refused[j] = ErrFrozen
				continue
			}
			changes = append(changes, c)
			slots = append(slots, &answers[i].refused[j])
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
	return s.withView(view)
}
