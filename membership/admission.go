package membership

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// outcome is how the attempt to join at one address ended.
type outcome int

const (
	joined      outcome = iota // full state exchanged
	unreachable                // nobody there, or silence
	hungUp                     // somebody listens, but hangs up on us without a word
	unreadable                 // somebody answers, but what comes cannot be read
)

// contact is one attempt.
type contact struct {
	addr    string
	outcome outcome
	err     error // memberlist's, nil when joined
	hint    bool  // nobody has named the address: Find has heard it on the network
}

// round is what one round of attempts, and what came in meanwhile, told.
type round struct {
	contacts []contact
	errs     []error // seeds that could not be resolved or read
	others   int     // live members beside this node
	claim    string  // address where the peers say that this node's name lives, or ""
	answered bool    // ... and the node there answers to the name
	ghost    bool    // peers still list the name as dead or left at another address
}

// verdict says how a newcomer goes on.
type verdict int

const (
	admitted verdict = iota // it is in the cluster, or the first of it
	again                   // ask again at once: the answer decides between admitted and failed
	waiting                 // nobody there: keep trying in the background
	failed                  // it must not run
)

// maxRefusals is how many rounds in a row must be refused before a wrong key
// or cluster is believed: a peer that happens to stop or start hangs up, too.
const maxRefusals = 3

// admission decides from round to round whether a newcomer may stay. It has no
// clock and does no I/O. Not safe for concurrent use.
type admission struct {
	name, cluster string
	nameWait      time.Duration // patience with a namesake whose death is not yet noticed

	rivalSince time.Time // first round with a claim or ghost, zero when there was none
	refusals   int       // rounds in a row in which all that answered refused
}

// judge takes one round; the error is there with failed, and is fit for users.
func (a *admission) judge(now time.Time, r round) (verdict, error) {
	if (r.claim != "" || r.ghost) && a.rivalSince.IsZero() {
		a.rivalSince = now
	}
	if r.claim != "" {
		if r.answered || now.Sub(a.rivalSince) >= a.nameWait {
			return failed, fmt.Errorf("join cluster %q: %w: %q is the live node at %s; stop that one or give this one another name",
				a.cluster, ErrNameTaken, a.name, r.claim)
		}
		return again, nil
	}
	if r.count(joined) > 0 {
		if r.ghost && now.Sub(a.rivalSince) < a.nameWait {
			return again, nil // until the peers list this node in the ghost's place
		}
		return admitted, nil
	}
	if r.others > 0 {
		return admitted, nil // others came to us
	}
	if r.refusedByNamed() {
		a.refusals++
		if a.refusals >= maxRefusals {
			return failed, fmt.Errorf("join cluster %q: %w: %s", a.cluster, ErrWrongKeyOrCluster, r.refusals())
		}
		return again, nil
	}
	a.refusals = 0
	if len(r.contacts) == 0 && len(r.errs) == 0 {
		return admitted, nil // no seeds, or only this node itself: the first of its cluster
	}
	return waiting, nil
}

// hadRival reports whether the name was another's until recently.
func (a *admission) hadRival() bool { return !a.rivalSince.IsZero() }

// count returns how many contacts ended in o.
func (r round) count(o outcome) int {
	n := 0
	for _, c := range r.contacts {
		if c.outcome == o {
			n++
		}
	}
	return n
}

// refusedByNamed reports whether an address refuses that somebody meant this node to
// join. What Find has heard anybody can have said: it is tried again, and ends nothing.
func (r round) refusedByNamed() bool {
	return slices.ContainsFunc(r.contacts, func(c contact) bool { return !c.hint && (c.outcome == hungUp || c.outcome == unreadable) })
}

// refusals explains the contacts that answered and refused.
func (r round) refusals() string {
	var parts []string
	for _, c := range r.contacts {
		switch c.outcome {
		case hungUp:
			parts = append(parts, c.addr+" hangs up on this node: it belongs to a cluster of another name"+
				" (or is no pikv node); compare --cluster on both")
		case unreadable:
			parts = append(parts, fmt.Sprintf("%s answers, but not in the same language: most likely the gossip keys differ;"+
				" compare --gossip-key-file on both (%s)", c.addr, oneLine(c.err)))
		}
	}
	return strings.Join(parts, "; ")
}

// trouble explains why nobody was reached, in one line.
func (r round) trouble() string {
	var parts []string
	for _, err := range r.errs {
		parts = append(parts, err.Error())
	}
	for _, c := range r.contacts {
		if c.outcome == unreachable && c.err != nil {
			parts = append(parts, oneLine(c.err))
		}
	}
	const most = 3
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more", len(parts)-most))
	}
	return strings.Join(parts, "; ")
}

// oneLine is an error's text without memberlist's line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
