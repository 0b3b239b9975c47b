package history

import (
	"fmt"
	"strings"
	"time"
)

// Kind says what an operation does.
type Kind uint8

// The kinds. Keys of a batch count as operations of their own.
const (
	Get Kind = iota + 1
	GetVersion
	Put
	PutAbsent  // if the key is absent
	PutPresent // if it is present
	PutVersion // if it has the version Op.Expect
	Incr
	GetSet
	Del
)

var kindNames = [...]string{"", "get", "get with version", "put", "put if absent", "put if present", "put if version", "incr", "getset", "del"}

// String is the kind's name in reports.
func (k Kind) String() string { return kindNames[k] }

// writes reports whether the operation may change the key.
func (k Kind) writes() bool { return k != Get && k != GetVersion }

// Op is one operation on one key and its outcome, as its caller saw them.
type Op struct {
	Kind   Kind
	Batch  bool // it was part of an MGet, MPut or MDel
	Untold bool // its answer tells no version
	Caller int
	Value  string        // what Put and GetSet store
	Delta  int64         // of Incr
	Expect uint64        // of PutVersion
	TTL    time.Duration // of Put, 0 for ever
	Call   time.Duration // when it began, since the load's beginning
	Return time.Duration // when it was answered
	Result
}

// Result is the outcome. Which fields mean something depends on the kind.
type Result struct {
	Unknown bool   // nobody knows whether it took effect, or will
	Refused bool   // the condition failed, or what Incr met is no integer
	Found   bool   // the key existed: Get, GetVersion, GetSet, Del
	Read    string // the value that it had: Get, GetVersion, GetSet
	Version uint64 // Put and its conditions: of the write; GetVersion: of what was read
	Number  int64  // Incr: the new value
}

// String describes the operation in one line of a key's history.
func (o *Op) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%13.6f %13.6f  caller %-3d ", o.Call.Seconds(), o.Return.Seconds(), o.Caller)
	if o.Batch {
		b.WriteString("batch: ")
	}
	b.WriteString(o.Kind.String())
	switch o.Kind {
	case Put, PutAbsent, PutPresent, GetSet:
		fmt.Fprintf(&b, " %q", o.Value)
	case PutVersion:
		fmt.Fprintf(&b, " %d %q", o.Expect, o.Value)
	case Incr:
		fmt.Fprintf(&b, " by %d", o.Delta)
	}
	if o.TTL > 0 {
		fmt.Fprintf(&b, " for %v", o.TTL)
	}
	b.WriteString(" -> ")
	b.WriteString(o.outcome())
	return b.String()
}

func (o *Op) outcome() string {
	switch {
	case o.Unknown:
		return "unknown"
	case o.Refused:
		return "refused"
	case o.Kind == Incr:
		return fmt.Sprint(o.Number)
	case o.Kind == Del:
		return fmt.Sprintf("existed: %v", o.Found)
	case o.Kind.writes() && o.Kind != GetSet && o.Untold:
		return "done"
	case o.Kind.writes() && o.Kind != GetSet:
		return fmt.Sprintf("version %d", o.Version)
	case !o.Found:
		return "absent"
	case o.Kind == GetVersion:
		return fmt.Sprintf("%q version %d", o.Read, o.Version)
	default:
		return fmt.Sprintf("%q", o.Read)
	}
}
