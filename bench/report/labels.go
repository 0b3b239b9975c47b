package report

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// endLabel names a line at its right end, beside the plot.
type endLabel struct {
	text  string
	style Style
	floor bool
	y     float64   // where the line ends
	place vg.Length // of the text
}

const (
	labelGap    = 18 // between plot and text: room for the way from one to the other
	labelHeight = 12
)

// endLabels returns the names of all lines of a panel.
func endLabels(p Panel) []endLabel {
	var labels []endLabel
	for _, s := range p.Series {
		for _, at := range slices.Backward(s.Points) {
			if at.Y.OK() {
				labels = append(labels, endLabel{text: s.Name, style: s.Style, y: at.Y.Median})
				break
			}
		}
	}
	for _, f := range p.Floors {
		if len(f.Points) > 0 {
			labels = append(labels, endLabel{text: f.Label, style: f.Style, floor: true, y: f.Points[len(f.Points)-1][1]})
		}
	}
	return labels
}

// widest is how much more room a text may take where the page has not the font that
// it was measured with.
const widest = 1.17

// labelWidth returns how much room labels need.
func labelWidth(labels []endLabel) vg.Length {
	style := textStyle(10, parseColour(ink[0]))
	var width vg.Length
	for _, l := range labels {
		width = max(width, widest*style.Width(l.text)+labelGap)
	}
	return width
}

// drawEndLabels draws the names beside the data, moved apart where lines end
// close to each other.
func drawEndLabels(pl *plot.Plot, data draw.Canvas, labels []endLabel) {
	v := view{data, pl}
	slices.SortStableFunc(labels, func(a, b endLabel) int {
		switch {
		case a.y < b.y:
			return -1
		case a.y > b.y:
			return 1
		default:
			return 0
		}
	})
	for i := range labels {
		labels[i].place = v.at(pl.X.Max, labels[i].y).Y
	}
	spread(labels, data.Min.Y, data.Max.Y)
	for _, l := range labels {
		end := v.at(pl.X.Max, l.y).Y
		line := draw.LineStyle{Color: l.style.colour(), Width: 0.7}
		data.StrokeLine2(line, data.Max.X+3, end, data.Max.X+labelGap-4, l.place)
		data.FillText(textStyle(10, parseColour(ink[0])), vg.Point{X: data.Max.X + labelGap, Y: l.place}, l.text)
		if !l.floor {
			data.DrawGlyphNoClip(glyph(l.style), vg.Point{X: data.Max.X + labelGap - 5, Y: l.place})
		}
	}
}

// spread moves labels, which are in the order of their places, so far apart that
// they can be read, and keeps them between low and high as far as they fit.
func spread(labels []endLabel, low, high vg.Length) {
	for range 50 { // each round moves every pair half of what is missing
		for i := 1; i < len(labels); i++ {
			if missing := labelHeight - (labels[i].place - labels[i-1].place); missing > 0 {
				labels[i-1].place -= missing / 2
				labels[i].place += missing / 2
			}
		}
		for i := range labels {
			labels[i].place = min(max(labels[i].place, low), high)
		}
	}
	for i := 1; i < len(labels); i++ {
		labels[i].place = max(labels[i].place, labels[i-1].place+labelHeight-2)
	}
}
