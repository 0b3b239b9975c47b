package autoscale

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	for _, mode := range []Mode{Off, Advise, On} {
		p := DefaultPolicy()
		p.Mode = mode
		if err := p.Validate(); err != nil {
			t.Errorf("the default policy, %v: %v", mode, err)
		}
	}
	for _, tc := range []struct {
		name   string
		change func(*Policy)
		want   []string
	}{
		{"mode", func(p *Policy) { p.Mode = 9 }, []string{"--autoscale is none"}},
		{"crossed", func(p *Policy) { p.Memory = Marks{0.7, 0.6} }, []string{"--scale-memory: the low mark is not below"}},
		{"equal", func(p *Policy) { p.Requests = Marks{5, 5} }, []string{"--scale-requests: the low mark is not below"}},
		{"negative", func(p *Policy) { p.CPU = Marks{-0.1, 0.6} }, []string{"--scale-cpu: the low mark is below 0"}},
		{"no number", func(p *Policy) { p.CPU = Marks{0.1, math.NaN()} }, []string{"--scale-cpu: the low mark is not below"}},
		{"over the whole", func(p *Policy) { p.CPU.High = 1.1 }, []string{"--scale-cpu: the high mark is over 100 %"}},
		{"over pressure", func(p *Policy) { p.Memory.High = 0.9 }, []string{"--scale-memory: the high mark is over 85 %"}},
		{"no marks", func(p *Policy) { p.Memory, p.CPU = Marks{}, Marks{} }, []string{"all 0:0"}},
		{"all at once", func(p *Policy) { p.Window, p.CoolDown, p.MinWorkers = time.Millisecond, 0, 0 },
			[]string{"--scale-window", "--scale-cooldown", "--min-workers"}},
	} {
		p := DefaultPolicy()
		p.Mode = On
		tc.change(&p)
		err := p.Validate()
		if !errors.Is(err, ErrPolicy) {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not say %q", tc.name, err, want)
			}
		}
		if problems := strings.Count(err.Error(), "\n") + 1; problems != len(tc.want) {
			t.Errorf("%s: %d problems: %v", tc.name, problems, err)
		}
	}
}

func TestParse(t *testing.T) {
	if m, err := ParsePercent("60:75"); err != nil || m != (Marks{0.60, 0.75}) {
		t.Errorf("60:75: %v, %v", m, err)
	}
	if m, err := ParseMarks("500: 2000"); err != nil || m != (Marks{500, 2000}) {
		t.Errorf("500: 2000: %v, %v", m, err)
	}
	for _, bad := range []string{"", "60", ":", "60:", ":75", "a:b", "60:75:90", "60%:75%"} {
		if m, err := ParsePercent(bad); !errors.Is(err, ErrPolicy) || m != (Marks{}) {
			t.Errorf("%q: %v, %v", bad, m, err)
		}
	}
	for _, mode := range []Mode{Off, Advise, On} {
		if got, err := ParseMode(mode.String()); err != nil || got != mode {
			t.Errorf("%v: %v, %v", mode, got, err)
		}
	}
	if _, err := ParseMode("yes"); !errors.Is(err, ErrPolicy) {
		t.Errorf("yes: %v", err)
	}
}

func TestDecisionAsJSON(t *testing.T) {
	got, err := json.Marshal(Decision{Kind: Activate, Node: "s1", Reason: "why", Workers: 2, Load: Totals{Used: 1, Capacity: 2, Requests: 3, CPU: 4}})
	want := `{"kind":"activate","node":"s1","reason":"why","workers":2,"load":{"used":1,"capacity":2,"requests":3,"cpu":4}}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}
