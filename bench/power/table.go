package power

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

// A row is a line of an embedded table, read by the names of its columns. The
// tables are part of the program, so that a wrong one is a bug of ours: it
// panics, in the first test that looks.
type row struct {
	file   string
	column map[string]int
	fields []string
}

// readTable reads a table that begins with a line of names.
func readTable(file, text string) []row {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(lines) < 2 {
		panic(fmt.Sprintf("power: read %s: %d lines, %v", file, len(lines), err))
	}
	column := make(map[string]int)
	for i, name := range lines[0] {
		column[name] = i
	}
	rows := make([]row, len(lines)-1)
	for i, fields := range lines[1:] {
		rows[i] = row{file, column, fields}
	}
	return rows
}

// text returns a field.
func (r row) text(name string) string {
	i, ok := r.column[name]
	if !ok {
		panic(fmt.Sprintf("power: %s has no column %s", r.file, name))
	}
	return r.fields[i]
}

// number returns a field, 0 if it is empty.
func (r row) number(name string) float64 {
	text := r.text(name)
	if text == "" {
		return 0
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x <= 0 {
		panic(fmt.Sprintf("power: %s: %s of %s is %q, not a positive number", r.file, name, r.fields[0], text))
	}
	return x
}

// whole returns a field that has no fraction.
func (r row) whole(name string) int { return int(r.number(name)) }
