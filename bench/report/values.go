package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

// valuesOfFigure returns what a figure shows as CSV, a line for each point of its
// plots.
func valuesOfFigure(f Figure) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	lines := [][]string{{"plot", "about", "series", "x_label", "x", "y_label", "median", "p5", "p95", "repeats", "marked", "suspect"}}
	for _, p := range f.Panels {
		for _, s := range p.Series {
			for i, at := range s.Points {
				if !at.Y.OK() {
					continue
				}
				x, label := exact(at.X), p.X.Label
				if len(p.Categories) > 0 {
					x, label = strings.ReplaceAll(p.Categories[i], "\n", " "), "group"
				}
				var marked []string
				for _, v := range at.Y.Marked {
					marked = append(marked, exact(v))
				}
				lines = append(lines, []string{
					p.Name, p.About, s.Name, label, x, p.Y.Label, exact(at.Y.Median), exact(at.Y.Low), exact(at.Y.High),
					strconv.Itoa(at.Y.N), strings.Join(marked, " "), strconv.FormatBool(at.Y.Suspect),
				})
			}
		}
		for _, floor := range p.Floors {
			for _, at := range floor.Points {
				lines = append(lines, []string{p.Name, p.About, floor.Label, p.X.Label, exact(at[0]), p.Y.Label, exact(at[1]), "", "", "", "", ""})
			}
		}
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("write the values of %s: %w", f.ID, err)
	}
	return out.Bytes(), nil
}

// exact prints a number as it is.
func exact(x float64) string { return strconv.FormatFloat(x, 'g', 8, 64) }
