package store

import (
	"fmt"
	"testing"
)

// The sample is small, so what is evicted is not the coldest of all, but it
// must be colder than most.
func TestColdestIsHardlyEverWhatIsRead(t *testing.T) {
	e := newEngine(t)
	const keys = 2000
	for i := range keys {
		e.Put(Item{Key: fmt.Append(nil, i)})
	}
	e.mem.Tick()
	for i := range keys / 2 {
		e.Get(fmt.Append(nil, i))
	}
	warm := 0
	for i := range uint64(1000) {
		_, ticks, ok := e.Coldest(i*0x9e3779b97f4a7c15, 5)
		if !ok {
			t.Fatal("none")
		}
		if ticks == 0 {
			warm++
		}
	}
	if warm > 100 { // one in 32 samples has read entries only
		t.Errorf("%d of 1000 candidates were read just now", warm)
	}
}

func TestColdestOfNothing(t *testing.T) {
	if _, _, ok := newEngine(t).Coldest(7, 5); ok {
		t.Error("an empty engine has a candidate")
	}
}
