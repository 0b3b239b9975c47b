package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// writeJSON prints v, indented, as one JSON document.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// print writes a value as it is. On a terminal a newline follows, unless the
// value ends with one, or the prompt would stand behind it.
func (s session) print(value []byte) error {
	if s.shown && !bytes.HasSuffix(value, []byte("\n")) {
		value = append(slices.Clip(value), '\n')
	}
	_, err := s.stdout.Write(value)
	return err
}

// table prints rows in aligned columns; the first row is the head.
func table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintln(t, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// text is bytes in JSON: a string when they are UTF-8, else base64. One of
// the two is set.
type text struct {
	Value  *string `json:"value,omitempty"`
	Base64 []byte  `json:"base64,omitempty"`
}

func textOf(b []byte) text {
	if utf8.Valid(b) {
		s := string(b)
		return text{Value: &s}
	}
	return text{Base64: b}
}

// bytesText prints a number of bytes with a unit of 1024.
func bytesText(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/1024, 0
	for v >= 1024 && unit < len(units)-1 {
		v /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", v, units[unit])
}

// dash stands for what is not known.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
