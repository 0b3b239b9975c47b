package master

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
	"time"

	"pikv/placement"
	"pikv/register"
)

// reign is the register's reign, and since when it lasts. Immutable.
type reign struct {
	register.Reign
	since time.Time
}

// authority is the reign in force. Safe for concurrent use.
type authority struct{ current atomic.Pointer[reign] }

// newAuthority takes up the reign of the State that was loaded, or begins one.
func newAuthority(s *register.State, now time.Time) *authority {
	first := &reign{since: now}
	if s.View != nil {
		first.ID = s.View.MasterID
	} else {
		first.ID = drawMasterID()
	}
	a := &authority{}
	a.current.Store(first)
	return a
}

// reign returns the reign in force.
func (a *authority) reign() *reign { return a.current.Load() }

// recover begins a recovery, see register.Reign.Recover, unless old is no
// longer in force. It reports whether it did.
func (a *authority) recover(old *reign, why string, above placement.MasterID, now time.Time) bool {
	return a.current.CompareAndSwap(old, &reign{old.Recover(why, above, drawID()), now})
}

// drawMasterID returns the id of a register that nothing came before.
func drawMasterID() placement.MasterID { return placement.NewMasterID(1, drawID()) }

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
