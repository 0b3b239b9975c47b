package worker

import (
	"cmp"
	"math"
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"pikv/hotkeys"
	"pikv/store"
	"pikv/usage"
	"pikv/wire"
)

const (
	loadTime  = 5 * time.Second  // time constant of the means that reports tell
	hotTime   = 10 * time.Second // and of the weights of hot keys
	hotEnough = 32               // keys in the sketch, or it says nothing
	hotPart   = 1e-3             // of the requests, or a partition is not told of
	noRate    = 1e-2             // per second: less is none
)

// load takes means of what clients ask for and of what that takes, each time that
// reports count the keys: a node that is at rest is not woken for it. Of the reports'
// goroutine, but for taken and current.
type load struct {
	w       *Worker
	network string // the interface with the advertised address, "" for none to tell of

	at     store.Instant // when that was last, 0 before
	weight float64       // of what has happened since: 0 to 1
	span   float64       // and how long that is, in seconds

	sum      [kinds]float64 // of requests since at
	kinds    [kinds]float64 // requests/s
	used     time.Duration  // processor time, at at
	cpu      float64        // processors
	gone     [2]uint64      // bytes in and out, at at
	bytes    [2]float64     // per second
	measured bool           // gone is known

	taken   atomic.Int64              // requests since the start, at at
	current atomic.Pointer[wire.Load] // what it comes to, which nobody changes; nil before the first
}

func newLoad(w *Worker) *load { return &load{w: w} }

// networkOf is the interface to tell of when others use host. What goes through the
// loopback takes nothing of a network.
func networkOf(host string) string {
	ip := net.ParseIP(host)
	if ip == nil || ip.IsLoopback() {
		return ""
	}
	return interfaceOf(ip)
}

// begin starts to take means: see is to be called for each partition, and then end.
func (l *load) begin(now store.Instant) {
	l.span, l.weight = 0, 0
	if l.at != 0 && now > l.at {
		l.span = time.Duration(now - l.at).Seconds()
		l.weight = 1 - math.Exp(-l.span/loadTime.Seconds())
	}
	l.at, l.sum = now, [kinds]float64{}
}

// see takes into account what was asked of a partition.
func (l *load) see(p *partition, asked requests) {
	all := 0.0
	for k, n := range asked {
		l.sum[k] += float64(n)
		all += float64(n)
	}
	p.rate = float32(l.rate(float64(p.rate), all))
}

// mean is a mean per second, to which n has been added since the last time.
func (l *load) mean(before, n float64) float64 {
	if l.span == 0 {
		return before
	}
	return before + l.weight*(n/l.span-before)
}

// rate is mean for what is none when it is hardly any, so that rest looks like rest.
func (l *load) rate(before, n float64) float64 {
	if m := l.mean(before, n); m >= noRate {
		return m
	}
	return 0
}

// end takes the rest into account, and makes the sum known.
func (l *load) end() {
	all := 0.0
	for k, n := range l.sum {
		l.taken.Add(int64(n))
		l.kinds[k] = l.rate(l.kinds[k], n)
		all += l.kinds[k]
	}
	user, system := usage.Processor()
	if used := user + system; l.span == 0 {
		l.used = used
	} else {
		l.cpu, l.used = l.mean(l.cpu, (used-l.used).Seconds()), used
	}
	l.measure()
	l.w.hot.Decay(math.Exp(-l.span / hotTime.Seconds()))
	l.current.Store(&wire.Load{
		Reads: l.kinds[reading], Writes: l.kinds[writing], Deletes: l.kinds[deleting],
		CPU: l.cpu, CPUs: runtime.GOMAXPROCS(0), In: l.bytes[0], Out: l.bytes[1],
		Partitions: hottest(l.w.table.Load(), hotPart*all),
		Keys:       hotKeys(l.w.hot.Hottest(wire.MaxHotKeys, hotEnough)),
	})
}

// measure takes the network into account.
func (l *load) measure() {
	var now [2]uint64
	known := false
	if l.network != "" {
		now[0], now[1], known = usage.Network(l.network)
	}
	for i := range now {
		switch {
		case !known:
			l.bytes[i] = 0
		case l.measured && now[i] >= l.gone[i]: // else it was plugged in anew, or its number wrapped around
			l.bytes[i] = l.rate(l.bytes[i], float64(now[i]-l.gone[i]))
		}
	}
	l.gone, l.measured = now, known
}

// hottest returns the partitions with the most requests, the largest first, without
// those that have less than least, or hardly any.
func hottest(t *table, least float64) []wire.PartitionLoad {
	if t == nil {
		return nil
	}
	var all []wire.PartitionLoad
	for i := range t.partitions {
		if r := float64(t.partitions[i].rate); r >= max(least, noRate) {
			all = append(all, wire.PartitionLoad{P: uint16(i), Rate: r})
		}
	}
	slices.SortFunc(all, func(a, b wire.PartitionLoad) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(a.P, b.P))
	})
	return slices.Clip(all[:min(len(all), wire.MaxHotPartitions)])
}

func hotKeys(all []hotkeys.Hot) []wire.HotKey {
	var keys []wire.HotKey
	for _, h := range all {
		keys = append(keys, wire.HotKey{Key: h.Key, Size: h.Size, Share: h.Share})
	}
	return keys
}
