package replica

import (
	"errors"
	"testing"
)

// huntLimit is how many schedules a search for one planted bug may take.
const huntLimit = 6000

// plantedBugs are the bugs that must be found, each with a schedule that does:
// found when it was last searched for with -hunt (from seed 1 on, or from -first).
var plantedBugs = []struct {
	name string
	bug  planted
	seed uint64
}{
	{"a write acknowledged before the backups have it", plantEarlyAck, 1},
	{"no lease check", plantNoLease, 9},
	{"a lease counted from the receipt of its grant", plantLeaseFromReceipt, 72},
	{"a new primary that does not wait", plantNoWait, 1},
	{"a grant counted though its grantor knows a later view", plantAnyGrant, 7},
	{"a grant that names the view held, not the one being taken up", plantOldGrant, 9},
	{"no epoch check", plantNoEpochCheck, 1},
	{"numbers compared without epochs", plantNumberOnly, 96},
	{"promotion of an incomplete learner", plantEarlyPromotion, 1},
	{"a learner about to be promoted that is not waited for", plantLearnerIgnored, 1},
	{"reads before the tail is committed", plantEarlyRead, 40},
	{"a hand-over without a flush", plantNoFlush, 18},
	{"a stale hand-over taken by the register", plantStaleHandOver, 3},
	{"a stale request taken by the register", plantStaleRequest, 3},
	{"expiry by a backup's own clock", plantLocalExpiry, 1},
	{"eviction by a backup itself", plantLocalEviction, 2},
	{"eviction that shows before it is committed", plantEarlyEviction, 10},
	{"incarnations unchecked", plantOldIncarnation, 2},
	{"no records of requests", plantNoRecords, 1},
	{"failures of repeated requests not recorded", plantFirstAttempt, 1},
	{"records missing from snapshots", plantNoRecordsInFill, 1},
	{"a view published before it is on disk", plantPublishFirst, 112},
	{"items taken twice by a learner", plantRepeatedItems, 2},
	{"an entry lost by a backup", plantLostEntry, 1},
	{"a rebuilt register that waits for nobody", plantNoFreeze, 33},
	{"data kept from an earlier life", plantNoLife, 2},
	{"updates decided by what is committed", plantCommittedUpdate, 1},
	{"a part of a group lost by a backup", plantTornGroup, 1},
	{"an update that does not wait for what it saw", plantEarlyKeep, 1},
	{"a change of a time to live lost by a backup", plantLostTouch, 91},
	{"operations that overtake those that wait", plantOvertake, 1},
	{"a read judged by a clock read before it came", plantOldClock, 1},
	{"a learner about to be promoted whose lease is not needed", plantLearnerLease, 12},
	{"a client that takes a broken connection for a request that was not sent", plantNotSent, 1},
	{"a client that takes every refusal for an answer to its earlier attempts, too", plantSettled, 9},
	{"a worker that goes back to an earlier register", plantGoBack, 96},
}

// TestPlantedBugsAreFound proves that the promises are really watched: it plays
// the recorded schedule of each planted bug or, with -hunt, searches for one.
// A change of the simulation changes what every seed plays: then hunt, and
// record what is found.
func TestPlantedBugsAreFound(t *testing.T) {
	for _, b := range plantedBugs {
		t.Run(b.name, func(t *testing.T) {
			if *flagHunt {
				hunt(t, b.bug)
				return
			}
			if err := newSim(b.seed, b.bug).run(); !shown(err) {
				t.Errorf("seed %d does not find it any more (%v); search anew with -hunt and record the seed", b.seed, err)
			} else {
				t.Log(err)
			}
		})
	}
}

// shown reports whether a schedule ended with a broken promise.
func shown(err error) bool {
	return err != nil && !errors.Is(err, errUndecided) && !errors.Is(err, errPanic)
}

// hunt looks for the first schedule that finds the bug.
func hunt(t *testing.T, bug planted) {
	first, why := uint64(0), error(nil)
	played := 0
	playAll(*flagFirst, huntLimit, bug, func(s *sim, err error) bool {
		played++
		if shown(err) && (first == 0 || s.seed < first) {
			first, why = s.seed, err
		}
		return shown(err)
	})
	if first == 0 {
		t.Errorf("not found in %d schedules", played)
		return
	}
	t.Logf("RECORD seed %d, after %d schedules: %v", first, played, why)
}
