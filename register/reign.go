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

// Recover returns the reign that begins a recovery because of why. A register
// that has published nothing under its id keeps it, since nobody can hold a
// view of it; otherwise drawn is the new id, which nobody has used.
func (r Reign) Recover(published bool, why string, drawn placement.MasterID) Reign {
	if published {
		return Reign{ID: drawn, Why: why}
	}
	return Reign{ID: r.ID, Why: why}
}
