package socket

import (
	"testing"
	"time"
)

func TestTakes(t *testing.T) {
	const rate, span = 1000, 10 * time.Second
	begin := time.Unix(1, 0)
	for name, c := range map[string]struct {
		every time.Duration
		each  int64 // bytes
		want  bool
	}{
		"enough, often":      {time.Second, 1000, true},
		"enough, seldom":     {7 * time.Second, 7000, true},
		"too little, often":  {time.Second, 999, false},
		"too little, seldom": {7 * time.Second, 6999, false},
		"nothing":            {time.Second, 0, false},
	} {
		var takes Takes
		now, taken := begin, int64(0)
		for now.Sub(begin) < 5*span && takes.Enough(now, taken, rate, span) {
			now, taken = now.Add(c.every), taken+c.each
		}
		if seen := now.Sub(begin); c.want != (seen >= 5*span) || !c.want && seen > 2*span {
			t.Errorf("%s: ended after %v", name, seen)
		}
	}
	var takes Takes
	takes.Enough(begin, 0, rate, span)
	takes.Stop()
	if !takes.Enough(begin.Add(time.Hour), 0, rate, span) {
		t.Error("nothing waited meanwhile")
	}
	late := begin.Add(2 * time.Hour)
	if !takes.Enough(late, 1, rate, span) {
		t.Error("nobody looked meanwhile: it may have taken what was there at once")
	}
	if takes.Enough(late.Add(span), 2, rate, span) {
		t.Error("it takes too little from then on")
	}
}
