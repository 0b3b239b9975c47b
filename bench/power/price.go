package power

import (
	"fmt"
	"slices"
)

// A Cost is what a cluster costs, in US dollars of the years in Dates.
type Cost struct {
	Machines float64
	Supplies float64
	Cards    float64
	Switches float64
	Dates    []string // the years of the prices, ascending
}

// Total returns the sum.
func (c Cost) Total() float64 { return c.Machines + c.Supplies + c.Cards + c.Switches }

// Price returns what machines cost with what they need beside them. Prices of
// different years are added as they are.
func Price(machines []Machine) (Cost, error) {
	var c Cost
	part := func(name string) float64 {
		if name == "" {
			return 0
		}
		p := partNamed(name)
		c.Dates = append(c.Dates, p.PriceDate)
		return p.Price
	}
	for _, m := range machines {
		if m.Price == 0 {
			return Cost{}, fmt.Errorf("the price of %s is %w", m.Model, ErrNotInTable)
		}
		c.Machines += m.Price
		c.Supplies += part(m.Supply)
		c.Cards += part(m.Card)
		c.Dates = append(c.Dates, m.PriceDate)
	}
	kind, count := switches(machines)
	c.Switches = float64(count) * part(kind.Name)
	slices.Sort(c.Dates)
	c.Dates = slices.Compact(c.Dates)
	return c, nil
}

// PerDollar returns requests per second for each dollar.
func PerDollar(perSecond float64, c Cost) float64 { return perSecond / c.Total() }
