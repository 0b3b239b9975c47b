package membership

import "errors"

// Errors that users meet; match them with errors.Is. The text wrapped around
// them names the addresses involved and says what to do.
var (
	// ErrNameTaken: another live node of the cluster has this node's name.
	// From Start, or from Failed when no seed answered during Start.
	ErrNameTaken = errors.New("node name taken")
	// ErrWrongKeyOrCluster: seeds answer, but none accepts this node: they
	// belong to another cluster or have another gossip key. From Start, or
	// from Failed when no seed answered during Start.
	ErrWrongKeyOrCluster = errors.New("wrong gossip key or cluster name")
	// ErrClosed: the Membership was started before, has left or was closed.
	// It cannot be started again: make a new one.
	ErrClosed = errors.New("membership not startable: started before or closed")
)
