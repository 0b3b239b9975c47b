package autoscale

import (
	"fmt"
	"math"
	"time"
)

// own is what a worker has by itself, smoothed over a window: a client's burst is none of
// it. It only keeps workers active, and so need not be as exact as what steps are judged by.
type own struct{ cpu, requests float64 }

// observeOwn returns h with what each of workers has at now. Of one that was not there
// before that is all there is.
func (h History) observeOwn(now time.Time, workers []Worker, window time.Duration) History {
	part := 1 - math.Exp(-now.Sub(h.looked).Seconds()/window.Seconds())
	all := make(map[string]own, len(workers))
	for _, w := range workers {
		is := own{w.CPU, w.Requests}
		if was, known := h.own[w.Name]; known {
			is = own{was.cpu + part*(is.cpu-was.cpu), was.requests + part*(is.requests-was.requests)}
		}
		all[w.Name] = is
	}
	h.own, h.looked = all, now
	return h
}

// alone is how many times the mean a worker has about whom somebody should do something: the
// ring by itself gives none more than 1.25 times, and from here on requests are evened out.
const alone = 1.5

// busy is a worker that is over a high mark by itself.
type busy struct {
	node, over string // "" for none
	alone      bool
}

// tooBusy says which worker would by itself be over a high mark if those of then shared what
// there is as unevenly as it is shared now. Where one is let go each gets more by
// what its part grows; and what the busiest has, though it were the one to go, another
// would have: that it leaves is no way to be rid of a hot key. The mark of requests is for a worker
// as heavy as the mean, and a heavier one may have more; that of processors is of its own.
func (d *decider) tooBusy(then []Worker) (most busy) {
	grows := weight(d.scene.Active) / weight(then)
	highest := 1.0
	means := d.policy.means(d.load, len(d.scene.Active))
	for _, w := range d.scene.Active {
		is := d.history.own[w.Name]
		heavy := max(float64(max(w.Weight, 1))/weight(d.scene.Active)*float64(len(then)), 1)
		values := d.policy.means(Totals{Capacity: d.load.Capacity, CPU: is.cpu * grows, Requests: is.requests * grows / heavy}, 1)
		for i, m := range values {
			if m.name == "memory" || m.value <= highest*m.marks.High {
				continue
			}
			highest = m.value / m.marks.High
			over := fmt.Sprintf("%s %s, over %s", m.name, m.text(m.value), m.text(m.marks.High))
			most = busy{w.Name, over, m.value > alone*means[i].value}
		}
	}
	return most
}
