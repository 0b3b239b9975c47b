package report

import (
	"bytes"
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// pngDPI makes a picture about 1080 pixels wide.
const pngDPI = 150

// svgOf returns a panel as an SVG file.
func svgOf(p Panel) ([]byte, error) {
	c := vgsvg.New(plotWidth, plotHeight)
	drawPanel(p, draw.New(c))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("draw %s: %w", p.Name, err)
	}
	return out.Bytes(), nil
}

// pngOf returns a panel as a PNG file.
func pngOf(p Panel) ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(pngDPI))}
	drawPanel(p, draw.New(vg.CanvasSizer(c)))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("draw %s: %w", p.Name, err)
	}
	return out.Bytes(), nil
}
