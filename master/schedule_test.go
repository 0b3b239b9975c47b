package master

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
)

// schedule is one seeded run of a master that crashes, loses its file or is
// given an older one, under workers that live and ask for changes. What is
// checked after every step is that nobody is ever shown two configurations of
// one partition under one epoch, and in the end that no configuration that any
// worker has ever held is undone.
type schedule struct {
	t    *testing.T
	rand *rand.Rand
	b    *bench
	// files is what was on disk, the oldest first. What comes after a file
	// that was put back is no longer there: two branches of one history,
	// each put back in turn, cannot be told from each other by epochs.
	files []*register.State
	taken int // of the saves of this master
	seen  map[placement.PartitionID]map[placement.Epoch]placement.Partition
}

func (s *schedule) intn(n int) int { return s.rand.IntN(n) }

// check remembers what the workers hold.
func (s *schedule) check() {
	s.t.Helper()
	for n := inc(1); n <= 5; n++ {
		v := s.b.workers[n].view
		if v == nil {
			continue
		}
		for p, c := range v.Partitions {
			id := placement.PartitionID(p)
			if s.seen[id] == nil {
				s.seen[id] = make(map[placement.Epoch]placement.Partition)
			}
			if old, ok := s.seen[id][c.Epoch]; ok {
				require.Equal(s.t, old, c, "partition %d at epoch %d", p, c.Epoch)
			}
			s.seen[id][c.Epoch] = c
		}
	}
	s.files = append(s.files, s.b.memory.saved[s.taken:]...)
	s.taken = len(s.b.memory.saved)
}

// ask lets a random worker ask for a random step, by the view that it holds.
func (s *schedule) ask() {
	w := s.b.workers[inc(1+s.intn(5))]
	if w.view == nil || w.view.MasterID != s.b.id() {
		return
	}
	p := placement.PartitionID(s.intn(len(w.view.Partitions)))
	conf := w.view.Partitions[p]
	change := placement.Change{Partition: p, Epoch: conf.Epoch, Asker: w.n, Node: inc(1 + s.intn(5))}
	switch {
	case conf.Primary == w.n:
		change.Kind = placement.ChangeKind(1 + s.intn(4))
	case slices.Contains(conf.InSync, w.n):
		change.Kind = placement.Replace
	default:
		return
	}
	_, _ = s.b.change(change)
}

// crash replaces the master by one that has file on disk.
func (s *schedule) crash(file *register.State) {
	old := s.b
	old.reg.close()
	s.b, s.taken = newBench(s.t, file), 0
	for n := inc(1); n <= 5; n++ {
		w := old.workers[n]
		w.b = s.b
		s.b.workers[n] = w
		s.b.members = append(s.b.members, worker(n))
	}
}

func (s *schedule) step() {
	switch k := s.intn(100); {
	case k < 60:
		s.ask()
	case k < 65: // a slow worker
		s.b.workers[inc(1+s.intn(5))].slow = s.intn(2) == 0
	case k < 67:
		s.crash(s.b.state())
	case k < 68:
		s.crash(&register.State{})
	case k < 70 && len(s.files) > 0:
		i := s.intn(len(s.files))
		s.files = s.files[:i+1]
		s.crash(s.files[i])
	case k < 80:
		s.b.run(benchSettle / 2)
	default:
		s.b.run(100 * time.Millisecond)
	}
	s.check()
}

func TestNoConfigurationIsUndoneByALostOrOldFile(t *testing.T) {
	runs := 60
	if testing.Short() {
		runs = 10
	}
	for seed := range runs {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			t.Parallel()
			s := &schedule{t: t, rand: rand.New(rand.NewPCG(uint64(seed), 1)), b: newBench(t, &register.State{}),
				seen: make(map[placement.PartitionID]map[placement.Epoch]placement.Partition)}
			for n := inc(1); n <= 5; n++ {
				s.b.join(n)
			}
			s.b.run(2 * benchSettle)
			for range 150 {
				s.step()
			}
			for _, w := range s.b.workers {
				w.slow = false
			}
			s.b.run(10 * benchSettle)
			v := s.b.inForce()
			require.NotNil(t, v)
			require.Empty(t, s.b.state().Frozen)
			for n := inc(1); n <= 5; n++ {
				require.Equal(t, v, s.b.workers[n].view)
			}
			for p, confs := range s.seen {
				for e, c := range confs {
					require.LessOrEqual(t, e, v.Partitions[p].Epoch)
					if e == v.Partitions[p].Epoch {
						require.Equal(t, c, v.Partitions[p])
					}
				}
			}
		})
	}
}
