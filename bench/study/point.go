package study

import (
	"fmt"
	"path/filepath"
	"time"
)

// Words of a Point.
const (
	Direct  = "direct"  // clients talk to the owners of the keys
	Proxied = "proxied" // everything goes through the master

	Pikv      = "pikv"
	Redis     = "redis"     // a Redis Cluster
	Memcached = "memcached" // as many of them behind pikv's ring, kept by the client

	Get = "get"
	Put = "put"
	Mix = "mix" // half of each

	Latency    = "latency"    // a fixed number of requests
	Throughput = "throughput" // a fixed time
)

// Point is one repeat of a point of a figure.
type Point struct {
	Figure     string    // "F1" to "F9"
	Target     string    // Target.Name
	Store      string    // Pikv, Redis or Memcached
	Mode       string    // Direct or Proxied
	Workers    int       // nodes that hold data
	Replicas   int       // copies of each key
	Clients    int       // callers, each with one request under way
	ValueBytes int       // of each value
	Op         string    // Get, Put or Mix
	Measure    string    // Latency or Throughput
	Repeat     int       // from 1
	Started    time.Time // by this machine's clock
	Elapsed    float64   // seconds from the first request to the last answer
	Ops        int64     // requests that were answered
	Failed     int64     // requests that failed after the client's retries: in none of the latencies
	Mean       float64   // microseconds, as the other latencies
	P50        float64
	P99        float64
	Max        float64
	CPU        float64 // seconds of processor time of all the store's processes, on a core of the machine that ran them: not scaled back
	MasterCPU  float64 // of it, the master's
	WorkerCPU  float64 // of it, the workers' together
	// GeneratorShare is how much of what the load generator may use it used, from 0
	// to 1: near 1 the figure shows the generator, not the store. Negative if unknown.
	GeneratorShare float64
	Steal          float64 // percent of this machine's processor time that its host gave to others; 0 where that was a single tick of 10 ms, which tells nothing
	Idle           float64 // percent of it in which nothing had anything to do: near 0 this machine was the limit
	// Others is the percentage of it that neither the store nor the generator used: the kernel's work
	// that it books to nobody (packets, some 5 to 10 where computers are simulated), and programs that do
	// not belong to the study. Negative if unknown, or if the repeat was too short to tell.
	Others float64
	// Pace is how many microseconds of processor time a fixed piece of work took meanwhile, or in the
	// last second if the repeat was shorter, in the median: the more, the slower this machine was, whatever
	// was stolen. Package pace says why. 0 if unknown.
	Pace     float64
	Tries    int     // how often it was measured because too much was stolen; of those it is the one that lost least
	Dilation float64 // by how much the times were scaled back; 1 for none
	Mark     string  // why the point is suspect; "" if it is good
}

// MBPerSecond is how many bytes of values went by in a second, in 10^6.
func (p Point) MBPerSecond() float64 {
	return float64(p.Ops) * float64(p.ValueBytes) / max(p.Elapsed, 1e-9) / 1e6
}

// PerSecond is how many requests were answered in a second.
func (p Point) PerSecond() float64 { return float64(p.Ops) / max(p.Elapsed, 1e-9) }

// MostSteal is how many percent of the processor time may be stolen during a repeat that
// is to be trusted.
const MostSteal = 5

// MostOthers is how many percent of the processor time may go to what is neither store nor
// generator, before a reader is told.
const MostOthers = 20

// Suspect says why the point does not count; "" if it does.
func (p Point) Suspect() string {
	switch {
	case p.Mark != "":
		return p.Mark
	case p.Steal > MostSteal:
		return fmt.Sprintf("more than %d %% of the processor time was stolen", MostSteal)
	default:
		return ""
	}
}

// PointsFile is the name of the file with the points.
const PointsFile = "points.csv"

// ReadPoints reads the points of a folder, in the order in which they were measured.
func ReadPoints(dir string) ([]Point, error) {
	return readFile(filepath.Join(dir, PointsFile), pointColumns)
}

// AppendPoints opens the points of a folder for more.
func AppendPoints(dir string) (*File[Point], error) {
	return appendFile(filepath.Join(dir, PointsFile), pointColumns)
}

// pointColumns are the columns of PointsFile.
var pointColumns = []column[Point]{
	{"figure", func(p *Point) any { return &p.Figure }},
	{"target", func(p *Point) any { return &p.Target }},
	{"store", func(p *Point) any { return &p.Store }},
	{"mode", func(p *Point) any { return &p.Mode }},
	{"workers", func(p *Point) any { return &p.Workers }},
	{"replicas", func(p *Point) any { return &p.Replicas }},
	{"clients", func(p *Point) any { return &p.Clients }},
	{"value_bytes", func(p *Point) any { return &p.ValueBytes }},
	{"op", func(p *Point) any { return &p.Op }},
	{"measure", func(p *Point) any { return &p.Measure }},
	{"repeat", func(p *Point) any { return &p.Repeat }},
	{"started", func(p *Point) any { return &p.Started }},
	{"elapsed_s", func(p *Point) any { return &p.Elapsed }},
	{"ops", func(p *Point) any { return &p.Ops }},
	{"failed", func(p *Point) any { return &p.Failed }},
	{"mean_us", func(p *Point) any { return &p.Mean }},
	{"p50_us", func(p *Point) any { return &p.P50 }},
	{"p99_us", func(p *Point) any { return &p.P99 }},
	{"max_us", func(p *Point) any { return &p.Max }},
	{"cpu_s", func(p *Point) any { return &p.CPU }},
	{"master_cpu_s", func(p *Point) any { return &p.MasterCPU }},
	{"worker_cpu_s", func(p *Point) any { return &p.WorkerCPU }},
	{"generator_cpu_share", func(p *Point) any { return &p.GeneratorShare }},
	{"steal", func(p *Point) any { return &p.Steal }},
	{"idle", func(p *Point) any { return &p.Idle }},
	{"others", func(p *Point) any { return &p.Others }},
	{"pace_us", func(p *Point) any { return &p.Pace }},
	{"tries", func(p *Point) any { return &p.Tries }},
	{"dilation", func(p *Point) any { return &p.Dilation }},
	{"mark", func(p *Point) any { return &p.Mark }},
}
