package report

import (
	"fmt"
	"strings"
)

// altOf says in words what a plot shows, for readers who do not see it. All
// numbers are in the figure's tables.
func altOf(p Panel) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s). ", p.Title, p.About)
	if len(p.Categories) > 0 {
		fmt.Fprintf(&b, "Bars of %s.", p.Y.Label)
		for _, s := range p.Series {
			for i, at := range s.Points {
				if at.Y.OK() {
					name := strings.ReplaceAll(p.Categories[i], "\n", " ")
					if !p.OnePerGroup {
						name += ", " + s.Name
					}
					fmt.Fprintf(&b, " %s: %s.", name, with(at.Y))
				}
			}
		}
	} else {
		fmt.Fprintf(&b, "Lines of %s against %s.", p.Y.Label, p.X.Label)
		for _, s := range p.Series {
			if text := ends(s, p.X); text != "" {
				fmt.Fprintf(&b, " %s: %s.", s.Name, text)
			}
		}
	}
	for _, f := range p.Floors {
		if len(f.Points) == 1 {
			fmt.Fprintf(&b, " Level to compare with: %s.", f.Label)
		} else if len(f.Points) > 1 {
			fmt.Fprintf(&b, " Line to compare with: %s, from %s to %s.", f.Label, number(f.Points[0][1]), number(f.Points[len(f.Points)-1][1]))
		}
	}
	return b.String()
}

// ends tells where a line begins and ends, and its highest point if that lies
// between.
func ends(s Series, x Axis) string {
	var points []XY
	for _, at := range s.Points {
		if at.Y.OK() {
			points = append(points, at)
		}
	}
	if len(points) == 0 {
		return ""
	}
	place := func(at XY) string {
		if x.Bytes {
			return fmt.Sprintf("%s at %s", number(at.Y.Median), bytesText(at.X))
		}
		return fmt.Sprintf("%s at %s", number(at.Y.Median), number(at.X))
	}
	first, last := points[0], points[len(points)-1]
	highest := first
	for _, at := range points {
		if at.Y.Median > highest.Y.Median {
			highest = at
		}
	}
	text := place(first)
	if len(points) > 1 {
		text += " to " + place(last)
	}
	if highest.X != first.X && highest.X != last.X {
		text += ", highest " + place(highest)
	}
	return text
}
