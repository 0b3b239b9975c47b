package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	stdfont "golang.org/x/image/font"
)

// The size of every plot: read at half of a page's width, its text has the size of
// the page's.
const (
	plotWidth  = 520 * vg.Length(1)
	plotHeight = 330 * vg.Length(1)
	margin     = 8 * vg.Length(1)
)

// drawPanel draws p on all of a canvas.
func drawPanel(p Panel, c draw.Canvas) {
	c.SetColor(parseColour(paper[0]))
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	c = drawTitle(p, c)
	pl := axesOf(p)
	if len(p.Categories) > 0 {
		c = drawLegend(p, c)
		pl.Add(bars{p})
		pl.Draw(c)
		return
	}
	labels := endLabels(p)
	c = draw.Crop(c, 0, -labelWidth(labels), 0, 0)
	c = draw.Crop(c, 0, 0, 0, -momentsHeight(view{pl.DataCanvas(c), pl}, p.Moments))
	pl.Add(lines{p})
	pl.Draw(c)
	data := pl.DataCanvas(c)
	drawMoments(view{data, pl}, p.Moments)
	drawEndLabels(pl, data, labels)
}

// drawTitle draws title and the line below it, and returns the rest.
func drawTitle(p Panel, c draw.Canvas) draw.Canvas {
	title := textStyle(12, parseColour(ink[0]))
	title.Font.Weight = stdfont.WeightBold
	title.YAlign = draw.YTop
	c.FillText(title, vg.Point{X: c.Min.X, Y: c.Max.Y}, p.Title)
	about := textStyle(10, parseColour(palette[len(palette)-1].light[0]))
	about.YAlign = draw.YTop
	c.FillText(about, vg.Point{X: c.Min.X, Y: c.Max.Y - 16}, p.About)
	return draw.Crop(c, 0, 0, 0, -36)
}

// textStyle returns a style for a line of text, from its left end.
func textStyle(size vg.Length, c color.Color) text.Style {
	f := font.From(plot.DefaultFont, size)
	f.Variant = "Sans"
	return text.Style{Color: c, Font: f, Handler: plot.DefaultTextHandler, XAlign: draw.XLeft, YAlign: draw.YCenter}
}

// axesOf makes an empty plot with p's axes.
func axesOf(p Panel) *plot.Plot {
	pl := plot.New()
	pl.BackgroundColor = nil
	xs, ys := extent(p)
	setAxis(&pl.X, p.X, xs)
	setAxis(&pl.Y, p.Y, ys)
	if n := len(p.Categories); n > 0 {
		pl.NominalX(p.Categories...)
		pl.X.Min, pl.X.Max = -0.5, float64(n)-0.5
		pl.X.Tick.Label = textStyle(10, parseColour(ink[0]))
		pl.X.Tick.Label.XAlign, pl.X.Tick.Label.YAlign = draw.XCenter, draw.YTop
		pl.X.Tick.Length = 3 // of no width: room below the bars
	}
	return pl
}

// span is what an axis has to show.
type span struct{ low, high float64 }

func (s *span) take(values ...float64) {
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			s.low, s.high = min(s.low, v), max(s.high, v)
		}
	}
}

// extent returns what the data of p take up, low above high for none.
func extent(p Panel) (xs, ys span) {
	xs, ys = span{math.Inf(1), math.Inf(-1)}, span{math.Inf(1), math.Inf(-1)}
	up := func(v float64) {
		if v > 0 || !p.Y.Log {
			ys.take(v)
		}
	}
	for _, s := range p.Series {
		for _, x := range s.Points {
			if x.Y.OK() {
				xs.take(x.X)
				for _, v := range append([]float64{x.Y.Median, x.Y.Low, x.Y.High}, x.Y.Marked...) {
					up(v)
				}
			}
		}
	}
	for _, f := range p.Floors {
		for _, at := range f.Points {
			if len(f.Points) == 1 || !p.Y.Log { // a floor that falls without end does not stretch the axis
				up(at[1])
			}
		}
	}
	for _, m := range p.Moments {
		xs.take(m.X)
	}
	return xs, ys
}

// setAxis gives an axis its range, its ticks and its text.
func setAxis(a *plot.Axis, want Axis, s span) {
	if s.low > s.high {
		s = span{1, 10}
	}
	switch {
	case want.Log:
		a.Scale, a.Tick.Marker = plot.LogScale{}, logarithmic{want.Bytes}
		a.Min, a.Max = logRange(s.low, s.high)
	default:
		a.Tick.Marker = linear{want.Bytes}
		a.Min, a.Max = min(0, s.low), s.high*1.05
		if a.Max <= a.Min {
			a.Max = a.Min + 1
		}
	}
	if want.Max > 0 {
		a.Min, a.Max = min(a.Min, want.Min), max(a.Max, want.Max)
	}
	dark := parseColour(ink[0])
	a.Color, a.LineStyle.Color, a.Tick.Color = dark, dark, dark
	a.LineStyle.Width, a.Tick.LineStyle.Width = 0.6, 0.6
	a.Padding = 0
	align := a.Tick.Label
	a.Tick.Label = textStyle(10, dark)
	a.Tick.Label.XAlign, a.Tick.Label.YAlign = align.XAlign, align.YAlign
	label := a.Label.TextStyle
	a.Label.TextStyle = textStyle(10, dark)
	a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign, a.Label.TextStyle.Rotation = label.XAlign, label.YAlign, label.Rotation
	a.Label.Text, a.Label.Padding = want.Label, 4
}

// grid draws faint lines at the labelled ticks of the axes.
func grid(c draw.Canvas, pl *plot.Plot, vertical bool) {
	x, y := pl.Transforms(&c)
	style := draw.LineStyle{Color: parseColour(faint[0]), Width: 0.5}
	for _, t := range pl.Y.Tick.Marker.Ticks(pl.Y.Min, pl.Y.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(style, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
		}
	}
	if !vertical {
		return
	}
	for _, t := range pl.X.Tick.Marker.Ticks(pl.X.Min, pl.X.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(style, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
		}
	}
}
