package register

import (
	"fmt"

	"pikv/placement"
)

// Verdict is what a register makes of whom a worker follows.
type Verdict uint8

// The verdicts.
const (
	// Follower follows this register: its report counts.
	Follower Verdict = iota + 1
	// Newcomer follows nobody yet and will adopt this register's id.
	Newcomer
	// Converts is to forswear another register in favour of this one.
	Converts
	// Stranger follows a register that this one knows nothing about and holds
	// a view of it: another life of the cluster, or another cluster of the same
	// name. It is left alone, since to take it over would throw away what it
	// holds, and to believe it would throw away what others do.
	Stranger
	// Wiser shows that the workers know of a later view than this register.
	Wiser
)

// Judge says what to make of r. s is the State, which need not be in force, rg
// the reign and override whether the operator said --recover. The string tells
// why, for Wiser and Stranger.
//
// A worker that holds something is never made to follow a register of an earlier
// generation, or of the same: what it has promised to the one that it follows
// would be broken. Instead a recovery begins, which takes a later generation.
func Judge(rg Reign, s *State, r Report, override bool) (Verdict, string) {
	inForce := rg.InForce(s)
	// Which register issued the view that the worker holds? It attaches the
	// view unless that is the one it follows.
	issuer, epoch := r.Follows, r.Epoch
	if r.Claim != nil {
		issuer, epoch = r.Claim.MasterID, r.Claim.Epoch
	}
	switch {
	case r.Epoch == 0 && r.Claim == nil: // holds nothing, whatever it followed
		if r.Follows == rg.ID {
			return Follower, ""
		}
		if r.Follows == 0 {
			return Newcomer, ""
		}
		return Converts, ""
	case inForce != nil && issuer == rg.ID && epoch > inForce.Epoch:
		return Wiser, fmt.Sprintf("worker %q holds epoch %d of this master, whose file is at epoch %d", r.Name, epoch, inForce.Epoch)
	case r.Follows == rg.ID:
		return Follower, ""
	case inForce == nil && !rg.Recovering():
		return Wiser, fmt.Sprintf("worker %q holds epoch %d of master %s, and there is no view here", r.Name, epoch, issuer)
	case inForce != nil && issuer != rg.ID && !s.Forswore(issuer) && !s.Forswore(r.Follows) && !knows(inForce, r.Incarnation) && !override:
		return Stranger, fmt.Sprintf("worker %q holds epoch %d of master %s, of which this master knows nothing: restart the worker to empty it, or the master with --recover to take over what it holds", r.Name, epoch, issuer)
	case r.Follows.Generation() >= rg.ID.Generation():
		return Wiser, fmt.Sprintf("worker %q follows master %s, which has come after this one's file", r.Name, r.Follows)
	default:
		return Converts, ""
	}
}

// knows reports whether v has a node of this incarnation: it has followed this
// register, or one that this one replaced.
func knows(v *placement.View, inc placement.Incarnation) bool {
	_, known := v.Node(inc)
	return known
}

// Reception is what is to be done with a report.
type Reception struct {
	Verdict Verdict
	// Why is for the log and for the worker, when the verdict is Stranger, and
	// for the reign that begins, when Recover is set.
	Why string
	// Recover says that the workers know more than this register: begin the
	// reign of Reign.Recover, above the register that Report.Follows, and
	// receive the report again under it.
	Recover bool
	// Keep says that Report is to be kept as the worker's last.
	Keep   bool
	Report Report
	// Forswear tells the worker to forswear the register that it follows.
	Forswear bool
}

// Receive judges a report. member says whether gossip knows a live worker of
// that incarnation: nobody from outside can unsettle the register, or leave a
// claim with it, which is large.
func Receive(rg Reign, s *State, r Report, member, override bool) Reception {
	verdict, why := Judge(rg, s, r, override)
	out := Reception{Verdict: verdict, Why: why, Report: r}
	switch verdict {
	case Wiser:
		out.Recover = member
	case Stranger:
	case Converts:
		out.Keep, out.Forswear = true, true
		out.Report.Claim = nil // it counts once the worker has forsworn
	case Follower:
		out.Keep = r.Claim == nil || member
	case Newcomer:
		out.Keep = true
	}
	return out
}

// MayAdopt reports whether the worker of report r, as it is kept, may be told
// the epoch of the view in force, and so adopt it. Until its claim is heard it
// may not, and is told epoch 0:
//
//	X, cut off, holds partition 7 at epoch 50, in sync alone
//	the register publishes epoch N with partition 7 as B knew it: epoch 30, {B}
//	X is back, follows the new id and reports its claim
//	X fetches N, in which it holds nothing, and clears partition 7
//	the register hears the claim
//
// Nor may it as long as a partition of which it is a replica is frozen in a
// configuration that it does not hold, unless that one has been in force: it
// would forget that it knows of a later one, or act upon one that never was.
func MayAdopt(rg Reign, s *State, r Report) bool {
	v := rg.InForce(s)
	if v == nil || !r.Followed(rg.ID) {
		return false
	}
	if r.Claim == nil {
		return true
	}
	for i := range s.Frozen {
		f := &s.Frozen[i]
		if !f.knows(r.Incarnation) || int(f.Partition) >= len(r.Claim.Partitions) {
			continue
		}
		shown, holds := v.Partitions[f.Partition].Epoch, r.Claim.Partitions[f.Partition].Epoch
		inForce := f.Held && f.shown().Epoch == shown
		if holds > shown || holds < shown && !inForce {
			return false
		}
	}
	return true
}
