package report

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// placed is where the text of a moment stands: its left end, and its row above the
// plot.
type placed struct {
	left vg.Length
	row  int
}

const momentRow = 11 // height of a row of texts

// placeMoments puts texts of moments into as few rows as they need not to touch, and
// returns how many these are.
func placeMoments(v view, moments []Moment) (places []placed, rows int) {
	style := textStyle(9, parseColour(ink[0]))
	var ends []vg.Length // of the last text in each row
	for _, m := range moments {
		width := widest * style.Width(m.Label)
		left := max(v.c.Min.X, min(v.at(m.X, v.pl.Y.Max).X-2, v.c.Max.X-width))
		row := 0
		for row < len(ends) && ends[row] > left {
			row++
		}
		if row == len(ends) {
			ends = append(ends, 0)
		}
		ends[row] = left + width + 8
		places = append(places, placed{left, row})
	}
	return places, len(ends)
}

// momentsHeight returns how much room the texts need above the plot.
func momentsHeight(v view, moments []Moment) vg.Length {
	_, rows := placeMoments(v, moments)
	if rows == 0 {
		return 0
	}
	return vg.Length(rows)*momentRow + 4
}

// drawMoments draws an upright line for each moment, up to its text above the plot.
func drawMoments(v view, moments []Moment) {
	places, _ := placeMoments(v, moments)
	text := textStyle(9, parseColour(ink[0]))
	text.YAlign = draw.YBottom
	line := draw.LineStyle{Color: parseColour(ink[0]), Width: 0.8, Dashes: []vg.Length{2, 2}}
	for i, m := range moments {
		x, top := v.at(m.X, v.pl.Y.Max).X, v.c.Max.Y+3+vg.Length(places[i].row)*momentRow
		v.c.StrokeLine2(line, x, v.c.Min.Y, x, top)
		v.c.FillText(text, vg.Point{X: places[i].left, Y: top}, m.Label)
	}
}
