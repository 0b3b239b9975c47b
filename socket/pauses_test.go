package socket

import (
	"testing"
	"time"
)

func TestPauses(t *testing.T) {
	var p Pauses
	var sum time.Duration
	for i := range 20 {
		d, first := p.Next()
		if first != (i == 0) || d < firstPause || d > lastPause {
			t.Errorf("pause %d is %v (%v)", i, d, first)
		}
		sum += d
	}
	if sum < 10*time.Second {
		t.Errorf("20 attempts in %v", sum)
	}
}
