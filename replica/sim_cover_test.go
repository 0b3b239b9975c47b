package replica

import (
	"fmt"
	"strings"

	"pikv/client/retry"
	"pikv/placement"
	"pikv/wire"
)

// covered counts something that the schedules are to contain.
type covered int

const (
	coverFill covered = iota
	coverRefill
	coverFillFull
	coverPromotion
	coverPromotionWithTail
	coverHandOver
	coverHandOverHeld
	coverHandOverInterrupted
	coverHandOverGivenUp
	coverReplaceAsked
	coverReplaced
	coverReplacedByOther
	coverReplacedWithTail
	coverStepWithTail
	coverReconciled
	coverDroppedBackup
	coverSilentLearner
	coverStalledLearner
	coverLeaseLapsed
	coverLeaseRenewed
	coverGrantOfLaterView
	coverFalseHint
	coverLogFull
	coverCrowded
	coverGap
	coverStaleMessage
	coverStaleAnswer
	coverRefused
	coverOldView
	coverOtherMaster
	coverUnheard
	coverForsworn
	coverRecovery
	coverRebuilt
	coverTwoMasters
	coverFileLost
	coverFileOld
	coverAway
	coverCrashBeforeWrite
	coverCrashBeforeFlush
	coverCrashBeforePublish
	coverOverride
	coverGivenUp
	coverReset
	coverReplicas
	coverRedirect
	coverHeldTimeout
	coverUnavailable
	coverOutOfMemory
	coverConditionFailed
	coverNotInteger
	coverFinished
	coverUnknownFate
	coverForgotten
	coverDelayedCall
	coverLateCall
	coverRerouted
	coverNameless
	coverUnsettled
	coverAtOnce
	coverNamedAtOnce
	coverOldReading
	coverLostAnswer
	coverRepeated
	coverRepeatedOutcome
	coverNote
	coverGaveUp
	coverExpiry
	coverUpdated
	coverUpdateKept
	coverTouched
	coverGrouped
	coverGroupKept
	coverCopied
	coverDecidedAgain
	coverPlanUploaded
	coverTooLarge
	coverBehind
	coverEvicted
	coverEvictedForOther
	coverStarved
	coverFed
	coverFillRelieved
	coverCrash
	coverCrashBetween
	coverPauseBetween
	coverDrained
	coverJoin
	coverWild
	coverCount
)

var coverNames = [coverCount]string{
	coverFill:                "fills completed",
	coverRefill:              "refills from empty after a changed epoch",
	coverFillFull:            "fills refused for want of memory",
	coverPromotion:           "promotions",
	coverPromotionWithTail:   "promotions with entries not yet committed",
	coverHandOver:            "hand-overs",
	coverHandOverHeld:        "hand-overs with operations held",
	coverHandOverInterrupted: "hand-overs forestalled by another change",
	coverHandOverGivenUp:     "hand-overs given up, served on",
	coverReplaceAsked:        "requests to replace a silent primary",
	coverReplaced:            "primaries replaced",
	coverReplacedByOther:     "primaries replaced by another than the asker",
	coverReplacedWithTail:    "primaries replaced by a backup with a tail",
	coverStepWithTail:        "new primaries with a tail to commit",
	coverReconciled:          "tails reconciled",
	coverDroppedBackup:       "backups dropped",
	coverSilentLearner:       "silent or dead learners dropped",
	coverStalledLearner:      "stalled learners given up",
	coverLeaseLapsed:         "operations that found a lapsed lease",
	coverLeaseRenewed:        "leases renewed after a lapse",
	coverGrantOfLaterView:    "grants that named a later view",
	coverFalseHint:           "false hints that a node is gone",
	coverLogFull:             "learners given up because the log is full",
	coverCrowded:             "times that writes waited for others to be committed",
	coverGap:                 "entries that came after a gap",
	coverStaleMessage:        "messages of an old epoch",
	coverStaleAnswer:         "senders told that they are behind",
	coverRefused:             "requests that a register refused",
	coverOldView:             "views that came late",
	coverOtherMaster:         "views of a register that is not followed",
	coverUnheard:             "views that had to wait for a claim to be heard",
	coverForsworn:            "registers forsworn",
	coverRecovery:            "recoveries begun",
	coverRebuilt:             "registers rebuilt",
	coverTwoMasters:          "second masters",
	coverFileLost:            "files lost",
	coverFileOld:             "files rolled back",
	coverAway:                "masters restarted",
	coverCrashBeforeWrite:    "masters ended before a write",
	coverCrashBeforeFlush:    "masters ended before a flush",
	coverCrashBeforePublish:  "masters ended before a publication",
	coverOverride:            "masters started with --recover",
	coverGivenUp:             "partitions thawed at the operator's risk",
	coverReset:               "partitions reset",
	coverReplicas:            "changes of the number of replicas",
	coverRedirect:            "redirects",
	coverHeldTimeout:         "operations held until their deadline",
	coverUnavailable:         "operations at a node without a view",
	coverOutOfMemory:         "writes refused for want of memory",
	coverConditionFailed:     "conditions not met",
	coverNotInteger:          "increments of what is no number",
	coverFinished:            "requests of a call that was over",
	coverUnknownFate:         "writes of unknown fate",
	coverForgotten:           "repeated requests whose record is gone",
	coverDelayedCall:         "requests delayed for long",
	coverLateCall:            "requests that came after the client had given them up",
	coverRerouted:            "attempts given up because the owner changed",
	coverNameless:            "writes without a name of unknown fate",
	coverUnsettled:           "refusals that left open what an earlier attempt does",
	coverAtOnce:              "puts without a name that took effect at once",
	coverNamedAtOnce:         "puts with a name that took effect at once",
	coverOldReading:          "requests executed long after the clock was read for them",
	coverLostAnswer:          "answers lost",
	coverRepeated:            "requests repeated",
	coverRepeatedOutcome:     "repeated requests that got the first one's outcome",
	coverNote:                "failures recorded",
	coverGaveUp:              "calls given up, of unknown fate",
	coverExpiry:              "numbered expiries sent",
	coverUpdated:             "updates that changed a key",
	coverUpdateKept:          "updates that changed nothing",
	coverTouched:             "times to live sent without the value",
	coverGrouped:             "groups that changed keys",
	coverGroupKept:           "groups that changed nothing",
	coverCopied:              "groups that copied a value",
	coverDecidedAgain:        "decisions taken again",
	coverPlanUploaded:        "decisions uploaded before they were numbered",
	coverTooLarge:            "operations that would write too much",
	coverBehind:              "operations that waited behind an earlier one on the key",
	coverEvicted:             "evictions",
	coverEvictedForOther:     "evictions for another's memory",
	coverStarved:             "times that writes waited for room",
	coverFed:                 "times that a write found the room that it waited for",
	coverFillRelieved:        "fills that found the room that they waited for",
	coverCrash:               "crashes",
	coverCrashBetween:        "crashes between two effects",
	coverPauseBetween:        "pauses between two effects",
	coverDrained:             "workers drained and stopped",
	coverJoin:                "workers joined",
	coverWild:                "schedules with clocks at any rate",
}

// coverage holds the counts.
type coverage [coverCount]int64

func (c *coverage) hit(what covered) { c[what]++ }

func (c *coverage) add(other *coverage) {
	for i := range c {
		c[i] += other[i]
	}
}

func (c *coverage) String() string {
	var b strings.Builder
	for i, name := range coverNames {
		fmt.Fprintf(&b, "%9d %s\n", c[i], name)
	}
	return b.String()
}

// step counts what an event made of a core.
func (c *coverage) step(n *simNode, core *Core, before, now simObserved) {
	if before.role == RoleLearner && now.role == RoleLearner {
		switch {
		case now.epoch > before.epoch:
			c.hit(coverRefill)
		case now.complete && !before.complete:
			c.hit(coverFill)
		}
		if before.full && !now.full && now.epoch == before.epoch && core.node.timing.Evict > 0 {
			c.hit(coverFillRelieved)
		}
	}
	if before.phase == handing && now.phase != handing {
		switch {
		case now.role == RolePrimary && now.epoch == before.epoch:
			c.hit(coverHandOverGivenUp)
		case now.role == RolePrimary:
			c.hit(coverHandOverInterrupted)
		case before.held > 0:
			c.hit(coverHandOverHeld)
			fallthrough
		default:
			c.hit(coverHandOver)
		}
	}
	if now.role == RolePrimary && before.role != RolePrimary && before.last > before.commit {
		c.hit(coverStepWithTail)
		if now.replaced {
			c.hit(coverReplacedWithTail)
		}
	}
	if before.differ > now.differ && now.role == RolePrimary && now.epoch == before.epoch && now.failed == before.failed {
		c.hit(coverReconciled)
	}
	if now.held > before.held && now.role == RolePrimary && now.phase == serving && !core.leased(n.clock()) {
		c.hit(coverLeaseLapsed)
	}
	if now.stalled > before.stalled && now.epoch == before.epoch {
		c.hit(coverStalledLearner)
	}
	if now.starved > before.starved {
		c.hit(coverStarved)
	}
	if now.starved < before.starved && now.last > before.last {
		c.hit(coverFed)
	}
	if now.crowded && !before.crowded {
		c.hit(coverCrowded)
	}
	if now.failed > before.failed && before.logFull {
		c.hit(coverLogFull)
	}
}

// ending counts how calls go on, and end.
func (c *coverage) ending(call retry.Call, e *retry.Ending, end retry.End) {
	switch {
	case end != retry.Unknown:
	case e.Kind == retry.Answered && e.Answer.Code == wire.CodeForgotten:
		c.hit(coverForgotten)
	case !call.Named:
		c.hit(coverNameless)
	case e.Kind == retry.Answered && !e.Answer.Retryable() && e.Answer.Code != wire.CodeUnknownFate:
		c.hit(coverUnsettled)
	default:
		c.hit(coverGaveUp)
	}
}

// effects counts what a core sends.
func (c *coverage) effects(out *Effects) {
	for i := range out.Messages {
		m := &out.Messages[i].Message
		if m.Kind == MsgStale {
			c.hit(coverStaleAnswer)
		}
		for j := range m.Entries {
			switch m.Entries[j].Kind {
			case EntryExpire:
				c.hit(coverExpiry)
			case EntryNote:
				c.hit(coverNote)
			case EntryCopy:
				c.hit(coverTouched)
			case EntryGroup:
				if m.Entries[j].Body != 0 {
					c.hit(coverPlanUploaded)
				}
			}
		}
	}
}

// message counts what a core is about to receive.
func (c *coverage) message(core *Core, m *Message) {
	o := observe(core)
	switch {
	case m.Epoch < o.epoch:
		c.hit(coverStaleMessage)
	case m.Epoch > o.epoch:
	case m.Kind == MsgAck && m.Full:
		c.hit(coverFillFull)
	case m.Kind == MsgAppend && o.complete && m.Prev > o.last:
		c.hit(coverGap)
	}
}

// request counts what the register is asked for.
func (c *coverage) request(n *simNode, change placement.Change) {
	if change.Kind == placement.Replace {
		c.hit(coverReplaceAsked)
	}
}

// configuration counts what the register decided.
func (c *coverage) configuration(s *sim, p placement.PartitionID, old, config *placement.Partition) {
	if config.Life != old.Life {
		return
	}
	if config.Replaced && !old.Replaced || config.Replaced && config.Primary != old.Primary {
		c.hit(coverReplaced)
	}
	for _, inc := range config.InSync {
		if names(*old, inc) && !inSync(old, inc) && s.procs[inc].alive {
			c.hit(coverPromotion)
			if o := observe(s.procs[inc].cores[p]); o.last > o.commit {
				c.hit(coverPromotionWithTail)
			}
		}
	}
	for _, inc := range old.InSync {
		if inc != old.Primary && !names(*config, inc) {
			c.hit(coverDroppedBackup)
		}
	}
	for _, inc := range old.Learners {
		if !names(*config, inc) {
			s.planner.dropped(p, inc)
			if n := s.procs[inc]; !n.alive || n.paused > s.now {
				c.hit(coverSilentLearner)
			}
		}
	}
}

// answer counts how operations end.
func (c *coverage) answer(a *simAttempt, done *Done) {
	switch done.Status {
	case Moved:
		c.hit(coverRedirect)
	case Timeout:
		c.hit(coverHeldTimeout)
	case Unavailable:
		c.hit(coverUnavailable)
	case OutOfMemory:
		c.hit(coverOutOfMemory)
	case UnknownFate:
		c.hit(coverUnknownFate)
	case ConditionFailed:
		c.hit(coverConditionFailed)
	case NotInteger:
		c.hit(coverNotInteger)
	case Finished:
		c.hit(coverFinished)
	case TooLarge:
		c.hit(coverTooLarge)
	case OK:
		if a.repeated {
			c.hit(coverRepeatedOutcome)
		}
		switch kind := a.call.op.kind; {
		case kind == OpUpdate && done.Found:
			c.hit(coverUpdated)
		case kind == OpUpdate:
			c.hit(coverUpdateKept)
		case kind == OpGroup && done.Found:
			c.hit(coverGrouped)
			if act := a.call.op.act; act == actRename || act == actCopy {
				c.hit(coverCopied)
			}
		case kind == OpGroup:
			c.hit(coverGroupKept)
		}
	}
}
