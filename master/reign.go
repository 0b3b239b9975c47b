package master

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
	"time"

	"pikv/placement"
)

// reign is under which id this master speaks, and how far it is. A view is in
// force only when it bears the id: one of an older id (a file that turned out
// to be too old) is shown to nobody. Immutable.
type reign struct {
	id    placement.MasterID
	since time.Time
	// why says what told the master that the workers know more than its file;
	// "" when nothing did.
	why string
}

// recovering reports whether the register is to be rebuilt from what the
// workers know. It is meaningful until a view of this id is published.
func (r *reign) recovering() bool { return r.why != "" }

// authority is the reign in force. Safe for concurrent use.
type authority struct{ current atomic.Pointer[reign] }

// newAuthority takes up the reign of the State that was loaded, or begins one.
func newAuthority(s *State, now time.Time) *authority {
	first := &reign{since: now}
	if s.View != nil {
		first.id = s.View.MasterID
	} else {
		first.id = drawMasterID()
	}
	a := &authority{}
	a.current.Store(first)
	return a
}

// reign returns the reign in force.
func (a *authority) reign() *reign { return a.current.Load() }

// recover begins a recovery under a new id, unless old is no longer in force.
// A master that has published nothing under its id keeps it: nobody can hold a
// view of it. It reports whether it did.
func (a *authority) recover(old *reign, used bool, why string, now time.Time) bool {
	next := &reign{id: old.id, since: now, why: why}
	if used {
		next.id = drawMasterID()
	}
	return a.current.CompareAndSwap(old, next)
}

// inForce returns s.View when the reign has published it, else nil.
func (r *reign) inForce(s *State) *placement.View {
	if s.View == nil || s.View.MasterID != r.id {
		return nil
	}
	return s.View
}

// drawMasterID returns a random id, never 0.
func drawMasterID() placement.MasterID { return placement.MasterID(drawID()) }

// drawID returns a random number, never 0.
func drawID() uint64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		if id := binary.BigEndian.Uint64(b[:]); id != 0 {
			return id
		}
	}
}
