package report

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// lines draws the series of a panel as lines with bars of error.
type lines struct{ p Panel }

// manyPoints is how many a line has at most if each has a mark of its own.
const manyPoints = 40

// Plot implements plot.Plotter.
func (l lines) Plot(c draw.Canvas, pl *plot.Plot) {
	grid(c, pl, true)
	v := view{c, pl}
	for _, f := range l.p.Floors {
		c.StrokeLines(dashed(f.Style, 1), c.ClipLinesXY(v.floor(f))...)
	}
	for _, s := range l.p.Series {
		v.series(s)
	}
	for _, s := range l.p.Series {
		for _, at := range s.Points {
			v.marked(at)
		}
	}
}

// view turns values into places.
type view struct {
	c  draw.Canvas
	pl *plot.Plot
}

// at returns the place of a value; what lies outside is put on the edge.
func (v view) at(x, y float64) vg.Point {
	tx, ty := v.pl.Transforms(&v.c)
	clamp := func(v float64, a plot.Axis) float64 { return min(max(v, a.Min), a.Max) }
	return vg.Point{X: tx(clamp(x, v.pl.X)), Y: ty(clamp(y, v.pl.Y))}
}

// floor returns the way of a floor.
func (v view) floor(f Floor) []vg.Point {
	if len(f.Points) == 1 {
		y := v.at(v.pl.X.Min, f.Points[0][1]).Y
		return []vg.Point{{X: v.c.Min.X, Y: y}, {X: v.c.Max.X, Y: y}}
	}
	x, y := v.pl.Transforms(&v.c)
	var way []vg.Point
	for _, p := range f.Points { // what is outside of the plot is clipped
		if p[1] > 0 || !v.logarithmic() {
			way = append(way, vg.Point{X: x(p[0]), Y: y(p[1])})
		}
	}
	return way
}

// series draws line, bars and marks.
func (v view) series(s Series) {
	style := draw.LineStyle{Color: s.Style.colour(), Width: 1.6}
	if s.Style.Dash {
		style.Dashes = []vg.Length{4, 2.5}
	}
	for _, way := range v.ways(s) {
		v.c.StrokeLines(style, way)
		if len(way) == 1 { // it would not be seen
			v.c.DrawGlyph(glyph(s.Style), way[0])
		}
	}
	if len(s.Points) > manyPoints {
		return
	}
	for _, at := range s.Points {
		if !at.Y.OK() {
			continue
		}
		v.whisker(s.Style.colour(), v.at(at.X, at.Y.Low), v.at(at.X, at.Y.High))
		if !at.Y.Suspect { // else its crosses are all that there is
			v.c.DrawGlyph(glyph(s.Style), v.at(at.X, at.Y.Median))
		}
	}
}

// ways returns the pieces of a line, which is broken where nothing is known.
func (v view) ways(s Series) (ways [][]vg.Point) {
	var way []vg.Point
	for _, at := range s.Points {
		if at.Y.OK() {
			way = append(way, v.at(at.X, at.Y.Median))
			continue
		}
		if way != nil {
			ways, way = append(ways, way), nil
		}
	}
	if way != nil {
		ways = append(ways, way)
	}
	return ways
}

// logarithmic reports whether the upright axis has no place for 0.
func (v view) logarithmic() bool {
	_, is := v.pl.Y.Scale.(plot.LogScale)
	return is
}

// whisker draws a bar of error.
func (v view) whisker(c color.Color, low, high vg.Point) {
	if high.Y-low.Y < 1 {
		return
	}
	style := draw.LineStyle{Color: c, Width: 0.9}
	v.c.StrokeLine2(style, low.X, low.Y, high.X, high.Y)
	for _, end := range []vg.Point{low, high} {
		v.c.StrokeLine2(style, end.X-2.5, end.Y, end.X+2.5, end.Y)
	}
}

// marked draws a cross for each suspect repeat.
func (v view) marked(at XY) {
	for _, y := range at.Y.Marked {
		v.c.DrawGlyph(draw.GlyphStyle{Color: parseColour(alarm[0]), Radius: 3, Shape: draw.CrossGlyph{}}, v.at(at.X, y))
	}
}

// glyph returns a series' mark: by the number of workers, as its shade is.
func glyph(s Style) draw.GlyphStyle {
	shapes := [4]draw.GlyphDrawer{draw.CircleGlyph{}, draw.PyramidGlyph{}, draw.BoxGlyph{}, draw.CircleGlyph{}}
	return draw.GlyphStyle{Color: s.colour(), Radius: 3, Shape: shapes[min(max(s.Shade, 1), 4)-1]}
}

// dashed returns the line of a floor.
func dashed(s Style, width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: s.colour(), Width: width, Dashes: []vg.Length{5, 3}}
}
