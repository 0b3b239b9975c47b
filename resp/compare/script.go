package compare

import (
	"fmt"
	"strconv"
	"strings"
)

// script is groups of commands. Before each group both servers are emptied and
// a connection is made anew.
type script []group

// group is commands that belong together.
type group struct {
	title string
	line  int // in the file
	steps []step
}

// step is one command, or one piece of raw bytes.
type step struct {
	line  int
	words []string
	how   how
	near  int64 // for hNear: how far apart integers may be
	// differs is the id of a documented difference, "" for none; then wants is
	// what pikv is to answer, as reply.String prints it.
	differs, wants string
}

// how says what is sent, and how replies are compared.
type how int

const (
	hEqual  how = iota // replies must be equal
	hNear              // integers may be apart, the rest must be equal
	hSorted            // the order of an array does not matter
	hShape             // only types, and the keys of maps, must be equal
	hType              // only the type must be equal, and an error's first word
	hRaw               // bytes as they are, all replies to them, and whether the connection closes
	hScan              // SCAN is sent until its end: all that it returned, sorted, each once
	hGone              // a key: wait until it has expired
	hTable             // COMMAND INFO: see tableOf
)

var hows = map[string]how{
	"sorted": hSorted, "shape": hShape, "type": hType, "raw": hRaw, "scan": hScan, "gone": hGone, "table": hTable,
}

// parse reads a script. In it
//
//	# text                    is a comment, like an empty line
//	== title                  begins a group
//	GET key                   is a command, in redis-cli's quotes
//	~sorted KEYS *            is compared in another way: see how; ~5 is near by 5
//	!id wanted | COMMAND      is answered differently by pikv, as wanted says, for
//	                          the reason that id stands for
func parse(text string) (script, error) {
	var s script
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if title, ok := strings.CutPrefix(line, "== "); ok {
			s = append(s, group{title: title, line: i + 1})
			continue
		}
		if len(s) == 0 {
			return nil, fmt.Errorf("line %d: a command before the first group", i+1)
		}
		st, err := parseStep(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		st.line = i + 1
		g := &s[len(s)-1]
		g.steps = append(g.steps, st)
	}
	return s, nil
}

func parseStep(line string) (st step, err error) {
	if rest, ok := strings.CutPrefix(line, "!"); ok {
		head, command, ok := strings.Cut(rest, " | ")
		if !ok {
			return st, fmt.Errorf("%q: want !id wanted | COMMAND", line)
		}
		st.differs, st.wants, _ = strings.Cut(head, " ")
		st.wants, line = strings.TrimSpace(st.wants), strings.TrimSpace(command)
	}
	if rest, ok := strings.CutPrefix(line, "~"); ok {
		name, command, _ := strings.Cut(rest, " ")
		line = command
		if n, err := strconv.ParseInt(name, 10, 64); err == nil {
			st.how, st.near = hNear, n
		} else if st.how, ok = hows[name]; !ok {
			return st, fmt.Errorf("~%s is no way to compare", name)
		}
	}
	st.words, err = words(line)
	if err == nil && len(st.words) == 0 {
		err = fmt.Errorf("no command")
	}
	return st, err
}

// String prints the command.
func (st step) String() string {
	parts := make([]string, len(st.words))
	for i, w := range st.words {
		if parts[i] = w; w == "" || strings.ContainsAny(w, " '\"") || quoteOdd(w) != w {
			parts[i] = quoted(w)
		}
	}
	return strings.Join(parts, " ")
}
