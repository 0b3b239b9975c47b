package bench

import (
	"fmt"
	"strings"
)

// Distribution is how the keys of requests are chosen.
type Distribution string

// The distributions. Latest is for workloads that insert.
const (
	Uniform Distribution = "uniform"
	Zipfian Distribution = "zipfian" // scrambled, as YCSB's
	Latest  Distribution = "latest"  // the newest keys most often
)

// WriteKind is what the requests do that do not only read.
type WriteKind string

// The kinds of writes.
const (
	Update          WriteKind = "update"            // store a value under a key that the distribution chose
	Insert          WriteKind = "insert"            // store a value under a new key
	ReadModifyWrite WriteKind = "read-modify-write" // read a key, then store a value under it: one request, not atomic
)

// ycsb are the workloads of the Yahoo! Cloud Serving Benchmark, as far as their
// keys and operations go. E is not among them: it scans ranges of keys, which a
// hash table cannot.
var ycsb = map[string]Workload{
	"A": {ReadShare: 0.5, Writes: Update, Distribution: Zipfian},
	"B": {ReadShare: 0.95, Writes: Update, Distribution: Zipfian},
	"C": {ReadShare: 1, Writes: Update, Distribution: Zipfian},
	"D": {ReadShare: 0.95, Writes: Insert, Distribution: Latest},
	"F": {ReadShare: 0.5, Writes: ReadModifyWrite, Distribution: Zipfian},
}

// AsYCSB gives w the operations and keys of a YCSB workload, named by its
// letter, and leaves everything else as it is.
func (w Workload) AsYCSB(name string) (Workload, error) {
	letter := strings.ToUpper(name)
	y, ok := ycsb[letter]
	switch {
	case letter == "E":
		return w, fmt.Errorf("%q scans ranges of keys, which pikv does not have; take A, B, C, D or F", name)
	case !ok:
		return w, fmt.Errorf("%q is not A, B, C, D or F", name)
	}
	w.YCSB, w.ReadShare, w.Writes, w.Distribution = letter, y.ReadShare, y.Writes, y.Distribution
	return w, nil
}
