package discovery

import (
	"context"
	"errors"
)

// Find returns the nodes of one cluster as Choose does. Who is patient, see Ask, hears all
// nodes for half a second, and whether they are of one cluster. Who is not asks for masters
// first, and for all nodes when no master of the cluster answers: a worker knows its cluster,
// too. That takes a second when nobody answers.
func Find(ctx context.Context, cluster string, patient bool) ([]Node, error) {
	if patient {
		all, err := Ask(ctx, false, true)
		if err != nil {
			return nil, err
		}
		return Choose(all, cluster)
	}
	masters, err := Ask(ctx, true, false)
	if err != nil {
		return nil, err
	}
	chosen, err := Choose(masters, cluster)
	if !errors.Is(err, ErrNobody) {
		return chosen, err
	}
	all, err := Ask(ctx, false, false)
	if err != nil {
		return nil, err
	}
	return Choose(append(masters, all...), cluster)
}

// FindMaster asks for the cluster's master alone: a question that none but masters answer.
func FindMaster(ctx context.Context, cluster string) ([]Node, error) {
	masters, err := Ask(ctx, true, true)
	if err != nil {
		return nil, err
	}
	return Choose(masters, cluster)
}
