package discovery

import (
	"context"
	"errors"
)

// Find asks for masters, and when no master of the cluster answers for all nodes:
// a worker knows its cluster, too. It returns the nodes of one cluster as Choose does.
// It takes a second when nobody answers, and half of that if it is patient, see Ask.
func Find(ctx context.Context, cluster string, patient bool) ([]Node, error) {
	masters, err := Ask(ctx, true, patient)
	if err != nil {
		return nil, err
	}
	chosen, err := Choose(masters, cluster)
	if !errors.Is(err, ErrNobody) {
		return chosen, err
	}
	all, err := Ask(ctx, false, patient)
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
