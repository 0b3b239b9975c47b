package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"pikv/bench/power"
	"pikv/bench/study"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// page is what the template of the page sees.
type page struct {
	*Report
	CSS      template.CSS
	Run      study.Run
	Targets  [][2]string // what each is called, and what is known of it
	Warnings []string
	Sections []section
	Method   []string
	Formulas []power.Formula
	Machines Table
	Parts    Table
}

// section is a figure with its drawings.
type section struct {
	Figure
	Plots []plotOnPage
}

type plotOnPage struct {
	Name, Caption string
	SVG           template.HTML
}

// pageOf returns the whole page. svgs has the drawing of each panel by its name.
func pageOf(r *Report, svgs map[string][]byte) ([]byte, error) {
	p := page{Report: r, CSS: styles(), Run: r.Data.Run, Targets: r.targetFacts(), Warnings: r.warnings(), Method: r.method(), Formulas: power.Formulas(), Machines: machineTable(), Parts: partTable()}
	for _, f := range r.Figures {
		s := section{Figure: f}
		for _, panel := range f.Panels {
			svg, err := inlineSVG(svgs[panel.Name], panel.Name, altOf(panel))
			if err != nil {
				return nil, fmt.Errorf("put %s into the page: %w", panel.Name, err)
			}
			s.Plots = append(s.Plots, plotOnPage{panel.Name, panel.Title + " — " + panel.About, template.HTML(svg)})
		}
		p.Sections = append(p.Sections, s)
	}
	t, err := template.New("page").Funcs(template.FuncMap{"lower": strings.ToLower, "slug": slug}).Parse(pageHTML)
	if err != nil {
		return nil, fmt.Errorf("read the page's template: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}

// styles returns the page's style sheet with its colours, light and dark.
func styles() template.CSS {
	var light, dark strings.Builder
	for _, v := range variables() {
		fmt.Fprintf(&light, "--%s:%s;", v.name, v.light)
		fmt.Fprintf(&dark, "--%s:%s;", v.name, v.dark)
	}
	return template.CSS(fmt.Sprintf(":root{color-scheme:light dark;%s}\n@media screen and (prefers-color-scheme:dark){:root{%s}}\n%s", light.String(), dark.String(), pageCSS))
}

// targetFacts says what was measured on.
func (r *Report) targetFacts() [][2]string {
	var facts [][2]string
	for _, t := range r.Data.Run.Targets {
		var parts []string
		if t.Kind == study.KindSimulated {
			parts = append(parts, fmt.Sprintf("each computer is %s cores of this machine in a network namespace of its own, its time stretched by %s", number(t.CoreShare), number(t.Dilation)))
			if t.CoreSpeed > 0 {
				parts = append(parts, fmt.Sprintf("a core of it has %s of the speed of one of this machine", number(t.CoreSpeed)))
			}
		}
		if t.NICBits > 0 {
			parts = append(parts, fmt.Sprintf("its network interface carries %s Mbit/s, measured: %s MB/s", number(t.NICBits/1e6), number(t.NICBits/8e6)))
		}
		if len(t.NICs) > 0 {
			var each []string
			for _, n := range t.NICs {
				each = append(each, fmt.Sprintf("%s %s in and %s out", n.Host, number(n.In/1e6), number(n.Out/1e6)))
			}
			parts = append(parts, "that is the slowest of all, in Mbit/s: "+strings.Join(each, ", "))
		}
		if t.MemoryBytes > 0 {
			parts = append(parts, bytesText(float64(t.MemoryBytes))+" of memory")
		}
		for _, h := range t.Hosts {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s: %s, kernel %s, %s MHz, throttled %s", h.Name, h.Model, h.Kernel, number(h.MHz), h.Throttled)))
		}
		facts = append(facts, [2]string{targetTitle(t, r.Data.Run.Machine), strings.Join(append(parts, t.Notes...), "; ")})
	}
	return facts
}

// warnings says what a reader must see before anything else.
func (r *Report) warnings() []string {
	var w []string
	run := r.Data.Run
	for _, t := range run.Targets {
		if t.Throttled != "" {
			w = append(w, fmt.Sprintf("%s: INVALID, computers were throttled: %s. Cool them or give them a better supply, and measure again.", targetTitle(t, run.Machine), t.Throttled))
		}
	}
	if !run.Done {
		w = append(w, "This run is not finished: points and figures are missing.")
	}
	for _, f := range run.Failed {
		w = append(w, "This could not be measured: "+f+".")
	}
	if run.Quick {
		w = append(w, "This was a quick run, to see that everything works: few and short repeats. Its figures prove nothing.")
	}
	for _, id := range r.Missing() {
		w = append(w, id+" was asked for and has no data.")
	}
	return w
}

// machineTable has power's table of machines.
func machineTable() Table {
	t := Table{
		Title:   "Machines: what they are, draw and cost",
		Columns: []string{"machine", "cores", "MHz", "MB", "NIC (Mbit/s)", "W, specification", "W idle", "W busy", "measured at", "$", "of", "core speed", "sources", "note"},
	}
	for _, m := range power.Machines() {
		t.Rows = append(t.Rows, []string{
			m.Model, known(float64(m.Cores)), known(float64(m.MHz)), known(float64(m.Memory)), known(m.NICMbit), known(m.SpecWatts), known(m.IdleWatts), known(m.LoadWatts), m.WattsAt,
			known(m.Price), m.PriceDate, known(m.CoreSpeed), m.Sources, m.Note,
		})
	}
	return t
}

// partTable has power's table of parts.
func partTable() Table {
	t := Table{Title: "Parts", Columns: []string{"part", "W", "efficiency", "$", "of", "ports", "sources"}}
	for _, p := range power.Parts() {
		t.Rows = append(t.Rows, []string{p.Name, known(p.Watts), known(p.Efficiency), known(p.Price), p.PriceDate, known(float64(p.Ports)), p.Sources})
	}
	return t
}

// known prints a figure of which 0 says that nobody knows.
func known(x float64) string {
	if x == 0 {
		return "–"
	}
	return number(x)
}
