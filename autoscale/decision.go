package autoscale

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind says what a decision asks for.
type Kind uint8

// The kinds of decisions.
const (
	Nothing  Kind = iota // leave everything as it is
	Activate             // activate the spare Node
	Spare                // make the active worker Node a spare
	Warn                 // somebody has to act; Node is the worker in question, "" for none
)

// String names the kind as the command by which an operator does it.
func (k Kind) String() string {
	switch k {
	case Nothing:
		return "nothing"
	case Activate:
		return "activate"
	case Spare:
		return "spare"
	case Warn:
		return "warn"
	default:
		return "kind-" + strconv.Itoa(int(k))
	}
}

// MarshalText writes the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Decision is what is to be done now. The same one comes again for as long as
// its reason lasts, if it is not carried out: whoever logs it compares.
type Decision struct {
	Kind Kind `json:"kind"`
	// Node is the worker that it is about; "" for Nothing and for some of Warn.
	Node string `json:"node,omitempty"`
	// Reason says why, or why nothing is done, with figures.
	Reason string `json:"reason"`
	// Workers and Load are what it was decided by: the active workers, and
	// their mean load over the window (zero before there is one).
	Workers int    `json:"workers"`
	Load    Totals `json:"load"`
}

// mean is one axis of the load, divided by the workers, beside its marks.
type mean struct {
	flag, name string
	marks      Marks
	share      bool // a share of a whole; else a rate
	value      float64
}

// marks returns the means of t over n workers on the axes that there are.
func (p Policy) marks(t Totals, n int) []mean {
	memory := 0.0
	if t.Capacity > 0 {
		memory = t.Used / t.Capacity
	}
	return []mean{
		{"--scale-memory", "memory", p.Memory, true, memory},
		{"--scale-cpu", "CPU", p.CPU, true, t.CPU / float64(n)},
		{"--scale-requests", "requests", p.Requests, false, t.Requests / float64(n)},
	}
}

// means returns the means of t over n workers that are looked at. Where all evict, memory has none.
func (p Policy) means(t Totals, n int) []mean {
	var on []mean
	for _, m := range p.marks(t, n) {
		if m.marks != (Marks{}) && (m.name != "memory" || t.Capacity > 0) {
			on = append(on, m)
		}
	}
	return on
}

// text writes v as values on m's axis are read.
func (m mean) text(v float64) string {
	if m.share {
		return percent(v)
	}
	return fmt.Sprintf("%.0f/s", v)
}

func percent(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }

// list writes each mean by what of returns for it.
func list(means []mean, of func(mean) float64) string {
	parts := make([]string, len(means))
	for i, m := range means {
		parts[i] = m.name + " " + m.text(of(m))
	}
	return strings.Join(parts, ", ")
}

// workers counts workers.
func workers(n int) string {
	if n == 1 {
		return "1 worker"
	}
	return strconv.Itoa(n) + " workers"
}

// seconds writes a time that is left, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10) + " s"
}
