package power

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestPrice(t *testing.T) {
	pi2 := mustLookup(t, "Pi 2B")
	c, err := Price(slices.Repeat([]Machine{pi2}, 5))
	if err != nil || c.Machines != 175 || c.Supplies != 40 || c.Cards != 30 || c.Switches != 15 || !slices.Equal(c.Dates, []string{"2015"}) {
		t.Errorf("the study's cluster costs %+v, %v", c, err)
	}
	if c.Total() != 260 || PerDollar(520, c) != 2 {
		t.Errorf("it costs %g in all; 520 requests/s are %g for a dollar", c.Total(), PerDollar(520, c))
	}
	c, err = Price(slices.Repeat([]Machine{mustLookup(t, "Pi 4B 8GB")}, 9)) // two switches
	if err != nil || c.Switches != 30 || !slices.Equal(c.Dates, []string{"2008", "2015", "2020"}) {
		t.Errorf("nine Pi 4 cost %+v, %v", c, err)
	}
	if c, err := Price([]Machine{pi2, mustLookup(t, "Xeon E5-2690 v3 server")}); !errors.Is(err, ErrNotInTable) {
		t.Errorf("a machine of unknown price costs %+v, %v", c, err)
	}
}

func TestSlower(t *testing.T) {
	for _, c := range []struct {
		name      string
		cpu       time.Duration
		ran       Core
		model     float64
		wantMicro float64
	}{
		{"a core of the reference, no dilation: cpu × (1/speed − 1)", 60 * time.Microsecond, Core{1, 1}, 0.12, 440},
		{"dilated by 4, a quarter of it had passed", 60 * time.Microsecond, Core{1, 4}, 0.12, 485},
		{"a faster machine did it sooner", 60 * time.Microsecond, Core{1.2, 1}, 0.12, 540},
		{"the model is faster than what ran it", 60 * time.Microsecond, Core{0.5, 1}, 1, 0},
		{"no work, no difference", 0, Core{1, 3}, 0.12, 0},
	} {
		if got := Slower(c.cpu, c.ran, c.model); !near(float64(got), c.wantMicro*1000) {
			t.Errorf("%s: %v, want %g µs", c.name, got, c.wantMicro)
		}
	}
}

func TestFormulasTellEveryStep(t *testing.T) {
	for _, f := range Formulas() {
		if f.Name == "" || f.Text == "" || f.Why == "" {
			t.Errorf("%+v says too little", f)
		}
	}
}
