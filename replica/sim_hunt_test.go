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
	{"no lease check", plantNoLease, 4},
	{"a lease counted from the receipt of its grant", plantLeaseFromReceipt, 51},
	{"a new primary that does not wait", plantNoWait, 51},
	{"a grant counted though its grantor knows a later view", plantAnyGrant, 11},
	{"a grant that names the view held, not the one being taken up", plantOldGrant, 39},
	{"no epoch check", plantNoEpochCheck, 1},
	{"numbers compared without epochs", plantNumberOnly, 59},
	{"promotion of an incomplete learner", plantEarlyPromotion, 1},
	{"a learner about to be promoted that is not waited for", plantLearnerIgnored, 1},
	{"reads before the tail is committed", plantEarlyRead, 13},
	{"a hand-over without a flush", plantNoFlush, 11},
	{"a stale hand-over taken by the register", plantStaleHandOver, 8},
	{"a stale request taken by the register", plantStaleRequest, 3},
	{"expiry by a backup's own clock", plantLocalExpiry, 1},
	{"eviction by a backup itself", plantLocalEviction, 4},
	{"eviction that shows before it is committed", plantEarlyEviction, 5},
	{"incarnations unchecked", plantOldIncarnation, 1},
	{"no records of requests", plantNoRecords, 1},
	{"failures of repeated requests not recorded", plantFirstAttempt, 2},
	{"records missing from snapshots", plantNoRecordsInFill, 1},
	{"a view published before it is on disk", plantPublishFirst, 265},
	{"items taken twice by a learner", plantRepeatedItems, 2},
	{"an entry lost by a backup", plantLostEntry, 1},
	{"a rebuilt register that waits for nobody", plantNoFreeze, 54},
	{"data kept from an earlier life", plantNoLife, 9},
	{"updates decided by what is committed", plantCommittedUpdate, 1},
	{"a part of a group lost by a backup", plantTornGroup, 1},
	{"an update that does not wait for what it saw", plantEarlyKeep, 1},
	{"a change of a time to live lost by a backup", plantLostTouch, 31},
	{"operations that overtake those that wait", plantOvertake, 1},
	{"a worker that goes back to an earlier register", plantGoBack, 709},
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
			if err := newSim(b.seed, b.bug).run(); err == nil || errors.Is(err, errUndecided) {
				t.Errorf("seed %d does not find it any more (%v); search anew with -hunt and record the seed", b.seed, err)
			} else {
				t.Log(err)
			}
		})
	}
}

// hunt looks for the first schedule that finds the bug.
func hunt(t *testing.T, bug planted) {
	first, why := uint64(0), error(nil)
	played := 0
	playAll(*flagFirst, huntLimit, bug, func(s *sim, err error) bool {
		played++
		if errors.Is(err, errUndecided) {
			return false
		}
		if err != nil && (first == 0 || s.seed < first) {
			first, why = s.seed, err
		}
		return err != nil
	})
	if first == 0 {
		t.Errorf("not found in %d schedules", played)
		return
	}
	t.Logf("RECORD seed %d, after %d schedules: %v", first, played, why)
}
