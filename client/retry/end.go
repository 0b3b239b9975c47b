package retry

// End is what becomes of a call after an attempt.
type End uint8

// The ends.
const (
	// Again: another attempt is made, as the verdict says.
	Again End = iota
	// Refused: it ends with the node's answer. Nothing took effect, or the answer
	// is the recorded one of the attempt that came first: see Settles.
	Refused
	// TooLate: its time is over, and nothing took effect.
	TooLate
	// Unknown: it ends, and an attempt may have taken effect, or may yet.
	Unknown
)

// End returns what becomes of a call whose attempt ended as e. maybe says that an
// earlier attempt may have taken effect, over that the call's time is over.
func (v Verdict) End(e Ending, maybe, over bool) End {
	switch {
	case v.Final && (v.Maybe || maybe && !Settles(e.Answer)):
		return Unknown
	case v.Final:
		return Refused
	case over:
		return Late(maybe || v.Maybe)
	default:
		return Again
	}
}

// Late is the end of a call whose time is over while nothing of it is under way.
func Late(maybe bool) End {
	if maybe {
		return Unknown
	}
	return TooLate
}
