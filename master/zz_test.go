package master
import ("testing";"fmt";"math/rand/v2";"pikv/placement")
func TestZZ(t *testing.T) {
	s := &schedule{t: t, rand: rand.New(rand.NewPCG(uint64(30), 1)), b: newBench(t, &State{}),
		seen: make(map[placement.PartitionID]map[placement.Epoch]placement.Partition)}
	for n := inc(1); n <= 5; n++ { s.b.join(n) }
	s.b.run(2 * benchSettle)
	for i := range 160 {
		if i == 150 { for _, w := range s.b.workers { w.slow = false }; s.b.run(10*benchSettle); } else if i < 150 { s.step() }
		v := s.b.inForce()
		line := fmt.Sprintf("%3d now %v id %x rec %q open %v ", i, s.b.now.Sub(epochZero), uint64(s.b.id())>>48, s.b.loop.authority.reign().why, s.b.loop.open.Load())
		if v != nil { line += fmt.Sprintf("view %d frozen %d forsworn %x", v.Epoch, len(s.b.state().Frozen), len(s.b.state().Forsworn)) 
		for _, p := range v.Partitions { line += fmt.Sprint(" ", p.Epoch) } }
		for n := inc(1); n <= 5; n++ { w := s.b.workers[n]; line += fmt.Sprintf(" | %x %v", uint64(w.follows)>>48, w.slow); if w.view != nil { line += fmt.Sprintf(" %x/%d", uint64(w.view.MasterID)>>48, w.view.Epoch) } }
		fmt.Println(line)
	}
}
