package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// difference is a reply that is not as it should be.
type difference struct {
	group string
	step  step
	redis string // what redis-server answers
	pikv  string // what pikv answers
	wants string // what pikv should answer, where that is another thing
}

// String prints it in three lines.
func (d difference) String() string {
	text := fmt.Sprintf("line %d (%s): %s\n  redis %s\n  pikv  %s", d.step.line, d.group, d.step, d.redis, d.pikv)
	if d.wants != "" {
		text += "\n  wants " + d.wants
	}
	return text
}

// run sends the script to both servers and returns how many steps it made, and
// every reply that differs but should not, or does not differ as documented.
func run(s script, redis, pikv *server, proto int) (steps int, found []difference, err error) {
	defer redis.close()
	defer pikv.close()
	for _, g := range s {
		if err := begin(redis, proto); err != nil {
			return steps, found, fmt.Errorf("redis: %s: %w", g.title, err)
		}
		if err := begin(pikv, proto); err != nil {
			return steps, found, fmt.Errorf("pikv: %s: %w", g.title, err)
		}
		for _, st := range g.steps {
			steps++
			if d := st.compare(redis, pikv, proto); d != nil {
				d.group = g.title
				found = append(found, *d)
			}
		}
	}
	return steps, found, nil
}

// begin empties the server and connects anew.
func begin(s *server, proto int) error {
	if err := s.dial(proto); err != nil {
		return err
	}
	if a, err := s.call("FLUSHALL"); err != nil || a.isError() {
		return fmt.Errorf("FLUSHALL: %v, %w", a, err)
	}
	return nil
}

// compare performs the step on both; nil: all is as it should be.
func (st step) compare(redis, pikv *server, proto int) *difference {
	now := time.Now()
	words := make([]string, len(st.words))
	for i, w := range st.words {
		words[i] = expand(w, now)
	}
	theirs, ours := st.answer(redis, words, proto), st.answer(pikv, words, proto)
	d := &difference{step: st, redis: theirs.String(), pikv: ours.String()}
	same := st.same(theirs, ours)
	switch {
	case st.differs == "" && same:
		return nil
	case st.differs == "":
		return d
	case same:
		d.wants = "a difference: " + st.wants
		return d
	case !st.wanted(ours):
		d.wants = st.wants
		return d
	default:
		return nil
	}
}

// wanted reports whether pikv's reply is the one that is documented: up to "...", if
// that ends it, and with maps as RESP2 writes them.
func (st step) wanted(ours reply) bool {
	text := strings.ReplaceAll(ours.String(), "%[", "*[")
	if begin, open := strings.CutSuffix(st.wants, "..."); open {
		return strings.HasPrefix(text, begin)
	}
	return text == st.wants
}

// answer returns the reply; an error of the connection is one, too. After an
// answer that closes, the connection is made anew.
func (st step) answer(s *server, words []string, proto int) reply {
	a, err := s.do(st, words)
	if err != nil {
		a = reply{kind: '!', text: "no reply: " + err.Error()}
	}
	closed := func(e reply) bool { return e.kind == '+' && e.text == "closed" }
	if err != nil || closed(a) || slices.ContainsFunc(a.elem, closed) {
		if err := s.dial(proto); err != nil {
			a = reply{kind: '!', text: "no connection: " + err.Error()}
		}
	}
	return a
}

// same reports whether two replies are equal in the way that the step asks for.
func (st step) same(a, b reply) bool {
	switch st.how {
	case hNear:
		return near(a, b, st.near)
	case hSorted:
		if a.kind != b.kind || len(a.elem) != len(b.elem) {
			return false
		}
		sortReplies(a.elem)
		sortReplies(b.elem)
	case hShape:
		return shape(a) == shape(b)
	case hType:
		return a.kind == b.kind && a.null == b.null && (!a.isError() || firstWord(a.text) == firstWord(b.text))
	case hTable:
		return tableOf(a) == tableOf(b)
	}
	return equal(a, b)
}

func equal(a, b reply) bool {
	return a.kind == b.kind && a.null == b.null && a.text == b.text && slices.EqualFunc(a.elem, b.elem, equal)
}

// near lets integers be apart, also those in arrays.
func near(a, b reply, by int64) bool {
	x, errX := strconv.ParseInt(a.text, 10, 64)
	y, errY := strconv.ParseInt(b.text, 10, 64)
	if a.kind == ':' && b.kind == ':' && errX == nil && errY == nil && (x < 0) == (y < 0) {
		return x-y <= by && y-x <= by
	}
	return a.kind == b.kind && a.null == b.null && a.text == b.text &&
		slices.EqualFunc(a.elem, b.elem, func(a, b reply) bool { return near(a, b, by) })
}

// shape prints the types, and the keys of maps: those of RESP3, and what RESP2
// makes of them when it is a list of texts and values.
func shape(a reply) string {
	if a.null {
		return a.String()
	}
	if a.isError() {
		return string(a.kind) + firstWord(a.text)
	}
	var b strings.Builder
	b.WriteByte(a.kind)
	for i, e := range a.elem {
		if a.kind == '%' && i%2 == 0 {
			b.WriteString(" " + e.text)
		} else {
			b.WriteString(" " + shape(e))
		}
	}
	if a.elem != nil {
		b.WriteString(" .")
	}
	return b.String()
}

// tableOf prints what clients read of COMMAND INFO: all of it, with flags and categories
// in any order, but of the forms of a command only that there are some.
func tableOf(a reply) string {
	var b strings.Builder
	for _, e := range a.elem {
		if len(e.elem) != 10 {
			fmt.Fprintln(&b, e)
			continue
		}
		fmt.Fprintln(&b, e.elem[:2], inOrder(e.elem[2]), e.elem[3:6], inOrder(e.elem[6]), "tips", e.elem[7], "keys", e.elem[8], "forms", string(e.elem[9].kind))
	}
	return b.String()
}

// inOrder is a set with its elements sorted.
func inOrder(a reply) reply {
	a.elem = slices.Clone(a.elem)
	sortReplies(a.elem)
	return a
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}
