package report

import (
	"fmt"
	"slices"
	"strings"
)

// perDollar is the study's performance per dollar.
func perDollar(d *Data) Figure {
	f := Figure{
		ID: "F3", Title: "Requests per second and dollar",
		Question: "What does a dollar buy?",
	}
	setups := d.setups()
	if len(setups) == 0 {
		return f
	}
	f.Panels = []Panel{d.setupsPanel("f3-dollar", "Requests per second and dollar", "requests per second and dollar", setups, d.perDollarOf)}
	f.Conclusions = compared("Direct: ", "requests per second and dollar", setups, d.perDollarOf)
	table := Table{
		Title:   "Price in dollars of the years named, with supplies, cards and switches",
		Columns: []string{"computers", "way", "requests/s", "computers ($)", "supplies ($)", "cards ($)", "switches ($)", "all ($)", "prices of", "requests/s/$"},
	}
	for _, l := range linesOf(setups) {
		c, err := d.costOf(l.points[0])
		if err != nil {
			f.Notes = append(f.Notes, fmt.Sprintf("No bar for %s: %v.", l.words, err))
			continue
		}
		table.Rows = append(table.Rows, append(l.cells, number(c.Machines), number(c.Supplies), number(c.Cards), number(c.Switches), number(c.Total()),
			strings.Join(c.Dates, ", "), with(measureOf(l.points, d.perDollarOf))))
	}
	f.Tables = []Table{table}
	f.Notes = slices.Compact(f.Notes)
	if hasServer(setups) {
		f.Notes = append(f.Notes, d.standIn())
	}
	return f
}

// bestMix is how many workers are best for a watt.
func bestMix(d *Data) Figure {
	all := d.where(figureIs("F10"))
	f := Figure{
		ID: "F10", Title: "The best number of workers",
		Question: "How many workers beside one master make the most of a watt?",
	}
	for _, t := range d.targets(all) {
		mine := only(all, targetIs(t.Name))
		d.addMix(&f, t, mine)
	}
	f.Notes = d.notesOn(all)
	return f
}
