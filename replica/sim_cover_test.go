package replica

import (
	"fmt"
	"strings"
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
	coverStepWithTail
	coverSilentLearner
	coverLogFull
	coverCrowded
	coverGap
	coverStaleMessage
	coverStaleAnswer
	coverRefused
	coverOldView
	coverRedirect
	coverHeldTimeout
	coverUnavailable
	coverOutOfMemory
	coverUnknownFate
	coverExpiry
	coverSilentCall
	coverLateCall
	coverCrash
	coverDrained
	coverAway
	coverCrashBeforePublish
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
	coverStepWithTail:        "new primaries with a tail to commit",
	coverSilentLearner:       "silent or dead learners dropped",
	coverLogFull:             "learners given up because the log is full",
	coverCrowded:             "times that writes waited for others to be committed",
	coverGap:                 "entries that came after a gap",
	coverStaleMessage:        "messages of an old epoch",
	coverStaleAnswer:         "senders told that they are behind",
	coverRefused:             "requests that the register refused",
	coverOldView:             "views that came late",
	coverRedirect:            "redirects",
	coverHeldTimeout:         "operations held until their deadline",
	coverUnavailable:         "operations at a node without a view",
	coverOutOfMemory:         "writes refused for want of memory",
	coverUnknownFate:         "writes of unknown fate",
	coverExpiry:              "numbered expiries sent",
	coverSilentCall:          "calls without an answer",
	coverLateCall:            "requests that came after the client gave up",
	coverCrash:               "crashes",
	coverDrained:             "workers drained and stopped",
	coverAway:                "absences of the master",
	coverCrashBeforePublish:  "master restarts between disk and publication",
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
func (c *coverage) step(core *Core, before simObserved) {
	now := observe(core)
	if before.role == RoleLearner && now.role == RoleLearner {
		switch {
		case now.epoch > before.epoch:
			c.hit(coverRefill)
		case now.complete && !before.complete:
			c.hit(coverFill)
		}
	}
	if before.phase == handing && now.phase != handing {
		switch {
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
	}
	if core.clients.queued && !before.queued {
		c.hit(coverCrowded)
	}
	if now.failed > before.failed && before.logFull {
		c.hit(coverLogFull)
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
			if m.Entries[j].Kind == EntryExpire {
				c.hit(coverExpiry)
			}
		}
	}
}

// message counts what a core is about to receive.
func (c *coverage) message(core *Core, m *Message) {
	switch {
	case m.Epoch < core.config.Epoch:
		c.hit(coverStaleMessage)
	case m.Epoch > core.config.Epoch:
	case m.Kind == MsgAck && m.Full:
		c.hit(coverFillFull)
	case m.Kind == MsgAppend && complete(core) && m.Prev > core.log.last:
		c.hit(coverGap)
	}
}

func (c *coverage) promoted(core *Core) {
	c.hit(coverPromotion)
	if core.log.last > core.log.commit {
		c.hit(coverPromotionWithTail)
	}
}

func (c *coverage) learnerDropped(n *simNode) {
	if !n.alive || n.paused > n.s.now {
		c.hit(coverSilentLearner)
	}
}

// answer counts how operations end.
func (c *coverage) answer(call *simCall, done *Done) {
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
	}
}
