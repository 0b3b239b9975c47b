package store

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"sort"
)

// runSize is the most entries of a run: few enough to shift at each
// insertion, enough that the list of runs stays short.
const runSize = 128

// order keeps entries sorted by hash, and by key where hashes are equal. It
// is a list of sorted runs, none of them empty; a full run splits in two, and
// a sparse one is joined with its neighbour.
type order struct {
	runs [][]place
}

// place holds an entry's hash beside it, so that a search does not touch the
// entries.
type place struct {
	hash uint64
	en   *entry
}

func compare(p place, en *entry) int {
	if c := cmp.Compare(p.hash, en.hash); c != 0 {
		return c
	}
	return bytes.Compare(p.en.Key, en.Key)
}

// run is the index of the run that holds en or where en belongs. There must
// be one run at least.
func (o *order) run(en *entry) int {
	after := sort.Search(len(o.runs), func(i int) bool { return compare(o.runs[i][0], en) > 0 })
	return max(after-1, 0)
}

// insert adds en, which is not there yet.
func (o *order) insert(en *entry) {
	if len(o.runs) == 0 {
		o.runs = [][]place{{{en.hash, en}}}
		return
	}
	i := o.run(en)
	run := o.runs[i]
	if len(run) == runSize {
		right := slices.Clone(run[runSize/2:])
		clear(run[runSize/2:])
		o.runs[i] = run[:runSize/2]
		o.runs = slices.Insert(o.runs, i+1, right)
		if compare(right[0], en) < 0 {
			i++
		}
		run = o.runs[i]
	}
	at, _ := slices.BinarySearchFunc(run, en, compare)
	o.runs[i] = slices.Insert(run, at, place{en.hash, en})
}

// remove takes en out, which must be there.
func (o *order) remove(en *entry) {
	i := o.run(en)
	at, _ := slices.BinarySearchFunc(o.runs[i], en, compare)
	o.runs[i] = slices.Delete(o.runs[i], at, at+1)
	if len(o.runs[i]) > runSize/4 {
		return
	}
	if len(o.runs[i]) == 0 {
		o.runs = slices.Delete(o.runs, i, i+1)
		return
	}
	if i+1 == len(o.runs) {
		i--
	}
	if i >= 0 && len(o.runs[i])+len(o.runs[i+1]) <= runSize/2 {
		o.runs[i] = append(o.runs[i], o.runs[i+1]...)
		o.runs = slices.Delete(o.runs, i+1, i+2)
	}
}

// from iterates over the entries whose hash is at least first, in order.
func (o *order) from(first uint64) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		// Runs before i end below first.
		i := sort.Search(len(o.runs), func(i int) bool { return o.runs[i][len(o.runs[i])-1].hash >= first })
		for ; i < len(o.runs); i++ {
			run := o.runs[i]
			at := sort.Search(len(run), func(j int) bool { return run[j].hash >= first })
			for _, p := range run[at:] {
				if !yield(p.en) {
					return
				}
			}
		}
	}
}

// page calls visit with the entries from cursor on, until visit returns
// false or most of them were visited, but never stops between equal hashes.
// It returns the cursor of the next page, 0 when there is none.
func (o *order) page(cursor uint64, most int, visit func(*entry) bool) (next uint64) {
	visited, more, last := 0, true, uint64(0)
	for en := range o.from(cursor) {
		if (!more || visited >= most) && en.hash != last {
			return last + 1 // not 0, for en.hash is greater than last
		}
		more = visit(en) && more
		visited++
		last = en.hash
	}
	return 0
}
