package history

import (
	"fmt"
	"sync"
	"time"
)

// Tally counts operations, keys of a batch each as one.
type Tally struct {
	Ops     int64         // answered
	Failed  int64         // not answered, without effect
	Unknown int64         // not answered, of unknown fate
	Slowest time.Duration // of all that ended, however
}

// maxTexts bounds the failures that are kept in words.
const maxTexts = 20

// tally counts what the callers see. Safe for concurrent use.
type tally struct {
	mu    sync.Mutex
	all   Tally
	since Tally // since the last take
	texts []string
}

func (t *tally) count(took time.Duration, how outcome, key string, kind Kind, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, to := range []*Tally{&t.all, &t.since} {
		to.Slowest = max(to.Slowest, took)
		switch how {
		case failed:
			to.Failed++
		case unknown:
			to.Unknown++
		default:
			to.Ops++
		}
	}
	if (how == failed || how == unknown) && len(t.texts) < maxTexts {
		t.texts = append(t.texts, fmt.Sprintf("%s %s after %.3f s: %v", kind, key, took.Seconds(), err))
	}
}

// take returns what was counted since the last take.
func (t *tally) take() Tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	since := t.since
	t.since = Tally{}
	return since
}

func (t *tally) total() (Tally, []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all, append([]string(nil), t.texts...)
}
