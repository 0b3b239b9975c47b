package power

import "time"

// A Core is a processor core on which something ran or is to run.
type Core struct {
	Speed float64 // as in Machine.CoreSpeed
	// Dilation is by how much its time was stretched, and results scaled back;
	// 1 for not at all.
	Dilation float64
}

// Slower returns how much longer a request takes on a core of the model than
// was measured on a core of a faster machine that was given to the model's
// nodes in slices. A quota caps what a node does in a second, not how fast it
// does one thing: the request's processor time, cpu seconds of the machine that
// ran it, passed in cpu/dilation of the model's time where the model needs
// cpu × its own core's speed over the model's. All of the processor time that a
// request takes counts as if it came one after the other, and none of it as if
// the node had waited for its slice: it is the most that is missing.
func Slower(cpu time.Duration, ran Core, model float64) time.Duration {
	return max(0, time.Duration(float64(cpu)*(ran.Speed/model-1/ran.Dilation)))
}
