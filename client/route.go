package client

import (
	"errors"
	"fmt"

	"pikv/client/retry"
	"pikv/rpcclient"
	"pikv/wire"
)

// errRerouted ends an attempt whose partition has another owner by now.
var errRerouted = errors.New("the owner changed while the call waited")

// errLeft is errRerouted for an attempt of which nothing was sent yet.
var errLeft = fmt.Errorf("the owner changed meanwhile: %w", rpcclient.ErrNotSent)

// errNoOwner stands for an attempt that had nowhere to go.
var errNoOwner = errors.New("the view does not name an owner that could be asked")

// verdict is what follows from a failed attempt: the call ends with err, or
// another is made as retry.Verdict says.
type verdict struct {
	retry.Verdict
	err error
}

// judge decides what to do after err, which is not nil, from an attempt at h.
// ctxErr is the error of the call's context, nil while there is time left;
// maybe says that an earlier attempt may have taken effect. It is pure.
func judge(err, ctxErr error, call retry.Call, maybe bool, h retry.Hop) verdict {
	if errors.Is(err, ErrClosed) && !maybe {
		return verdict{err: err} // this attempt was not begun
	}
	ending, ok := endingOf(err)
	if !ok { // an answer that makes no sense
		v := verdict{err: err}
		if call.Write {
			v.Maybe, v.err = true, unknownFate(h.Addr, err)
		}
		return v
	}
	v := verdict{Verdict: retry.Judge(ending, call, h)}
	switch v.End(ending, maybe, ctxErr != nil) {
	case retry.Refused:
		v.err = explained(ending.Answer)
	case retry.Unknown:
		v.err = unknownFate(h.Addr, err)
	case retry.TooLate:
		v.err = gaveUp(ctxErr, h.Addr, err)
	case retry.Again:
	}
	return v
}

// endingOf classifies the error of an attempt; false for an answer that does
// not decode.
func endingOf(err error) (retry.Ending, bool) {
	var answer *wire.Error
	notSent := errors.Is(err, rpcclient.ErrNotSent) || errors.Is(err, errNoOwner)
	broken := errors.Is(err, rpcclient.ErrBroken)
	switch {
	case errors.Is(err, errRerouted):
		return retry.Ending{Kind: retry.Rerouted}, true
	case errors.As(err, &answer) && !notSent && !broken:
		return retry.Ending{Kind: retry.Answered, Answer: answer}, true
	case notSent:
		return retry.Ending{Kind: retry.NotSent}, true
	case broken:
		return retry.Ending{Kind: retry.Lost}, true
	default:
		return retry.Ending{}, false
	}
}
