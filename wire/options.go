package wire

import (
	"math"
	"time"
)

// Options are the options of a call; the zero value is none, and takes no
// bytes. On the wire they are a map as the last parameter.
type Options struct {
	// TTL is how long a written value lives from the moment that the owner
	// takes it, 0 for ever. "ttl": whole milliseconds, rounded up.
	TTL time.Duration
	// Epoch is the partition's epoch that the client learned from a
	// redirect, 0 for none. "epoch".
	Epoch uint64
}

// Pair is a key with its value.
type Pair struct{ Key, Value []byte }

// append appends the options as the last parameter; nothing when o is zero.
func (o Options) append(buf []byte) []byte {
	if o == (Options{}) {
		return buf
	}
	n := 0
	if o.TTL != 0 {
		n++
	}
	if o.Epoch != 0 {
		n++
	}
	buf = AppendMapHeader(buf, n)
	if o.TTL != 0 {
		buf = AppendInt(AppendStr(buf, "ttl"), milliseconds(o.TTL))
	}
	if o.Epoch != 0 {
		buf = AppendUint(AppendStr(buf, "epoch"), o.Epoch)
	}
	return buf
}

// params is the number of parameters that o takes.
func (o Options) params() int {
	if o == (Options{}) {
		return 0
	}
	return 1
}

// milliseconds rounds away from zero, so that a short TTL is never none.
func milliseconds(d time.Duration) int64 {
	ms := int64(d / time.Millisecond)
	switch rest := d % time.Millisecond; {
	case rest > 0:
		ms++
	case rest < 0:
		ms--
	}
	return ms
}

// options reads the options if there are any.
func (d *Decoder) options(o *Options) {
	if d.Nil() {
		return
	}
	for range d.MapHeader() {
		switch name := d.Bytes(); string(name) {
		case "ttl":
			const most = math.MaxInt64 / int64(time.Millisecond)
			ms := d.Int()
			if ms < 0 || ms > most {
				d.Fail(Errorf(CodeBadRequest, "ttl of %d ms is out of range", ms))
				return
			}
			o.TTL = time.Duration(ms) * time.Millisecond
		case "epoch":
			o.Epoch = d.Uint()
		default:
			if d.err == nil {
				d.Fail(Errorf(CodeBadRequest, "unknown option %.32q", name))
			}
			return
		}
	}
}
