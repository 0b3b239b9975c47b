package power

import (
	_ "embed"
	"fmt"
)

// A Part is what a machine needs beside it. Fields that a part does not have
// are 0.
type Part struct {
	Name       string
	Watts      float64 // what it draws itself, at the wall
	Efficiency float64 // of a supply: the share of what it draws that it gives on
	Price      float64 // US dollars
	PriceDate  string  // the year
	Ports      int     // of a switch
	Mbit       float64 // of one port
	Sources    string
}

//go:embed parts.csv
var partsCSV string

// Parts returns the table of parts. The slice is the caller's.
func Parts() []Part {
	rows := readTable("parts.csv", partsCSV)
	parts := make([]Part, len(rows))
	for i, r := range rows {
		parts[i] = Part{
			Name: r.text("name"), Watts: r.number("watts"), Efficiency: r.number("efficiency"),
			Price: r.number("price_usd"), PriceDate: r.text("price_date"), Ports: r.whole("ports"), Mbit: r.number("mbit"),
			Sources: r.text("sources"),
		}
	}
	return parts
}

// partNamed returns a part that the table of machines names.
func partNamed(name string) Part {
	for _, p := range Parts() {
		if p.Name == name {
			return p
		}
	}
	panic(fmt.Sprintf("power: parts.csv has no %q", name))
}

// switches returns the kind of switch that machines need, and how many: the
// slowest whose ports keep up with every machine, or the fastest of the table, in a
// chain in which each but the ends gives two ports to its neighbours, with a port
// left for the clients.
func switches(machines []Machine) (Part, int) {
	var fastest float64
	for _, m := range machines {
		fastest = max(fastest, m.NICMbit)
	}
	var kind Part
	for _, p := range Parts() {
		if p.Ports > 0 && (kind.Ports == 0 || kind.Mbit < fastest) {
			kind = p // the table has the slow ones first
		}
	}
	return kind, switchesFor(len(machines)+1, kind.Ports)
}

// switchesFor returns how many switches of so many ports give n ports: a chain
// of k has k×ports − 2(k−1).
func switchesFor(n, ports int) int {
	k := 1
	for k*ports-2*(k-1) < n {
		k++
	}
	return k
}
