package main

import (
	"context"
	"fmt"
	"strings"
)

// sheet collects what a figure has to say, and each value that it measured.
type sheet struct {
	text strings.Builder
	data *table
}

func newSheet() *sheet { return &sheet{data: measured()} }

// say appends text.
func (s *sheet) say(format string, args ...any) { fmt.Fprintf(&s.text, format, args...) }

// table appends a table of rows; part names it in the file of what was measured.
func (s *sheet) table(part string, rows ...tableRow) {
	s.text.WriteString(tableOf(rows))
	s.data.addRows(part, rows)
}

func (s *sheet) section() section { return section{text: s.text.String(), data: s.data} }

// sheeted makes a figure of what measures in full only.
func sheeted(run func(ctx context.Context) (*sheet, error)) func(context.Context, effort) (section, error) {
	return func(ctx context.Context, _ effort) (section, error) {
		s, err := run(ctx)
		if err != nil {
			return section{}, err
		}
		return s.section(), nil
	}
}
