package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bars draws the series of a panel as groups of bars.
type bars struct{ p Panel }

// groupShare is how much of a group's width its bars take.
const groupShare = 0.8

// Plot implements plot.Plotter.
func (b bars) Plot(c draw.Canvas, pl *plot.Plot) {
	grid(c, pl, false)
	v := view{c, pl}
	b.each(func(s Series, left, right float64, m Measure) { v.bar(s.Style, left, right, m) })
	for _, f := range b.p.Floors {
		v.level(f, len(b.p.Categories))
	}
	b.each(func(_ Series, left, right float64, m Measure) { v.value(left, right, m) })
}

// each calls draw for every bar with its place along the axis.
func (b bars) each(draw func(s Series, left, right float64, m Measure)) {
	share, width := groupShare, groupShare/float64(max(len(b.p.Series), 1))
	if b.p.OnePerGroup {
		share, width = 0.5, 0.5
	}
	for i, s := range b.p.Series {
		for group, at := range s.Points {
			if !at.Y.OK() {
				continue
			}
			left := float64(group) - share/2
			if !b.p.OnePerGroup {
				left += float64(i) * width
			}
			draw(s, left, left+width*0.94, at.Y)
		}
	}
}

// bar draws one, with its error and its number.
func (v view) bar(s Style, left, right float64, m Measure) {
	low, high := v.at(left, v.pl.Y.Min), v.at(right, m.Median)
	corners := []vg.Point{low, {X: low.X, Y: high.Y}, high, {X: high.X, Y: low.Y}}
	if m.Suspect { // an outline: it does not count
		v.c.StrokeLines(draw.LineStyle{Color: s.colour(), Width: 1, Dashes: []vg.Length{2, 2}}, append(corners, low))
	} else {
		v.c.FillPolygon(s.colour(), corners)
	}
	middle := (left + right) / 2
	v.whisker(parseColour(ink[0]), v.at(middle, m.Low), v.at(middle, m.High))
	v.marked(XY{middle, m})
}

// value writes a bar's number above it.
func (v view) value(left, right float64, m Measure) {
	style := textStyle(9, parseColour(ink[0]))
	style.XAlign, style.YAlign = draw.XCenter, draw.YBottom
	top := v.at((left+right)/2, max(m.High, m.Median))
	if label := tickText(m.Median, false); style.Width(label) <= 1.5*(v.at(right, 0).X-v.at(left, 0).X) {
		v.onPaper(style, vg.Point{X: top.X, Y: top.Y + 2}, label)
	}
}

// onPaper writes over whatever is there.
func (v view) onPaper(style text.Style, at vg.Point, label string) {
	r := style.Rectangle(label)
	left, right, bottom, top := at.X+r.Min.X-1, at.X+r.Max.X+1, at.Y+r.Min.Y, at.Y+r.Max.Y-2
	v.c.FillPolygon(parseColour(paper[0]), []vg.Point{{X: left, Y: bottom}, {X: left, Y: top}, {X: right, Y: top}, {X: right, Y: bottom}})
	v.c.FillText(style, at, label)
}

// level draws a floor over all groups, or over its own with its name; the names of
// the others are in the legend.
func (v view) level(f Floor, groups int) {
	if len(f.Points) == 0 {
		return
	}
	from, to := -0.5, float64(groups)-0.5
	if f.Category > 0 {
		from, to = float64(f.Category-1)-0.48, float64(f.Category-1)+0.48
	}
	a, b := v.at(from, f.Points[0][1]), v.at(to, f.Points[0][1])
	v.c.StrokeLine2(dashed(f.Style, 1.2), a.X, a.Y, b.X, b.Y)
	if f.Category == 0 {
		return
	}
	style := textStyle(9, parseColour(ink[0]))
	style.XAlign, style.YAlign = draw.XRight, draw.YBottom
	v.onPaper(style, vg.Point{X: b.X, Y: b.Y + 1}, f.Label)
}

// drawLegend draws what the colours of bars mean, above the plot, in as many rows
// as it takes, and returns the rest.
func drawLegend(p Panel, c draw.Canvas) draw.Canvas {
	const box, row = 9, 14
	style := textStyle(10, parseColour(ink[0]))
	x, y := c.Min.X, c.Max.Y-row/2
	entry := func(name string, sign func(left vg.Length)) {
		need := box + 4 + widest*style.Width(name) + 14
		if x > c.Min.X && x+need > c.Max.X {
			x, y = c.Min.X, y-row
		}
		sign(x)
		c.FillText(style, vg.Point{X: x + box + 4, Y: y}, name)
		x += need
	}
	for _, s := range p.Series {
		if p.OnePerGroup {
			break // the groups have its name
		}
		entry(s.Name, func(left vg.Length) {
			c.FillPolygon(s.Style.colour(), []vg.Point{{X: left, Y: y - box/2}, {X: left, Y: y + box/2}, {X: left + box, Y: y + box/2}, {X: left + box, Y: y - box/2}})
		})
	}
	for _, f := range p.Floors {
		if f.Category == 0 && len(f.Points) > 0 {
			entry(f.Label, func(left vg.Length) { c.StrokeLine2(dashed(f.Style, 1.2), left-2, y, left+box+1, y) })
		}
	}
	if x == c.Min.X {
		return c
	}
	return draw.Crop(c, 0, 0, 0, y-row/2-4-c.Max.Y)
}
