package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ErrNoRun says that a folder holds no measurements.
var ErrNoRun = errors.New("there is no " + RunFile + " in it: `pikv study run` makes one")

// Run says what was measured, and where.
type Run struct {
	Version string    // of pikv, which measured
	Commit  string    // that it was built from; "" if unknown
	Started time.Time // when the first point was begun
	Machine Machine   // where `pikv study run` ran
	Targets []Target
	Figures []string // that were asked for, "F1" to "F10"
	Quick   bool     // few repeats and short ones: to see that everything works, not for figures
	Done    bool     // everything that was asked for has been measured
	Failed  []string // what could not be measured, and why; what is not here either was not come to
}

// Machine is a computer.
type Machine struct {
	Model  string // of its processor
	Cores  int
	Kernel string
	// CoreSpeed is how fast a core is, by the calibration, relative to one of a Xeon
	// at 2.8 GHz; 0 if it was not measured.
	CoreSpeed float64
}

// Kinds of targets.
const (
	KindMachine   = "machine"   // this machine as it is
	KindSimulated = "simulated" // computers that this machine plays
	KindCluster   = "cluster"   // a cluster that ran somewhere
)

// Target is what is measured.
type Target struct {
	Name  string // as it was asked for: "x86", "pis=5:2B"
	Kind  string // KindMachine, KindSimulated or KindCluster
	Model string // of its computers: power.Model.Name for simulated ones, what is known for others
	Nodes int    // computers, the master's included
	// Dilation is by how much simulated computers are slower than real ones; 1 for
	// the others.
	Dilation float64
	// NICBits is what the network interface of a host carries, in bits of payload per
	// second, as measured and scaled back: the least of all. 0 if it has no limit of its own.
	NICBits float64
	// NICs has the rates of all hosts, the master's first; nil if they were not measured.
	NICs []NIC
	// CoreShare is how much of a core of this machine a simulated computer has
	// while it is dilated, all its cores together; 0 for the others.
	CoreShare float64
	// CoreSpeed is the speed of one core of a computer of the target relative to one of
	// this machine, if it is simulated: a quota slows down many requests, but not
	// the thread that serves one. 1 for the others. Processor time divided by it is that
	// of a core of the target.
	CoreSpeed   float64
	MemoryBytes int64    // of a computer; 0 if unknown or not limited
	Hosts       []Host   // of a cluster
	Notes       []string // what a reader must know
	// Without has the figures that were asked for and cannot be measured on the target, and why.
	Without   map[string]string
	Throttled string // that computers were too hot or had too little power; "" if not: else the target's figures are invalid
}

// NIC is a network interface, as measured: payload in bits per second, scaled back.
type NIC struct {
	Host    string
	In, Out float64
}

// Host is a computer of a cluster that ran somewhere, as far as it tells.
type Host struct {
	Name      string
	Model     string
	Kernel    string
	MHz       float64
	Throttled string // what vcgencmd get_throttled says: 0x0 is good; "" if there is no such command
}

// Target returns the target of that name.
func (r Run) Target(name string) (Target, bool) {
	i := slices.IndexFunc(r.Targets, func(t Target) bool { return t.Name == name })
	if i < 0 {
		return Target{}, false
	}
	return r.Targets[i], true
}

// RunFile is the name of the file with the Run.
const RunFile = "run.json"

// ReadRun reads what a folder is about.
func ReadRun(dir string) (Run, error) {
	var r Run
	name := filepath.Join(dir, RunFile)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("read %s: %w", dir, ErrNoRun)
	}
	if err != nil {
		return r, fmt.Errorf("read what was measured: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("read %s: %w", name, err)
	}
	return r, nil
}

// Write puts r in a folder in place of what is there.
func (r Run) Write(dir string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write what was measured: %w", err)
	}
	name := filepath.Join(dir, RunFile)
	if err := os.WriteFile(name+".new", append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write what was measured: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write what was measured: %w", err)
	}
	return nil
}
