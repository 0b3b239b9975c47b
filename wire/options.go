package wire

import "time"

// Condition says what a key must be for a write to take effect.
type Condition uint8

// The conditions.
const (
	IfNone    Condition = iota
	IfAbsent            // there is no such key: "if" is "absent"
	IfPresent           // there is one: "if" is "present"
	IfVersion           // it has Options.Version, 0 for "there is none": "if" is the number
)

// Options are the options of a call; the zero value is none, and takes no
// bytes. On the wire they are a map as the last parameter. A method refuses
// those that mean nothing to it.
type Options struct {
	// TTL is how long a written value lives from the moment that the owner
	// takes it, 0 for ever. "ttl": whole milliseconds, rounded up.
	TTL time.Duration
	// Epoch is the partition's epoch that the client learned from a
	// redirect, 0 for none. "epoch".
	Epoch uint64
	// If is the condition of a write, and Version its version. "if".
	If      Condition
	Version uint64
	// WithVersion asks Get for the version, too. "version": true.
	WithVersion bool
	// WithLeft asks Get for the version and for what is left of the value's time
	// to live. "left": true.
	WithLeft bool

	// Client, Seq, Finished and Attempt name a write, so that it takes effect
	// once however often it is sent. "client": drawn at random, 0 for none.
	// "seq": the write's number, from 1; for MPut and MDel an array, Seqs, with
	// one for each item. "finished": the client waits for no write below it.
	// "attempt": 1 (left out) until one may have reached a worker whose answer
	// was lost.
	Client   uint64
	Seq      uint64
	Seqs     []uint64
	Finished uint64
	Attempt  uint64
}

// Pair is a key with its value.
type Pair struct{ Key, Value []byte }

// fields is how many entries o takes in the map.
func (o *Options) fields() (n int) {
	for _, set := range [...]bool{
		o.TTL != 0, o.Epoch != 0, o.If != IfNone, o.WithVersion, o.WithLeft,
		o.Client != 0, o.named(), o.Finished != 0, o.Attempt > 1,
	} {
		if set {
			n++
		}
	}
	return n
}

func (o *Options) named() bool { return o.Seq != 0 || len(o.Seqs) > 0 }

// append appends the options as the last parameter; nothing when o is zero.
func (o *Options) append(buf []byte) []byte {
	n := o.fields()
	if n == 0 {
		return buf
	}
	buf = AppendMapHeader(buf, n)
	if o.TTL != 0 {
		buf = AppendInt(AppendStr(buf, "ttl"), milliseconds(o.TTL))
	}
	if o.Epoch != 0 {
		buf = AppendUint(AppendStr(buf, "epoch"), o.Epoch)
	}
	switch o.If {
	case IfAbsent:
		buf = AppendStr(AppendStr(buf, "if"), "absent")
	case IfPresent:
		buf = AppendStr(AppendStr(buf, "if"), "present")
	case IfVersion:
		buf = AppendUint(AppendStr(buf, "if"), o.Version)
	}
	if o.WithVersion {
		buf = AppendBool(AppendStr(buf, "version"), true)
	}
	if o.WithLeft {
		buf = AppendBool(AppendStr(buf, "left"), true)
	}
	return o.appendName(buf)
}

// appendName appends what names a write.
func (o *Options) appendName(buf []byte) []byte {
	if o.Client != 0 {
		buf = AppendUint(AppendStr(buf, "client"), o.Client)
	}
	switch {
	case len(o.Seqs) > 0:
		buf = AppendArrayHeader(AppendStr(buf, "seq"), len(o.Seqs))
		for _, seq := range o.Seqs {
			buf = AppendUint(buf, seq)
		}
	case o.Seq != 0:
		buf = AppendUint(AppendStr(buf, "seq"), o.Seq)
	}
	if o.Finished != 0 {
		buf = AppendUint(AppendStr(buf, "finished"), o.Finished)
	}
	if o.Attempt > 1 {
		buf = AppendUint(AppendStr(buf, "attempt"), o.Attempt)
	}
	return buf
}

// params is the number of parameters that o takes.
func (o *Options) params() int { return min(o.fields(), 1) }

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
