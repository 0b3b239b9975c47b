package resp

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// failures counts the errors that commands were answered with, by their first words.
// Safe for concurrent use; the zero value is ready.
type failures struct {
	mu     sync.Mutex
	all    int64
	byCode map[string]int64
}

// mostCodes bounds the codes that are told apart: a text of pikv's own making may
// begin with anything.
const mostCodes = 64

// add counts an error by its text.
func (f *failures) add(text string) {
	code, _, _ := strings.Cut(text, " ")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all++
	if _, known := f.byCode[code]; !known && len(f.byCode) == mostCodes {
		return
	}
	if f.byCode == nil {
		f.byCode = make(map[string]int64)
	}
	f.byCode[code]++
}

// count is how many there were.
func (f *failures) count() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all
}

// each calls say with each code, in alphabetical order, and how many there were.
func (f *failures) each(say func(code string, n int64)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, code := range slices.Sorted(maps.Keys(f.byCode)) {
		say(code, f.byCode[code])
	}
}
