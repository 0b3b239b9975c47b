package report

import (
	"fmt"
	"strings"

	"pikv/bench/power"
)

// markdownOf returns the report as Markdown; plots are the pictures of the folder
// beside it.
func markdownOf(r *Report) []byte {
	var b strings.Builder
	run := r.Data.Run
	b.WriteString("# Small computers as a key-value store\n\n")
	commit := ""
	if run.Commit != "" {
		commit = ", commit " + run.Commit
	}
	fmt.Fprintf(&b, "Measured %s with pikv %s%s, by %s, kernel %s.\n\n", run.Started.UTC().Format("2006-01-02 15:04 MST"), cell(run.Version), cell(commit), cell(shortModel(run.Machine)), cell(run.Machine.Kernel))
	for _, fact := range r.targetFacts() {
		fmt.Fprintf(&b, "- **%s**: %s\n", cell(fact[0]), cell(fact[1]))
	}
	b.WriteString("\n")
	for _, w := range r.warnings() {
		fmt.Fprintf(&b, "> **%s**\n\n", cell(w))
	}
	claims := Table{Columns: []string{"claim", "verdict", "because"}}
	for _, c := range r.Claims {
		claims.Rows = append(claims.Rows, []string{c.ID + ". " + c.Text, "**" + string(c.Verdict) + "**", c.Why})
	}
	b.WriteString("## What the study said\n\n")
	writeTable(&b, claims)
	if len(r.Goals) > 0 {
		goals := Table{Columns: []string{"figure", "what", "goal", "measured", "met"}}
		for _, g := range r.Goals {
			goals.Rows = append(goals.Rows, []string{g.Figure, g.Text, g.Goal, g.Measured, metText(g.Met)})
		}
		b.WriteString("## What pikv was to reach\n\n")
		writeTable(&b, goals)
	}
	if r.Agreement != nil {
		writeTable(&b, *r.Agreement)
	}
	if r.Bottleneck != nil {
		writeFigure(&b, *r.Bottleneck)
	}
	for _, f := range r.Figures {
		writeFigure(&b, f)
	}
	b.WriteString("## Power and price: the model\n\n")
	formulas := Table{Columns: []string{"what", "how", "why"}}
	for _, f := range power.Formulas() {
		formulas.Rows = append(formulas.Rows, []string{f.Name, f.Text, f.Why})
	}
	writeTable(&b, formulas)
	writeTable(&b, machineTable())
	writeTable(&b, partTable())
	b.WriteString("## Method\n\n")
	for _, line := range r.method() {
		fmt.Fprintf(&b, "- %s\n", cell(line))
	}
	return []byte(b.String())
}

// metText says whether a goal is met.
func metText(v Verdict) string {
	switch v {
	case Confirmed:
		return "yes"
	case Refuted:
		return "**no**"
	default:
		return string(v)
	}
}

func writeFigure(b *strings.Builder, f Figure) {
	title := f.Title
	if f.ID != "" {
		title = f.ID + ": " + title
	}
	fmt.Fprintf(b, "## %s\n\n*%s*\n\n", title, f.Question)
	for _, c := range f.Conclusions {
		fmt.Fprintf(b, "- %s\n", cell(c))
	}
	if f.ID != "" && !f.HasData() {
		b.WriteString("No data.\n")
	}
	b.WriteString("\n")
	for _, p := range f.Panels {
		fmt.Fprintf(b, "![%s](%s/%s.png)\n\n", strings.NewReplacer("[", "(", "]", ")").Replace(cell(altOf(p))), plotsFolder, p.Name)
	}
	for _, t := range f.Tables {
		writeTable(b, t)
	}
	for _, n := range f.Notes {
		fmt.Fprintf(b, "- %s\n", cell(n))
	}
	b.WriteString("\n")
}

// writeTable writes a table with its title.
func writeTable(b *strings.Builder, t Table) {
	if t.Title != "" {
		fmt.Fprintf(b, "**%s**\n\n", cell(t.Title))
	}
	for _, line := range [][]string{t.Columns, make([]string, len(t.Columns))} {
		for _, c := range line {
			if c = cell(c); c == "" && &line[0] != &t.Columns[0] {
				c = "---"
			}
			b.WriteString("| " + c + " ")
		}
		b.WriteString("|\n")
	}
	for _, row := range t.Rows {
		for _, c := range row {
			b.WriteString("| " + cell(c) + " ")
		}
		b.WriteString("|\n")
	}
	b.WriteString("\n")
}

// cell makes a text safe for a line and a table.
func cell(text string) string {
	return strings.NewReplacer("\n", " ", "|", "\\|", "<", "&lt;").Replace(text)
}
