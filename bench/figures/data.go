package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// table is what a figure measured, each measurement a row.
type table struct{ rows [][]string }

// newTable makes a table with a head.
func newTable(head ...string) *table { return &table{rows: [][]string{head}} }

// add appends a row: texts, integers, and fractions, which are kept to four
// digits behind the point.
func (t *table) add(values ...any) {
	row := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case float64:
			row[i] = strconv.FormatFloat(v, 'f', 4, 64)
		default:
			row[i] = fmt.Sprint(v)
		}
	}
	t.rows = append(t.rows, row)
}

// measured makes a table of what rows hold.
func measured() *table { return newTable("part", "measured", "round", "value") }

// addRows appends the values of rows to a table that measured made.
func (t *table) addRows(part string, rows []tableRow) {
	for _, r := range rows {
		for round, v := range r.values {
			t.add(part, r.name, round+1, v)
		}
	}
}

// write prints the table as CSV.
func (t *table) write(w io.Writer) error {
	for i, row := range t.rows {
		if len(row) != len(t.rows[0]) {
			return fmt.Errorf("row %d has %d fields, the head %d", i, len(row), len(t.rows[0]))
		}
	}
	return csv.NewWriter(w).WriteAll(t.rows)
}

// writeFile replaces the file name by the table.
func (t *table) writeFile(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("write what was measured: %w", err)
	}
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("write what was measured: %w", err)
	}
	err = t.write(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write what was measured to %s: %w", name, err)
	}
	return nil
}

// readTable reads what writeFile wrote.
func readTable(name string) (*table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read what was measured from %s: %w", name, err)
	}
	return &table{rows: rows}, nil
}
