package autoscale

import (
	"errors"
	"fmt"
	"time"
)

// ErrPolicy is wrapped by every problem that Policy.Validate finds.
var ErrPolicy = errors.New("the scaling policy does not fit together")

const (
	// Pressure is the share of any one worker's memory from which on a spare
	// is activated without waiting for the mean: at 1 writes fail.
	Pressure = 0.85
	// Margin is the part of a high mark that has to stay free when a worker
	// is made a spare. The ring gives no worker more than 1.25 times the mean: with
	// the mean at the default high mark less the margin, 0.675, the fullest
	// has 0.84 of its memory, just below Pressure.
	Margin = 0.10
	// MinWindow is the shortest Policy.Window. A mean is of at least three looks,
	// and the master looks about once a second.
	MinWindow = 3 * time.Second
)

// Mode says what becomes of decisions.
type Mode uint8

// The modes, as --autoscale spells them.
const (
	Off    Mode = iota // nothing is decided
	Advise             // decisions are only shown
	On                 // decisions are carried out
)

// Marks are the bounds of a mean. Both 0: it is not looked at.
type Marks struct{ Low, High float64 }

// Policy says when to scale. It is a value; Validate checks it.
type Policy struct {
	Mode Mode
	// Memory is in shares of --max-memory, CPU in shares of a machine's
	// processors, both 0 to 1; Requests is per second and worker.
	Memory, CPU, Requests Marks
	// Window is what means are taken over.
	Window time.Duration
	// CoolDown is how long nothing is done after a step is complete, or
	// anything else has moved. At least Window: means then hold nothing of
	// the move itself, during which data lie twice.
	CoolDown time.Duration
	// MinWorkers is how many workers stay active. With more replicas it is
	// their number that counts.
	MinWorkers int
}

// DefaultPolicy is the policy of a master that is told nothing.
func DefaultPolicy() Policy {
	return Policy{
		Mode:   Off,               // whoever starts spares says so
		Memory: Marks{0.60, 0.75}, // high: the ring's 1.25 leaves a full worker at 0.94, below 1; low: close enough to high that 10 workers come down to 8
		CPU:    Marks{0.50, 0.65}, // high: what a worker's p99 bears, and a death of one of four neighbours (0.87); low: as with memory
		Window: time.Minute,       // longer than any smoothing of reports and a client's burst, short beside a move of 200 MB
		// As long again as what making a spare looks back on, so that it sees only what came after.
		CoolDown:   2 * time.Minute,
		MinWorkers: 1, // the number of replicas counts as well
		// Requests are not looked at: no number of them fits both a Zero and a Pi 5, and CPU has marks.
	}
}

// floor is how many workers stay active at replicas copies.
func (p Policy) floor(replicas int) int { return max(p.MinWorkers, replicas, 1) }

// Validate reports every problem at once, each with its flags named.
func (p Policy) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf(format+": %w", append(args, ErrPolicy)...))
	}
	if p.Mode > On {
		bad("--autoscale is none of off, advise, on")
	}
	for _, m := range p.marks(Totals{}, 1) {
		switch {
		case m.marks == Marks{}:
		case !(m.marks.Low >= 0): // refuses NaN, too
			bad("%s: the low mark is below 0", m.flag)
		case !(m.marks.Low < m.marks.High):
			bad("%s: the low mark is not below the high mark", m.flag)
		case m.share && m.marks.High > 1:
			bad("%s: the high mark is over 100 %%", m.flag)
		}
	}
	if p.Memory.High > Pressure && p.Memory.High <= 1 {
		bad("--scale-memory: the high mark is over %.0f %%, from which on a worker's memory is under pressure", 100*Pressure)
	}
	if p.Mode != Off && p.Memory == (Marks{}) && p.CPU == (Marks{}) && p.Requests == (Marks{}) {
		bad("--scale-memory, --scale-cpu and --scale-requests are all 0:0, so --autoscale has nothing to go by")
	}
	if p.Window < MinWindow {
		bad("--scale-window is below %.0f s: the master looks about once a second", MinWindow.Seconds())
	}
	if p.CoolDown < p.Window {
		bad("--scale-cooldown is shorter than --scale-window: means would be of the move before")
	}
	if p.MinWorkers < 1 {
		bad("--min-workers is below 1")
	}
	return errors.Join(errs...)
}
