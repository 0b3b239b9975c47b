package register

import "pikv/placement"

// Report is what a worker said last, as far as the register decides by it.
type Report struct {
	Name        string
	Incarnation placement.Incarnation
	Follows     placement.MasterID // 0: nobody yet
	Epoch       placement.Epoch    // of the view that it holds, 0 for none
	// Claim is the view that the worker holds of a register that it has
	// forsworn; nil when it holds none, or one of the master that it follows.
	Claim *placement.View
	// Heard is set once the claim is in the register's durable State, or was
	// found to be of no use: the worker may now adopt a view in its place.
	Heard bool
	// Gone says that the worker's name has reported as another incarnation
	// since: what this one held is no more, and it will not speak again.
	Gone bool
}

// After returns r as it is to be kept in the place of old, the worker's report
// before it: a claim that was heard stays so.
func (r Report) After(old Report) Report {
	r.Heard = old.Heard && old.Follows == r.Follows && sameClaim(old.Claim, r.Claim)
	return r
}

// Replaced returns r as it is to be kept once its name has reported as another
// incarnation.
func (r Report) Replaced() Report {
	r.Gone = true
	return r
}

// Hear returns r with its claim marked as heard, if seen is the report whose
// claim, for the register id, was heard, and r has the same one still.
func (r Report) Hear(seen Report, id placement.MasterID) Report {
	if seen.Follows == id && r.Follows == id && sameClaim(r.Claim, seen.Claim) {
		r.Heard = true
	}
	return r
}

// sameClaim reports whether a worker's two claims are the same view. A worker
// that has forsworn that view's register adopts no other one of it, so that
// the id and the epoch tell.
func sameClaim(a, b *placement.View) bool {
	return a != nil && b != nil && a.MasterID == b.MasterID && a.Epoch == b.Epoch
}

// Follower reports whether the worker has sworn to follow id.
func (r Report) Follower(id placement.MasterID) bool { return r.Follows == id }

// Empty reports whether the worker follows id and holds no view at all.
func (r Report) Empty(id placement.MasterID) bool {
	return r.Follows == id && r.Epoch == 0 && r.Claim == nil
}

// Spoken reports whether the worker has sworn to follow id and has told what it
// holds. It is for the time before id has published a view: what a worker then
// holds can only be a claim.
func (r Report) Spoken(id placement.MasterID) bool {
	return r.Follows == id && !r.Gone && (r.Epoch == 0 || r.Claim != nil)
}

// Followed reports whether the worker follows id and what it knew before has
// been heard. It is for the time after id has published a view.
func (r Report) Followed(id placement.MasterID) bool {
	return r.Follows == id && !r.Gone && (r.Claim == nil || r.Heard)
}
