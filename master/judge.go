package master

import (
	"fmt"

	"pikv/placement"
)

// verdict is what the master makes of whom a worker follows.
type verdict uint8

const (
	// follower follows this master: its report counts.
	follower verdict = iota + 1
	// newcomer follows nobody yet and will adopt this master's id.
	newcomer
	// converts is to forswear another register in favour of this one.
	converts
	// stranger follows a register that this one knows nothing about and holds
	// a view of it: another life of the cluster. It is left alone, since to
	// take it over would throw away what it holds.
	stranger
	// wiser shows that the workers know of a later view than this master.
	wiser
)

// judge says what to make of r. s is the State, which need not be in force, rg
// the reign and override whether the operator said --recover. The string tells
// why, for wiser and stranger. Pure.
func judge(rg *reign, s *State, r report, override bool) (verdict, string) {
	inForce := rg.inForce(s)
	// Which register issued the view that the worker holds? It attaches the
	// view unless that is the one it follows.
	issuer, epoch := r.follows, r.epoch
	if r.claim != nil {
		issuer, epoch = r.claim.MasterID, r.claim.Epoch
	}
	switch {
	case r.epoch == 0 && r.claim == nil: // holds nothing, whatever it followed
		if r.follows == rg.id {
			return follower, ""
		}
		if r.follows == 0 {
			return newcomer, ""
		}
		return converts, ""
	case inForce != nil && issuer == rg.id && epoch > inForce.Epoch:
		return wiser, fmt.Sprintf("worker %q holds epoch %d of this master, whose file is at epoch %d", r.name, epoch, inForce.Epoch)
	case r.follows == rg.id:
		return follower, ""
	case inForce == nil && rg.recovering():
		return converts, ""
	case inForce == nil:
		return wiser, fmt.Sprintf("worker %q holds epoch %d of master %s, and there is no view here", r.name, epoch, issuer)
	case issuer == rg.id || s.forswore(issuer) || s.forswore(r.follows) || len(s.Frozen) > 0:
		return converts, ""
	case epoch > inForce.Epoch && (override || knows(inForce, r.incarnation)):
		return wiser, fmt.Sprintf("worker %q holds epoch %d of master %s, which has come after this one's file", r.name, epoch, issuer)
	case !override:
		return stranger, fmt.Sprintf("worker %q holds epoch %d of master %s, of which this master knows nothing: restart the worker to empty it, or the master with --recover to take over what it holds", r.name, epoch, issuer)
	default:
		return converts, ""
	}
}

// knows reports whether v has a node of this incarnation. It has only those
// that followed its register; so one that follows another now, and is further,
// followed a successor: the file is of before a recovery.
func knows(v *placement.View, inc placement.Incarnation) bool {
	_, known := v.Node(inc)
	return known
}

// laterChange reports whether a node of v asked for some change on the ground
// of a later configuration than v has: then v is not the last view of its
// register.
func laterChange(v *placement.View, changes []placement.Change) bool {
	for _, c := range changes {
		if _, known := v.Node(c.Asker); known && c.Epoch > v.Epoch {
			return true
		}
	}
	return false
}
