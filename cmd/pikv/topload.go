package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"pikv/wire"
)

// What workers can be sorted by.
const (
	sortRequests = "requests"
	sortMemory   = "memory"
	sortCPU      = "cpu"
	sortName     = "name"
)

var sorts = []string{sortRequests, sortMemory, sortCPU, sortName}

// sortedWorkers returns the workers among the members, those with the most first.
func sortedWorkers(members []wire.MemberStatus, by string) []wire.MemberStatus {
	most := map[string]func(m wire.MemberStatus) float64{
		sortRequests: func(m wire.MemberStatus) float64 { return m.Load.Requests() },
		sortMemory:   func(m wire.MemberStatus) float64 { return float64(m.Used) },
		sortCPU:      func(m wire.MemberStatus) float64 { return cpuShare(m.Load) },
		sortName:     func(wire.MemberStatus) float64 { return 0 },
	}[by]
	workers := []wire.MemberStatus{}
	for _, m := range members {
		if m.Role == roleWorker {
			workers = append(workers, m)
		}
	}
	slices.SortStableFunc(workers, func(a, b wire.MemberStatus) int {
		return cmp.Or(cmp.Compare(most(b), most(a)), cmp.Compare(a.Name, b.Name))
	})
	return workers
}

// known reports whether a worker has reported its load a moment ago: it has processors.
func known(m wire.MemberStatus) bool { return m.Load.CPUs > 0 }

// cpuShare is what part of its processors a worker keeps busy.
func cpuShare(l wire.Load) float64 { return l.CPU / float64(max(l.CPUs, 1)) }

func cpuText(l wire.Load) string { return fmt.Sprintf("%.0f %%", 100*cpuShare(l)) }

// loadText sums up the workers: "1234 requests/s, memory 25 % full". Memory is what the
// scaling policy goes by: that of the active workers together, without those that
// evict, which are full on purpose.
func loadText(r wire.StatusReply) string {
	requests, reported := 0.0, 0
	used, capacity := int64(0), int64(0)
	for _, m := range r.Members {
		if m.Role != roleWorker || !known(m) {
			continue
		}
		requests += m.Load.Requests()
		reported++
		if m.State == stateActive && m.Capacity > 0 && m.Eviction != evictionLRU {
			used, capacity = used+m.Used, capacity+m.Capacity
		}
	}
	if reported == 0 {
		return "load not known"
	}
	text := rateText(requests) + " requests/s"
	if capacity > 0 {
		text += fmt.Sprintf(", memory %.0f %% full", 100*float64(used)/float64(capacity))
	}
	return text
}

// rateText prints a number per second.
func rateText(r float64) string {
	if r > 0 && r < 10 {
		return strconv.FormatFloat(r, 'f', 1, 64)
	}
	return strconv.FormatFloat(r, 'f', 0, 64)
}

const (
	hotShare      = 0.05 // of a worker's requests: a key with less is not named
	hotPartitions = 8    // are named
)

// hotText prints the hottest key of each worker, if it is hot, and the partitions with
// the most requests.
func hotText(w io.Writer, workers []wire.MemberStatus) error {
	type place struct {
		wire.PartitionLoad
		worker string
	}
	var lines, texts []string
	var places []place
	for _, m := range workers {
		if len(m.Load.Keys) > 0 && m.Load.Keys[0].Share >= hotShare {
			k := m.Load.Keys[0]
			lines = append(lines, fmt.Sprintf("key %s makes %.0f %% of %s's requests, or more", hotKeyText(k), 100*k.Share, m.Name))
		}
		for _, p := range m.Load.Partitions {
			places = append(places, place{p, m.Name})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(a.P, b.P))
	})
	for _, p := range places[:min(len(places), hotPartitions)] {
		texts = append(texts, fmt.Sprintf("%d (%s, %s/s)", p.P, p.worker, rateText(p.Rate)))
	}
	if len(texts) > 0 {
		lines = append(lines, "hottest partitions: "+strings.Join(texts, ", "))
	}
	for i, line := range lines {
		if i == 0 {
			line = "\n" + line
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// hotKeyText prints a key that may have any bytes, and be cut.
func hotKeyText(k wire.HotKey) string {
	text := strconv.QuoteToASCII(string(k.Key))
	if k.Size > len(k.Key) {
		text += fmt.Sprintf("... (%d bytes)", k.Size)
	}
	return text
}
