package wire

import (
	"math"
	"slices"
	"time"
)

// takes says which options a method has, beside "epoch", which all have.
type takes uint8

const (
	takesTTL takes = 1 << iota
	takesIf
	takesVersion // "version", "left"
	takesName    // "client", "seq", "finished", "attempt"

	takesNone takes = 0
)

// oneKey stands for the number of items of a call that is no batch.
const oneKey = -1

// options reads the options if there are any: those of a method that takes
// some, with items keys or pairs.
func (d *Decoder) options(o *Options, some takes, items int) {
	if d.Nil() {
		return
	}
	for range d.MapHeader() {
		if name := d.Bytes(); !d.option(string(name), o, some, items) {
			if d.err == nil {
				d.Fail(Errorf(CodeBadRequest, "unknown option %.32q of this method", name))
			}
			return
		}
	}
	if d.err == nil && (o.Client != 0) != o.named() {
		d.Fail(Errorf(CodeBadRequest, "a write is named by both client and seq, neither of them 0"))
	}
}

// option reads the value of one option; false for one that the method does not
// know.
func (d *Decoder) option(name string, o *Options, some takes, items int) bool {
	switch {
	case name == "epoch":
		o.Epoch = d.Uint()
	case name == "ttl" && some&takesTTL != 0:
		o.TTL = d.ttl()
	case name == "if" && some&takesIf != 0:
		d.condition(o)
	case name == "version" && some&takesVersion != 0:
		o.WithVersion = d.Bool()
	case name == "left" && some&takesVersion != 0:
		o.WithLeft = d.Bool()
	case name == "client" && some&takesName != 0:
		o.Client = d.Uint()
	case name == "seq" && some&takesName != 0:
		d.seqs(o, items)
	case name == "finished" && some&takesName != 0:
		o.Finished = d.Uint()
	case name == "attempt" && some&takesName != 0:
		o.Attempt = d.Uint()
	default:
		return false
	}
	return true
}

func (d *Decoder) ttl() time.Duration {
	const most = math.MaxInt64 / int64(time.Millisecond)
	ms := d.Int()
	if ms < 0 || ms > most {
		d.Fail(Errorf(CodeBadRequest, "ttl of %d ms is out of range", ms))
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

func (d *Decoder) condition(o *Options) {
	o.Version = 0 // should the option come twice, the last one counts
	if d.Kind() == KindInt {
		o.If, o.Version = IfVersion, d.Uint()
		return
	}
	switch text := d.Bytes(); string(text) {
	case "absent":
		o.If = IfAbsent
	case "present":
		o.If = IfPresent
	default:
		if d.err == nil {
			d.Fail(Errorf(CodeBadRequest, "if: want absent, present or a version, not %.32q", text))
		}
	}
}

// seqs reads the number of a write or, in a batch, one for each item.
func (d *Decoder) seqs(o *Options, items int) {
	switch array := d.Kind() == KindArray; {
	case items == oneKey && !array:
		o.Seq = d.Uint()
		return
	case items == oneKey:
		d.Fail(Errorf(CodeBadRequest, "seq: want one number, not an array"))
		return
	case !array:
		d.Fail(Errorf(CodeBadRequest, "seq: want an array of %d numbers", items))
		return
	}
	n := d.ArrayHeader()
	if d.err == nil && n != items {
		d.Fail(Errorf(CodeBadRequest, "seq: %d numbers for %d items", n, items))
		return
	}
	o.Seqs = slices.Grow(o.Seqs[:0], n)
	for i := 0; i < n && d.err == nil; i++ {
		o.Seqs = append(o.Seqs, d.Uint())
	}
	if d.err == nil && slices.Contains(o.Seqs, 0) {
		d.Fail(Errorf(CodeBadRequest, "seq: numbers begin at 1"))
	}
}
