package report

import "pikv/bench/study"

// A Figure answers one question.
type Figure struct {
	ID       string // "F1"
	Title    string
	Question string
	Panels   []Panel
	Tables   []Table
	// Conclusions are made of the data.
	Conclusions []string
	// Notes say what a reader must know to judge the figure: marks, what is
	// missing and why, what is an assumption.
	Notes []string
}

// HasData reports whether the figure shows anything.
func (f Figure) HasData() bool {
	for _, p := range f.Panels {
		if !p.empty() {
			return true
		}
	}
	return false
}

// add adds plots of a target.
func (f *Figure) add(t study.Target, panels ...Panel) {
	for _, p := range panels {
		p.Target = t.Name
		f.Panels = append(f.Panels, p)
	}
}

// complete reports whether the figure shows something of a target, and in each plot
// that is of it alone.
func (f Figure) complete(t study.Target) bool {
	shown := false
	for _, p := range f.Panels {
		switch {
		case p.Target == t.Name && p.empty():
			return false
		case p.Target == t.Name, p.Target == "" && p.hasGroupOf(t):
			shown = true
		}
	}
	return shown
}

// A Panel is one plot.
type Panel struct {
	Name  string // of its files, unique in the report: "f1-mean-pis"
	Title string
	About string // a line below the title: what was measured on, and whether it was simulated
	X, Y  Axis
	// Target is the name of the only target that is in it; "" where targets are side by
	// side, in groups.
	Target string
	// Series are lines if Categories is empty, else groups of bars: point i of a
	// series is its bar in the group i, and its X does not count.
	Series     []Series
	Categories []string
	// Of are the names of the targets of the groups, where they are side by side.
	Of []string
	// OnePerGroup says that each group has one bar, of a series of its own.
	OnePerGroup bool
	Floors      []Floor
	Moments     []Moment
}

func (p Panel) empty() bool {
	for _, s := range p.Series {
		for _, x := range s.Points {
			if x.Y.OK() {
				return false
			}
		}
	}
	return true
}

// hasGroupOf reports whether there is a bar in a group of a target.
func (p Panel) hasGroupOf(t study.Target) bool {
	for _, s := range p.Series {
		for i, x := range s.Points {
			if i < len(p.Of) && p.Of[i] == t.Name && x.Y.OK() {
				return true
			}
		}
	}
	return false
}

// An Axis is one of a plot.
type Axis struct {
	Label string // with the unit
	Log   bool
	Bytes bool // numbers are sizes: 1 KB instead of 1000
	// Min and Max are what the axis shows at least; both 0 for what the data need.
	Min, Max float64
}

// A Series is what is measured along one line, or in bars of one colour.
type Series struct {
	Name   string
	Style  Style
	Points []XY
}

// XY is a point of a series.
type XY struct {
	X float64
	Y Measure
}

// A Floor is a line that the data cannot pass, or that they are compared with.
type Floor struct {
	Label  string
	Style  Style
	Points [][2]float64 // x and y; one alone is a level over the whole width
	// In bars: the group that the level belongs to, counted from 1; 0 for all.
	Category int
}

// A Moment is something that happened at a time of a timeline.
type Moment struct {
	X     float64
	Label string
}

// A Table is numbers as text.
type Table struct {
	Title   string
	Columns []string
	Rows    [][]string
}
