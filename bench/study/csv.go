package study

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrHalfLine says that a file ends within a line: whoever wrote it was killed.
var ErrHalfLine = errors.New("its last line is half written: `pikv study run --resume` drops that line and goes on")

// column is one of a file with lines of T: its name, and the field that it holds.
type column[T any] struct {
	name  string
	field func(*T) any // a pointer: what set and text know
}

// File is a CSV file that is being appended to. Not safe for concurrent use.
type File[T any] struct {
	// Dropped is the half-written line that was at its end; "" if there was none.
	Dropped string

	columns []column[T]
	f       *os.File
}

// Append writes a line, as a whole.
func (f *File[T]) Append(line T) error {
	var cells []string
	for _, c := range f.columns {
		cells = append(cells, text(c.field(&line)))
	}
	return f.write(cells)
}

func (f *File[T]) write(cells []string) error {
	var out strings.Builder
	w := csv.NewWriter(&out)
	if err := w.Write(cells); err != nil {
		return fmt.Errorf("write %s: %w", f.f.Name(), err)
	}
	w.Flush()
	if _, err := f.f.WriteString(out.String()); err != nil {
		return fmt.Errorf("write %s: %w", f.f.Name(), err)
	}
	return nil
}

// Close ends the writing.
func (f *File[T]) Close() error { return f.f.Close() }

// appendFile opens a file behind its last whole line, or makes it.
func appendFile[T any](name string, columns []column[T]) (*File[T], error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the measurements: %w", err)
	}
	f := &File[T]{columns: columns, f: file}
	if err := f.seekEnd(); err != nil {
		file.Close()
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return f, nil
}

// seekEnd drops a half-written line and goes to the end; a new file gets its header.
func (f *File[T]) seekEnd() error {
	content, err := io.ReadAll(io.LimitReader(f.f, maxFile+1))
	if err != nil {
		return err
	}
	whole := strings.LastIndexByte(string(content), '\n') + 1
	f.Dropped = string(content[whole:])
	if err := f.f.Truncate(int64(whole)); err != nil {
		return err
	}
	if _, err := f.f.Seek(int64(whole), io.SeekStart); err != nil {
		return err
	}
	var names []string
	for _, c := range f.columns {
		names = append(names, c.name)
	}
	if whole == 0 {
		return f.write(names)
	}
	header, _, _ := strings.Cut(string(content), "\n")
	if header != strings.Join(names, ",") {
		return errors.New("its columns are those of another version of pikv: begin in an empty folder")
	}
	_, err = parse(string(content[:whole]), f.columns)
	return err
}

// maxFile bounds what is read of a file.
const maxFile = 256 << 20

// readFile reads the lines of a file. One that is not there has none.
func readFile[T any](name string, columns []column[T]) ([]T, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the measurements: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil {
		var lines []T
		if lines, err = parse(string(content), columns); err == nil {
			return lines, nil
		}
	}
	return nil, fmt.Errorf("read %s: %w", name, err)
}

// parse reads what a file holds.
func parse[T any](content string, columns []column[T]) ([]T, error) {
	if len(content) > maxFile {
		return nil, fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	if !strings.HasSuffix(content, "\n") {
		return nil, ErrHalfLine
	}
	r := csv.NewReader(strings.NewReader(content))
	header, err := r.Read()
	if err != nil {
		return nil, err
	}
	at := make([]int, len(columns))
	var missing []string
	for i, c := range columns {
		if at[i] = slices.Index(header, c.name); at[i] < 0 {
			missing = append(missing, c.name)
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("it has no column %s", strings.Join(missing, ", "))
	}
	var lines []T
	for {
		cells, err := r.Read() // refuses a line that has not as many cells as the header
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		var line T
		for i, c := range columns {
			if err := set(c.field(&line), cells[at[i]]); err != nil {
				row, _ := r.FieldPos(at[i])
				return nil, fmt.Errorf("line %d: %s: %w", row, c.name, err)
			}
		}
		lines = append(lines, line)
	}
}

// text is what set reads into a field.
func text(field any) string {
	switch v := field.(type) {
	case *string:
		return strings.Join(strings.Fields(*v), " ") // a line stays a line
	case *int:
		return strconv.Itoa(*v)
	case *int64:
		return strconv.FormatInt(*v, 10)
	case *float64:
		return strconv.FormatFloat(*v, 'g', 8, 64)
	case *time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	default:
		panic(fmt.Sprintf("study: no text for a %T", field))
	}
}

// set reads text into a field.
func set(field any, text string) (err error) {
	switch v := field.(type) {
	case *string:
		*v = text
	case *int:
		*v, err = strconv.Atoi(text)
	case *int64:
		*v, err = strconv.ParseInt(text, 10, 64)
	case *float64:
		*v, err = strconv.ParseFloat(text, 64)
	case *time.Time:
		*v, err = time.Parse(time.RFC3339Nano, text)
	default:
		panic(fmt.Sprintf("study: nothing to read a %T from", field))
	}
	return err
}
