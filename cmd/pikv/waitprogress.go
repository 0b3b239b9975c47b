package main

import (
	"fmt"

	"pikv/wire"
)

// joining names the workers that the master knows of and has not taken up yet.
// Until it has, all may look synced, and be about to move.
func joining(r wire.StatusReply) []string {
	var list []string
	for _, m := range r.Members {
		if m.Role == roleWorker && m.State == stateJoining {
			list = append(list, m.Name)
		}
	}
	return list
}

// waitText says what is missing.
func waitText(r wire.StatusReply) string {
	text := fmt.Sprintf("%d of %s synced", r.Synced, count(r.Partitions, "partition"))
	if others := countsText(r); others != "" {
		text += ", " + others
	}
	switch {
	case r.Role != roleMaster:
		return "the master does not answer"
	case r.Listening != "":
		return "the master listens to the workers first: " + r.Listening
	case r.Epoch == 0:
		return "no worker has come yet"
	case activeWorkers(r) < r.Replicas:
		text += fmt.Sprintf("; %s cannot hold %d copies", count(activeWorkers(r), "active worker"), r.Replicas)
	case len(joining(r)) > 0:
		text += fmt.Sprintf("; %s still joining", names(joining(r)))
	case r.MoveTotal > 0:
		text += "; " + progressText(r.MoveDone, r.MoveTotal, r.MoveRate)
	}
	return text
}

// show writes over the line of progress, if somebody watches.
func (w *wait) show(text string) {
	if w.watched {
		fmt.Fprintf(w.stderr, "\r\x1b[K%s", text)
		w.shown = true
	}
}

// clear removes the line of progress.
func (w *wait) clear() {
	if w.shown {
		fmt.Fprint(w.stderr, "\r\x1b[K")
		w.shown = false
	}
}

// complain says that nobody answers, once for each reason.
func (w *wait) complain(err error) {
	if text := message(err); text != w.said {
		w.said = text
		w.clear()
		fmt.Fprintf(w.stderr, "pikv: %s (waiting)\n", text)
	}
}
