package master

import "time"

// nagEvery is how often a lasting trouble is logged.
const nagEvery = 10 * time.Second

// nag says how often to speak of a trouble that lasts. Not safe for concurrent
// use.
type nag struct{ last map[string]time.Time }

func newNag() *nag { return &nag{last: make(map[string]time.Time)} }

// due reports whether to speak of topic now: at once, then once a while.
func (n *nag) due(topic string, now time.Time) bool {
	if last, spoken := n.last[topic]; spoken && now.Sub(last) < nagEvery {
		return false
	}
	n.last[topic] = now
	return true
}

// over lets the next trouble of topic be spoken of at once.
func (n *nag) over(topic string) { delete(n.last, topic) }
