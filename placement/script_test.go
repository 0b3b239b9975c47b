package placement

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write what the cases of testdata give into them; then review the difference")

// TestScripts runs the cases of testdata/*.txt. A case is comments, lines
// that describe a view and a target, a command, "----", and what the command
// prints, up to an empty line:
//
//	node w1 [draining] [dead]   a node of the view; dead: not among the live
//	replicas 2                  aimed at; 1 when it is not said
//	p0 e5 w1* w2 +w3 [replaced] a partition: epoch, primary, backup, learner
//	want p0 w1 w2               its row of the target
//	avoid p0 w2                 p0 must not be filled to w2
//	max 1                       partitions in motion per node
//	ask p0 e5 w1: drop w2       a request to the register, as FormatPlan prints it
//
// The commands are "plan": one plan; "run": plan after plan, each taken by
// the register, learners promoted in between, until nothing is left; "next":
// the requests, and the partitions afterwards.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { runScripts(t, file) })
	}
}

func runScripts(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		input, want, found := strings.Cut(block, "\n----")
		if !found {
			out = append(out, block) // a heading
			continue
		}
		got, err := runScript(strings.Split(input, "\n"))
		if err != nil {
			t.Fatalf("%v in this case of %s:\n%s", err, file, input)
		}
		if got = strings.TrimRight(got, "\n"); got != strings.TrimSpace(want) && !*rewrite {
			t.Errorf("%s:\n%s\n---- got\n%s\n---- want%s", file, input, got, want)
		}
		out = append(out, input+"\n----\n"+got)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.Join(out, "\n\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// script is a case while it is read.
type script struct {
	in      PlanInput
	changes []Change
	avoided []string
}

var errScript = errors.New("cannot read the line")

// runScript runs the case of those lines and returns what it prints.
func runScript(lines []string) (string, error) {
	s := &script{in: PlanInput{
		View: &View{Cluster: "test", MasterID: 7, Epoch: 20, Replicas: 1},
		Live: make(map[string]Incarnation),
	}}
	s.in.Avoid = func(p PartitionID, node Incarnation) bool {
		n, _ := s.in.View.Node(node)
		return slices.Contains(s.avoided, fmt.Sprintf("p%d %s", p, n.Name))
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "#") {
			continue
		}
		switch line {
		case "plan", "run", "next":
			if err := s.in.View.Validate(); err != nil {
				return "", err
			}
		}
		switch line {
		case "plan":
			return s.plan(), nil
		case "run":
			return s.run()
		case "next":
			return s.next(), nil
		}
		if err := s.read(strings.Fields(line)); err != nil {
			return "", fmt.Errorf("%w %q", err, line)
		}
	}
	return "", errors.New("no command")
}

// read takes one line that describes something.
func (s *script) read(words []string) error {
	if len(words) < 2 {
		return errScript
	}
	v := s.in.View
	switch rest := words[1:]; words[0] {
	case "node":
		n := testNode(rest[0], NodeActive)
		if slices.Contains(rest, "draining") {
			n.State = NodeDraining
		}
		v.Nodes = append(v.Nodes, n)
		if !slices.Contains(rest, "dead") {
			s.in.Live[n.Name] = n.Incarnation
		}
	case "replicas":
		return number(rest[0], &v.Replicas)
	case "max":
		return number(rest[0], &s.in.MaxPerNode)
	case "avoid":
		s.avoided = append(s.avoided, strings.Join(rest, " "))
	case "want":
		p, err := index(rest[0])
		if err != nil {
			return err
		}
		for len(s.in.Target) <= p {
			s.in.Target = append(s.in.Target, nil)
		}
		s.in.Target[p] = rest[1:]
	case "ask":
		return s.readChange(strings.Join(rest, " "))
	default:
		return s.readPartition(words)
	}
	return nil
}

func number(word string, into *int) (err error) {
	*into, err = strconv.Atoi(word)
	return err
}

// index reads "p3" or "e3".
func index(word string) (n int, err error) {
	err = number(strings.TrimLeft(word, "pe"), &n)
	return n, err
}

func (s *script) readPartition(words []string) error {
	p, err := index(words[0])
	if err != nil || p != len(s.in.View.Partitions) {
		return errScript
	}
	epoch, err := index(words[1])
	if err != nil {
		return err
	}
	part := Partition{Epoch: Epoch(epoch)}
	for _, word := range words[2:] {
		if word == "replaced" {
			part.Replaced = true
			continue
		}
		inc := s.node(strings.Trim(word, "*+"))
		switch {
		case strings.HasPrefix(word, "+"):
			part.Learners = with(part.Learners, inc)
		case strings.HasSuffix(word, "*"):
			part.Primary = inc
			fallthrough
		default:
			part.InSync = with(part.InSync, inc)
		}
	}
	s.in.View.Partitions = append(s.in.View.Partitions, part)
	return nil
}

func (s *script) readChange(text string) error {
	for kind := AddLearner; kind <= Replace+1; kind++ {
		left, node, found := strings.Cut(text, ": "+kind.String()+" ")
		node = strings.TrimPrefix(strings.TrimPrefix(node, "to "), "the primary by ")
		words := strings.Fields(left)
		if !found || len(words) != 3 {
			continue
		}
		p, errP := index(words[0])
		e, errE := index(words[1])
		s.changes = append(s.changes, Change{kind, PartitionID(p), Epoch(e), s.node(words[2]), s.node(node)})
		return errors.Join(errP, errE)
	}
	return errScript
}

// node returns the incarnation of a node by name, or the one that testNode
// would give it.
func (s *script) node(name string) Incarnation {
	return testNode(name, NodeActive).Incarnation
}

func (s *script) plan() string {
	if text := FormatPlan(s.in.View, Plan(s.in)); text != "" {
		return text
	}
	return "nothing\n"
}

func (s *script) run() (string, error) {
	var out strings.Builder
	for range 50 {
		changes := Plan(s.in)
		promoted := promotions(s.in)
		if len(changes)+len(promoted) == 0 {
			out.WriteString(s.partitions())
			return out.String(), nil
		}
		out.WriteString(FormatPlan(s.in.View, promoted) + FormatPlan(s.in.View, changes))
		out.WriteString("-\n")
		next, _ := s.in.View.Next(append(promoted, changes...))
		s.in.View = next
	}
	return "", errors.New("the plans do not end")
}

// promotions returns what live primaries ask for when all learners are filled
// that are live and not to be avoided.
func promotions(in PlanInput) []Change {
	var changes []Change
	for i, p := range in.View.Partitions {
		for _, l := range p.Learners {
			if isLive(in, p.Primary) && isLive(in, l) && !in.Avoid(PartitionID(i), l) {
				changes = append(changes, Change{Promote, PartitionID(i), p.Epoch, p.Primary, l})
			}
		}
	}
	return changes
}

func isLive(in PlanInput, node Incarnation) bool {
	n, _ := in.View.Node(node)
	return in.Live[n.Name] == node
}

func (s *script) next() string {
	next, refused := s.in.View.Next(s.changes)
	var out strings.Builder
	for _, err := range refused {
		if err == nil {
			out.WriteString("taken\n")
		} else {
			fmt.Fprintln(&out, err)
		}
	}
	if next == nil {
		return out.String() + "no new view\n"
	}
	s.in.View = next
	return out.String() + s.partitions()
}

// partitions prints the view's partitions as a case has them.
func (s *script) partitions() string {
	var out strings.Builder
	v := s.in.View
	name := func(inc Incarnation) string { n, _ := v.Node(inc); return n.Name }
	for i, p := range v.Partitions {
		fmt.Fprintf(&out, "p%d e%d", i, p.Epoch)
		for _, inc := range p.InSync {
			mark := ""
			if inc == p.Primary {
				mark = "*"
			}
			out.WriteString(" " + name(inc) + mark)
		}
		for _, inc := range p.Learners {
			out.WriteString(" +" + name(inc))
		}
		if p.Replaced {
			out.WriteString(" replaced")
		}
		out.WriteString("\n")
	}
	return out.String()
}
