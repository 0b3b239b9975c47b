package history

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// Violation is a promise that was broken, or could not be checked.
type Violation struct {
	Key     string
	What    string
	History string // all operations on the key, one a line, by their beginning
}

// checkTime bounds the check of one key. A history of the usual length takes
// milliseconds.
const checkTime = 10 * time.Minute

// finalCaller is the caller of the last reads in the histories.
const finalCaller = -1

// readAtOnce is how many keys one of the last reads asks for.
const readAtOnce = 100

// Finish reads every key that was ever used once more, and the sums. Call it
// when Run has returned and the cluster is whole: a key that cannot be read is
// an error, and what the reads say is for Check.
func (l *Load) Finish(ctx context.Context) error {
	store := l.stores[0]
	for some := range slices.Chunk(l.book.histories(), readAtOnce) {
		keys := make([]string, len(some))
		for i, h := range some {
			keys[i] = h.key
		}
		begin := l.now()
		results, err := store.MGet(ctx, keys)
		if err != nil {
			return fmt.Errorf("read every key once more: %w", err)
		}
		for i, h := range some {
			h.record(Op{Kind: Get, Batch: true, Caller: finalCaller, Call: begin, Return: l.now(),
				Result: Result{Found: results[i].Found, Read: decode(results[i].Value)}})
		}
	}
	for _, s := range l.sums {
		wrong, err := s.check(ctx, store)
		if err != nil {
			return err
		}
		if wrong != "" {
			l.wrong = append(l.wrong, Violation{Key: s.key, What: wrong})
		}
	}
	return nil
}

// Checked says how much Check has looked at.
type Checked struct{ Keys, Ops, Longest int }

// Check looks for the order of each key's operations. Nothing may be running.
func (l *Load) Check() ([]Violation, Checked) {
	all := l.book.histories()
	wrong := slices.Clone(l.wrong)
	var mu sync.Mutex
	var workers sync.WaitGroup
	next := make(chan *history)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for h := range next {
				if v, ok := h.check(); !ok {
					mu.Lock()
					wrong = append(wrong, v)
					mu.Unlock()
				}
			}
		})
	}
	checked := Checked{Keys: len(all)}
	for _, h := range all {
		next <- h
		checked.Ops += len(h.ops)
		checked.Longest = max(checked.Longest, len(h.ops))
	}
	close(next)
	workers.Wait()
	return wrong, checked
}

// check asks porcupine about one key.
func (h *history) check() (Violation, bool) {
	v := Violation{Key: h.key}
	switch linearizable(h.ops, checkTime) {
	case porcupine.Ok:
		return v, true
	case porcupine.Unknown:
		v.What = fmt.Sprintf("its history of %d operations could not be checked within %v", len(h.ops), checkTime)
	default:
		v.What = "no order of its operations explains all answers"
	}
	ops := slices.Clone(h.ops)
	slices.SortFunc(ops, func(a, b Op) int { return cmp.Compare(a.Call, b.Call) })
	var b strings.Builder
	for i := range ops {
		b.WriteString(ops[i].String() + "\n")
	}
	v.History = b.String()
	return v, false
}
