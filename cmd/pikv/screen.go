package main

import (
	"io"
	"os"
	"strings"
)

// screen is the other screen of a terminal, which is written over again and again and
// leaves what was there before as it was.
type screen struct{ w io.Writer }

// open goes there: without a cursor, and without lines that go on in the next one.
func (s screen) open() error { return s.write("\x1b[?1049h\x1b[?25l\x1b[?7l") }

// close comes back.
func (s screen) close() error { return s.write("\x1b[?7h\x1b[?25h\x1b[?1049l") }

// draw shows text, or as many of its lines as there is room for.
func (s screen) draw(text string) error {
	height := 0
	if f, ok := s.w.(*os.File); ok {
		height = terminalHeight(f)
	}
	return s.write(frame(text, height))
}

func (s screen) write(text string) error {
	_, err := io.WriteString(s.w, text)
	return err
}

// frame is what shows text on a terminal of so many lines, 0 when that is not known.
func frame(text string, height int) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if height > 0 {
		lines = lines[:min(len(lines), height)]
	}
	// From the upper left corner, each line's rest is cleared, and what is below.
	return "\x1b[H" + strings.Join(lines, "\x1b[K\r\n") + "\x1b[K\x1b[J"
}
