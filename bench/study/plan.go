package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Figures are the names of all figures.
var Figures = []string{"F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10"}

// Megabyte is the largest value of the study.
const Megabyte = 1_000_000

// Limits says what can be measured of the figures.
type Limits struct {
	Quick bool
	// Most is the largest number of workers that there can be, and Exactly says
	// that there are neither more nor fewer: in a cluster that runs already.
	Most    int
	Exactly bool
	// Replicas is how many copies such a cluster has; 0 says that a figure may choose.
	Replicas int
}

// Plan returns what is to be measured for the figures, and why some of them, by
// their names, cannot be.
func Plan(figures []string, l Limits) (steps []Step, without map[string]string, err error) {
	without = make(map[string]string)
	if err := checkFigures(figures); err != nil {
		return nil, nil, err
	}
	for _, name := range Figures {
		if !slices.Contains(figures, name) {
			continue
		}
		some, why := l.steps(name)
		if len(some) == 0 {
			without[name] = why
		}
		for _, s := range some {
			if !slices.ContainsFunc(steps, func(other Step) bool { return other.Event == s.Event && other.Point() == s.Point() }) {
				steps = append(steps, s) // F2 and F3 need what F1 has
			}
		}
	}
	if l.Quick { // not figure by figure, but so that few clusters have to be started
		slices.SortStableFunc(steps, func(a, b Step) int {
			return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Store, b.Store), a.Workers-b.Workers, a.Replicas-b.Replicas)
		})
	}
	return steps, without, nil
}

// checkFigures reports all names that are none.
func checkFigures(figures []string) error {
	var wrong []string
	for _, name := range figures {
		if !slices.Contains(Figures, name) {
			wrong = append(wrong, fmt.Sprintf("%q", name))
		}
	}
	if wrong != nil {
		return fmt.Errorf("%s: there is no such figure, but %s", strings.Join(wrong, ", "), strings.Join(Figures, ", "))
	}
	return nil
}

// steps returns those of a figure that l allows, or why it allows none.
func (l Limits) steps(figure string) (allowed []Step, why string) {
	var all []Step
	switch figure {
	case "F1":
		all = append(l.clients("F1", Pikv, []int{2, 3, 4}, []string{Direct, Proxied}), l.throughput()...)
	case "F2", "F3": // requests per joule and per dollar are those that F1 has as throughput
		all = l.throughput()
	case "F4":
		all = l.sizes()
	case "F5":
		all = l.stores("F5", Pikv, []string{Direct, Proxied})
	case "F6":
		all = l.nodes()
	case "F7":
		all = l.events()
	case "F8":
		all = l.replicas()
	case "F9":
		all = l.rivals()
	case "F10":
		all = l.mixes()
	}
	why = fmt.Sprintf("it needs more than %d workers", l.Most)
	for _, s := range all {
		if l.Exactly {
			if s.Store != Pikv || s.Event != "" {
				why = "a cluster that runs already is left as it is"
				continue
			}
			if l.Replicas != 0 && s.Figure == "F8" && s.Replicas != l.Replicas {
				continue
			}
			s.Workers, s.Replicas = l.Most, l.Replicas // what is the same then is left out by Plan
		}
		if s.Workers <= l.Most {
			allowed = append(allowed, s)
		}
	}
	return allowed, why
}

// few returns the number of repeats, or the few of a quick run.
func (l Limits) few(full int) int {
	if l.Quick {
		return 2
	}
	return full
}

// A throughput is measured for 10 s, in parts that show how much it varies.
const parts = 3

// long returns how long a part takes.
func (l Limits) long() time.Duration {
	if l.Quick {
		return 300 * time.Millisecond
	}
	return 10 * time.Second / parts
}

// some returns all of a range, or its ends for a quick run.
func (l Limits) some(full ...int) []int {
	if l.Quick && len(full) > 2 {
		return []int{full[0], full[len(full)-1]}
	}
	return full
}

// modes are both, or the one of a quick run where the other takes the same way.
func (l Limits) modes() []string {
	if l.Quick {
		return []string{Direct}
	}
	return []string{Direct, Proxied}
}

// small is the value of the study.
const small = 128

// full is how many clients there are where throughput is measured: nobody waits for
// clients.
func (l Limits) full() int {
	if l.Quick {
		return 20
	}
	return 100
}

// large is how many values of a megabyte there are, of so many in full.
func (l Limits) large(full int) int {
	if l.Quick {
		return 8
	}
	return full
}

// clients is latency against clients, the study's first figure.
func (l Limits) clients(figure, store string, workers []int, modes []string) (all []Step) {
	for _, w := range l.some(workers...) {
		for _, mode := range modes {
			for _, clients := range l.some(5, 10, 20, 40, 60, 80, 100) {
				all = append(all, Step{
					Figure: figure, Store: store, Mode: mode, Workers: w, Replicas: 1, Clients: clients, ValueBytes: small, Op: Mix,
					Measure: Latency, Repeats: l.few(30), Requests: 1024, Keys: 1024,
				})
			}
		}
	}
	return all
}

// throughput is what is got from 1 to 4 workers at most.
func (l Limits) throughput() (all []Step) {
	for _, w := range l.some(1, 2, 3, 4) {
		for _, mode := range []string{Direct, Proxied} {
			all = append(all, Step{
				Figure: "F1", Store: Pikv, Mode: mode, Workers: w, Replicas: 1, Clients: l.full(), ValueBytes: small, Op: Mix,
				Measure: Throughput, Repeats: l.few(parts), Duration: l.long(), Keys: 1024,
			})
		}
	}
	return all
}

// sizes is latency against the size of a value that is read.
func (l Limits) sizes() (all []Step) {
	for _, mode := range []string{Direct, Proxied} {
		for _, size := range l.some(1, 10, 100, 1000, 10_000, 100_000, Megabyte) {
			const bytes, fewest, most = 40 * Megabyte, 40, 1024 // of a repeat
			n := min(max(bytes/size, fewest), most)
			if l.Quick {
				n /= 4
			}
			all = append(all, Step{
				Figure: "F4", Store: Pikv, Mode: mode, Workers: 2, Replicas: 1, Clients: 10, ValueBytes: size, Op: Get,
				Measure: Latency, Repeats: l.few(10), Requests: int64(n), Keys: l.large(32), Even: true,
			})
		}
	}
	return all
}

// stores is 256 STOREs of a megabyte, by as many clients as F4 has. With more of them the
// network's queues overflow, and how TCP shares a full cable decides, whatever the store.
func (l Limits) stores(figure, store string, modes []string) (all []Step) {
	for _, mode := range modes {
		all = append(all, Step{
			Figure: figure, Store: store, Mode: mode, Workers: 2, Replicas: 1, Clients: 10, ValueBytes: Megabyte, Op: Put,
			Measure: Latency, Repeats: l.few(5), Keys: l.large(256), Even: true, Once: true,
		})
	}
	return all
}

// nodes is one node against several.
func (l Limits) nodes() (all []Step) {
	for _, w := range l.some(1, 2, 3, 4) {
		for _, mode := range []string{Direct, Proxied} {
			all = append(all, Step{
				Figure: "F6", Store: Pikv, Mode: mode, Workers: w, Replicas: 1, Clients: l.full(), ValueBytes: small, Op: Get,
				Measure: Throughput, Repeats: l.few(parts), Duration: l.long(), Keys: 4096, Even: true,
			})
		}
	}
	return all
}

// events is what a user sees while nodes come and go.
func (l Limits) events() (all []Step) {
	long := 20 * time.Second
	events := []string{Kill, Join, Drain, Wake}
	if l.Quick {
		long, events = 2*time.Second, []string{Kill, Wake}
	}
	for _, event := range events {
		for _, mode := range l.modes() {
			s := Step{
				Figure: "F7", Store: Pikv, Mode: mode, Workers: 3, Replicas: 2, Clients: 20, ValueBytes: small, Op: Mix,
				Repeats: 1, Duration: long, Keys: 10_000, Event: event, Rate: 2000,
			}
			if event != Kill {
				s.Workers = 4 // one of them comes or goes
			}
			all = append(all, s)
		}
	}
	return all
}

// replicas is what copies cost.
func (l Limits) replicas() (all []Step) {
	for _, r := range l.some(1, 2, 3) {
		for _, mode := range l.modes() {
			for _, op := range []string{Put, Get} {
				s := Step{
					Figure: "F8", Store: Pikv, Mode: mode, Workers: 4, Replicas: r, Clients: 20, ValueBytes: small, Op: op,
					Measure: Latency, Repeats: l.few(10), Requests: 1024, Keys: 1024,
				}
				all = append(all, s)
				s.Measure, s.Repeats, s.Requests, s.Clients, s.Duration = Throughput, l.few(parts), 0, l.full(), l.long()
				all = append(all, s)
			}
		}
	}
	return all
}

// rivals is the same design in C.
func (l Limits) rivals() (all []Step) {
	for _, store := range []string{Pikv, Redis, Memcached} {
		all = append(all, l.clients("F9", store, []int{4}, []string{Direct})...)
		all = append(all, Step{
			Figure: "F9", Store: store, Mode: Direct, Workers: 4, Replicas: 1, Clients: l.full(), ValueBytes: small, Op: Mix,
			Measure: Throughput, Repeats: l.few(parts), Duration: l.long(), Keys: 1024,
		})
		large := l.stores("F9", store, []string{Direct})
		if l.Quick { // those that run already
			large[0].Workers = 4
		}
		all = append(all, large...)
	}
	return all
}

// mixes is what the best number of workers is computed from.
func (l Limits) mixes() (all []Step) {
	for _, w := range l.some(1, 2, 3, 4) {
		for _, size := range l.some(small, 1000, Megabyte) {
			s := Step{
				Figure: "F10", Store: Pikv, Mode: Direct, Workers: w, Replicas: 1, Clients: l.full(), ValueBytes: size, Op: Get,
				Measure: Throughput, Repeats: l.few(parts), Duration: l.long(), Keys: 1024, Even: true,
			}
			if size == Megabyte {
				// As F5 has, few for each cable: so many write the keys at first, too.
				s.Clients, s.Keys = l.large(8*w), l.large(64)
			}
			all = append(all, s)
		}
	}
	return all
}
