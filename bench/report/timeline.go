package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"pikv/bench/study"
)

// timelines is what a user sees while nodes come and go.
func timelines(d *Data) Figure {
	f := Figure{
		ID: "F7", Title: "While workers die, join and leave",
		Question: "What does a user see while the cluster changes?",
	}
	for _, t := range d.Run.Targets {
		for _, event := range []string{study.Kill, study.Join, study.Drain, study.Wake} {
			var ways []timeline
			for _, mode := range []string{study.Direct, study.Proxied} {
				if l := d.timelineOf(t, event, mode); len(l.samples) > 0 {
					ways = append(ways, l)
				}
			}
			if len(ways) == 0 {
				continue
			}
			f.add(t, d.timelinePanels(t, event, ways)...)
			f.Tables = append(f.Tables, d.timelineTable(t, event, ways))
			for _, l := range ways {
				f.Conclusions = append(f.Conclusions, l.said(d.title(t)))
				f.Notes = append(f.Notes, l.notes(d.title(t))...)
			}
		}
		if t.Throttled != "" && len(f.Panels) > 0 {
			f.Notes = append(f.Notes, fmt.Sprintf("%s: the figures are invalid, computers were throttled: %s.", d.title(t), t.Throttled))
		}
	}
	f.Notes = append(f.Notes, "Times count from the moment at which the cluster began to change.")
	return f
}

// timeline is one run of samples, with times in seconds since the change.
type timeline struct {
	event, mode string
	samples     []study.Sample // At is in ms since the change
	moments     []study.Sample
	mark        string // why it is suspect; "" if it is not
}

// timelineOf picks a timeline and moves its origin to its first moment.
func (d *Data) timelineOf(t study.Target, event, mode string) timeline {
	l := timeline{event: event, mode: mode}
	for _, s := range d.Samples {
		if s.Target != t.Name || s.Event != event || s.Mode != mode {
			continue
		}
		l.mark = s.Mark
		if s.Moment != "" {
			l.moments = append(l.moments, s)
		} else {
			l.samples = append(l.samples, s)
		}
	}
	byTime := func(a, b study.Sample) int { return cmp.Compare(a.At, b.At) }
	slices.SortStableFunc(l.samples, byTime)
	slices.SortStableFunc(l.moments, byTime)
	if len(l.moments) > 0 {
		origin := l.moments[0].At
		for i := range l.samples {
			l.samples[i].At -= origin
		}
		for i := range l.moments {
			l.moments[i].At -= origin
		}
	}
	return l
}

// eventTitle says what happens.
func eventTitle(event string) string {
	switch event {
	case study.Kill:
		return "a worker dies"
	case study.Join:
		return "a worker joins"
	case study.Drain:
		return "a worker leaves"
	case study.Wake:
		return "a spare is activated"
	default:
		return event
	}
}

// timelinePanels draws requests per second and p99.
func (d *Data) timelinePanels(t study.Target, event string, ways []timeline) []Panel {
	name := "-" + event + "-" + slug(t.Name)
	about := d.title(t) + "; in steps of " + number(ways[0].step()) + " ms"
	if slices.ContainsFunc(ways, func(l timeline) bool { return l.mark != "" }) {
		about += "; SUSPECT"
	}
	rate := Panel{Name: "f7-rate" + name, Title: "Requests per second while " + eventTitle(event), About: about, X: Axis{Label: "seconds since the change"}, Y: Axis{Label: "requests per second"}}
	slow := Panel{Name: "f7-p99" + name, Title: "p99 while " + eventTitle(event), About: about, X: rate.X, Y: Axis{Label: "p99 (ms)", Log: true}}
	for _, l := range ways {
		style := Style{Hue: hueOf(study.Pikv, l.mode), Shade: 3}
		var rates, slows []XY
		for _, s := range l.samples {
			one := func(v float64) Measure { return Measure{Median: v, Low: v, High: v, N: 1} }
			if s.Due > 0 { // then nobody asks any more
				rates = append(rates, XY{s.At / 1000, one(s.Rate)})
			}
			at := XY{X: s.At / 1000} // a gap where nothing was answered
			if s.Rate > 0 {
				at.Y = one(s.P99 / 1000)
			}
			slows = append(slows, at)
		}
		rate.Series = append(rate.Series, Series{way(l.mode), style, rates})
		slow.Series = append(slow.Series, Series{way(l.mode), style, slows})
		for i, m := range l.moments {
			label := m.Moment
			switch {
			case i == 0 && l.mode != ways[0].mode:
				continue // it is the origin of both
			case i > 0 && len(ways) > 1:
				label += " (" + way(l.mode) + ")"
			}
			rate.Moments = append(rate.Moments, Moment{m.At / 1000, label})
		}
	}
	slow.Moments = rate.Moments
	return []Panel{rate, slow}
}

// step returns the time between samples in ms.
func (l timeline) step() float64 {
	if len(l.samples) < 2 {
		return math.NaN()
	}
	return (l.samples[len(l.samples)-1].At - l.samples[0].At) / float64(len(l.samples)-1)
}

// before and after return the samples before the change, and from it on. A
// timeline without a moment is all before.
func (l timeline) before() []study.Sample { return l.samples[:l.split()] }
func (l timeline) after() []study.Sample  { return l.samples[l.split():] }

func (l timeline) split() int {
	if len(l.moments) == 0 {
		return len(l.samples)
	}
	i := slices.IndexFunc(l.samples, func(s study.Sample) bool { return s.At > 0 })
	if i < 0 {
		return len(l.samples)
	}
	return i
}

// dipShare is how much of the usual requests per second a sample must have not to
// count as a dip.
const dipShare = 0.8

// seen is what a user saw.
type seen struct {
	usual   float64 // requests per second before the change, median
	lowest  float64 // the same after it, the lowest sample
	dip     float64 // seconds, of the samples after it below dipShare of usual
	p99     float64 // ms before the change, median
	highest float64 // ms after it, of the worst sample
	failed  int64   // requests, in all
	late    int64   // requests that were answered only after the last was due
}

func (l timeline) seen() seen {
	s := seen{usual: math.NaN(), lowest: math.NaN(), p99: math.NaN(), highest: math.NaN()}
	middle := func(samples []study.Sample, value func(study.Sample) float64) float64 {
		var values []float64
		for _, x := range samples {
			values = append(values, value(x))
		}
		if len(values) == 0 {
			return math.NaN()
		}
		slices.Sort(values)
		return quantile(values, 0.5)
	}
	s.usual = middle(l.before(), func(x study.Sample) float64 { return x.Rate })
	s.p99 = middle(l.before(), func(x study.Sample) float64 { return x.P99 / 1000 })
	for _, x := range l.after() {
		s.highest = fmax(s.highest, x.P99/1000)
		if x.Due == 0 { // nobody asks any more
			s.late += int64(math.Round(x.Rate * l.step() / 1000))
			continue
		}
		if math.IsNaN(s.lowest) || x.Rate < s.lowest {
			s.lowest = x.Rate
		}
		if x.Rate < dipShare*s.usual {
			s.dip += l.step() / 1000
		}
	}
	for _, x := range l.samples {
		s.failed += x.Failed
	}
	return s
}

// timelineTable has what a user saw.
func (d *Data) timelineTable(t study.Target, event string, ways []timeline) Table {
	table := Table{
		Title:   fmt.Sprintf("While %s — %s", eventTitle(event), d.title(t)),
		Columns: []string{"way", "requests/s before", "lowest after", fmt.Sprintf("seconds below %.0f %%", 100*dipShare), "p99 before (ms)", "worst p99 after (ms)", "failed requests", "answered after the end"},
	}
	for _, l := range ways {
		s := l.seen()
		table.Rows = append(table.Rows, []string{way(l.mode), number(s.usual), number(s.lowest), number(s.dip), number(s.p99), number(s.highest), fmt.Sprint(s.failed), fmt.Sprint(s.late)})
	}
	return table
}

// said is what a timeline says.
func (l timeline) said(target string) string {
	s := l.seen()
	text := fmt.Sprintf("%s, %s, while %s: ", target, way(l.mode), eventTitle(l.event))
	if s.failed == 0 {
		text += "no request fails; "
	} else {
		text += counted(int(s.failed), "request", "fails", "fail") + "; "
	}
	if math.IsNaN(s.usual) || math.IsNaN(s.lowest) {
		return text + "nothing is known of before and after."
	}
	if s.late > 0 {
		text += counted(int(s.late), "request", "is", "are") + " answered only after the last was due; "
	}
	return text + fmt.Sprintf("requests per second are below %.0f %% of what they were for %s s (lowest %s of %s), and the worst p99 is %s ms (before: %s ms).",
		100*dipShare, number(s.dip), number(s.lowest), number(s.usual), number(s.highest), number(s.p99))
}

// notes says what is suspect about a timeline.
func (l timeline) notes(target string) []string {
	var notes []string
	name := fmt.Sprintf("%s, %s, while %s", target, way(l.mode), eventTitle(l.event))
	if l.mark != "" {
		notes = append(notes, fmt.Sprintf("%s: suspect: %s.", name, l.mark))
	}
	if stolen := study.Stolen(l.samples); stolen > study.MostSteal {
		notes = append(notes, fmt.Sprintf("%s: suspect: %s %% of the processor time went to other guests of the host, however often it was watched.", name, number(stolen)))
	}
	return notes
}
