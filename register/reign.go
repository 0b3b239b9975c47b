package register

import "pikv/placement"

// Reign is under which id a register speaks, and how far it is. A view is in
// force only when it bears the id: one of an older id (a file that turned out
// to be too old) is shown to nobody.
type Reign struct {
	ID placement.MasterID
	// Why says what told the register that the workers know more than its
	// file; "" when nothing did.
	Why string
}

// Recovering reports whether the register is to be rebuilt from what the
// workers know. It is meaningful until a view of this id is published.
func (r Reign) Recovering() bool { return r.Why != "" }

// InForce returns s.View when the reign has published it, else nil.
func (r Reign) InForce(s *State) *placement.View {
	if s.View == nil || s.View.MasterID != r.ID {
		return nil
	}
	return s.View
}

// Recover returns the reign that begins a recovery because of why, and of
// workers that follow the register above (0: none). Its id is of a later
// generation than either; random tells it from others.
//
// Generations order registers as ballots do in Paxos (Lamport, "The Part-Time
// Parliament", 1998): a worker that has sworn to one never obeys an earlier one
// again. So whatever a register of an earlier generation has decided of a
// partition is known to one of its replicas by the time that all of them have
// spoken to this one, or has no effect any more.
func (r Reign) Recover(why string, above placement.MasterID, random uint64) Reign {
	return Reign{ID: placement.NewMasterID(max(above.Generation(), r.ID.Generation())+1, random), Why: why}
}

// epochs is how many epochs a generation has. The first digits of an epoch
// tell the generation, and so how often the file was lost.
const epochs placement.Epoch = 1_000_000_000

// firstEpoch returns the first epoch of the register id that is later than any
// of an earlier generation, and in any case than last.
func firstEpoch(id placement.MasterID, last placement.Epoch) placement.Epoch {
	generation := placement.Epoch(max(id.Generation(), 1) - 1)
	return max(generation*epochs+1, last+1)
}
