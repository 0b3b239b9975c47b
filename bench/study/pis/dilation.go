package pis

import (
	"errors"
	"fmt"
	"math"
)

// ErrTooFewCores says that this machine cannot play so many computers at that speed.
var ErrTooFewCores = errors.New("this machine has too few cores for that")

// fit is what computers need of this machine.
type fit struct {
	computers int
	share     float64 // of cores of this machine, that one of them has
	cores     float64 // of this machine
}

// Of the machine the computers get a half, when that can be chosen: a request costs a
// client about as much as it costs the store. They get three quarters at most: then
// the generator may be what is measured, and its use of processor time, which every
// point has, tells.
const (
	usualPart = 0.5
	mostPart  = 0.75
)

// dilation returns by how much the computers must be slowed down, in halves.
func (f fit) dilation() float64 {
	return max(1, math.Ceil(2*f.needed()/(usualPart*f.cores))/2)
}

// needed is what all computers need, when they are not slowed down.
func (f fit) needed() float64 { return float64(f.computers) * f.share }

// check reports whether the computers fit when slowed down by k.
func (f fit) check(k float64) error {
	if !(k >= 1) || math.IsInf(k, 0) {
		return fmt.Errorf("--dilate %g: it must be at least 1, at which nothing is slowed down", k)
	}
	if f.needed()/k <= mostPart*f.cores {
		return nil
	}
	least := math.Ceil(10*f.needed()/(mostPart*f.cores)) / 10
	return fmt.Errorf("--dilate %g: %w: %d computers of %.2f of a core are %.2f cores, slowed down %g times %.2f; of %g cores they may have %g, the rest is the load generator's: give at least --dilate %g, or leave it out for %g",
		k, ErrTooFewCores, f.computers, f.share, f.needed(), k, f.needed()/k, f.cores, mostPart*f.cores, least, f.dilation())
}
