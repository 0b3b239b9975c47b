package master

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
)

func testFile(t *testing.T, d disk) *viewFile {
	return &viewFile{disk: d, dir: t.TempDir(), cluster: "test"}
}

func TestNoFileIsAnEmptyState(t *testing.T) {
	s, err := testFile(t, osDisk{}).load()
	require.NoError(t, err)
	require.Nil(t, s.View)
}

func TestSaveTakesItsStepsInOrder(t *testing.T) {
	d := newFaultyDisk()
	f := testFile(t, d)
	require.NoError(t, f.save(sampleState(t)))
	require.Equal(t, createSteps, d.done)
	d.done = nil
	require.NoError(t, f.save(sampleState(t)))
	require.Equal(t, []string{stepWrite, stepSync}, d.done, "one sync an epoch")

	f = &viewFile{disk: d, dir: f.dir, cluster: f.cluster}
	_, err := f.load()
	require.NoError(t, err)
	d.done = nil
	require.NoError(t, f.save(sampleState(t)))
	require.Equal(t, inPlaceSteps, d.done)
	require.NoError(t, f.close())
}

// reopen is what the next start does.
func reopen(t *testing.T, f *viewFile) (*viewFile, *register.State) {
	t.Helper()
	again := &viewFile{disk: f.disk, dir: f.dir, cluster: f.cluster}
	s, err := again.load()
	require.NoError(t, err)
	t.Cleanup(func() { _ = again.close() })
	return again, s
}

// laterState is s with a later epoch.
func laterState(s *register.State) *register.State {
	v := s.View.Clone()
	v.Epoch++
	return s.WithView(v)
}

// Whatever step fails, the file is one of the two states; the old one unless
// the write was complete.
func TestAFailedSaveLeavesOneWholeState(t *testing.T) {
	for _, fresh := range []bool{true, false} {
		steps, saves := createSteps, 0
		if !fresh {
			steps, saves = inPlaceSteps, 3
		}
		for _, step := range steps {
			t.Run(fmt.Sprint(step, ", made by this save: ", fresh), func(t *testing.T) {
				d := newFaultyDisk()
				f := testFile(t, d)
				defer func() { _ = f.close() }()
				old := &register.State{}
				later := sampleState(t)
				for range saves {
					require.NoError(t, f.save(later))
					old, later = later, laterState(later)
				}
				if step == stepOpen {
					require.NoError(t, f.close())
				}

				d.set(step, errInjected)
				err := f.save(later)
				require.ErrorIs(t, err, errInjected)
				if step == stepOpen || step == stepCreate || step == stepWrite {
					require.NotErrorIs(t, err, ErrDiskFailed)
				} else {
					require.ErrorIs(t, err, ErrDiskFailed)
				}
				_, got := reopen(t, f)
				if step == stepSyncDir || step == stepSync && !fresh { // durable or not; here it is
					require.Equal(t, later, got)
				} else {
					require.Equal(t, old, got)
				}

				d.set(step, nil) // what a failure leaves behind disturbs no later save
				later = laterState(later)
				require.NoError(t, f.save(later))
				_, got = reopen(t, f)
				require.Equal(t, later, got)
			})
		}
	}
}

// The power fails at any step of any save, with any part of what was not synced
// on the disk: the next start finds the State that was saved last, or the one
// that was being saved, never another one and never damage.
func TestAPowerCutLosesNothingThatWasSaved(t *testing.T) {
	cuts := 0
	for seed := range 120 {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		f := &viewFile{disk: newPaperDisk(r), dir: "d", cluster: "test"}
		saved, next := &register.State{}, sampleState(t)
		for range 40 {
			f.disk.(*paperDisk).left = -1
			if r.IntN(3) == 0 {
				f.disk.(*paperDisk).left = r.IntN(3)
			}
			if r.IntN(10) == 0 { // it may outgrow its slot, and shrink
				next = laterState(next)
				next.Forsworn = next.Forsworn[:1]
				next.View.Nodes = grown(sampleState(t).View.Nodes, r.IntN(4000)>>(2*r.IntN(3)))
			}
			err := f.save(next)
			if err == nil {
				saved, next = next, laterState(next)
				continue
			}
			cuts++
			f.disk.(*paperDisk).restart()
			var got *register.State
			f, got = reopen(t, f)
			if got.Epoch() != saved.Epoch() {
				require.Equal(t, next, got, "seed %d", seed)
				saved = got
			}
			require.Equal(t, saved, got, "seed %d", seed)
			if got.View == nil {
				continue
			}
			require.NoError(t, f.save(got), "as a start does")
			next = laterState(laterState(got)) // what comes next may be another one
		}
	}
	require.Greater(t, cuts, 1000)
}

// grown returns nodes and so many more.
func grown(nodes []placement.Node, more int) []placement.Node {
	for i := range more {
		nodes = append(nodes, placement.Node{Incarnation: inc(1000 + i), Name: fmt.Sprintf("x%06d", i), Addr: "a:1"})
	}
	return nodes
}

// A file of the format before slots is read, and replaced by the next save.
func TestAFileOfTheFormatBeforeSlotsIsRead(t *testing.T) {
	f := testFile(t, osDisk{})
	s := sampleState(t)
	data, err := encodeState(s)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(f.path(), data, 0o600))
	f, got := reopen(t, f)
	require.Equal(t, s, got)
	require.NoError(t, f.save(got))
	data, err = os.ReadFile(f.path())
	require.NoError(t, err)
	require.Equal(t, slotMagic, string(data[:len(slotMagic)]))
	_, got = reopen(t, f)
	require.Equal(t, s, got)
}

func TestAnUnusableFileSaysWhatCanBeDone(t *testing.T) {
	f := testFile(t, osDisk{})
	require.NoError(t, f.save(sampleState(t)))
	require.NoError(t, f.close())
	data, err := os.ReadFile(f.path())
	require.NoError(t, err)
	data[blockSize+blockSize/2] ^= 1
	require.NoError(t, os.WriteFile(f.path(), data, 0o600))
	_, err = f.load()
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, f.path())
	require.ErrorContains(t, err, "--recover")

	data[len(slotMagic)+3] = 99
	require.NoError(t, os.WriteFile(f.path(), data, 0o600))
	_, err = f.load()
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, "upgrade")
	require.ErrorContains(t, err, "--recover")

	require.NoError(t, os.Truncate(f.path(), int64(maxFileSize)+1))
	_, err = f.load()
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, "longer than")

	other := &viewFile{disk: osDisk{}, dir: t.TempDir(), cluster: "other"}
	f = testFile(t, osDisk{})
	require.NoError(t, f.save(sampleState(t)))
	require.NoError(t, f.close())
	require.NoError(t, os.Rename(f.path(), other.path()))
	_, err = other.load()
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, `of "test", not "other"`)
}

func TestSetAsideDeletesNothing(t *testing.T) {
	f := testFile(t, osDisk{})
	for _, content := range []string{"first", "second"} {
		require.NoError(t, os.WriteFile(f.path(), []byte(content), 0o600))
		aside, err := f.setAside()
		require.NoError(t, err)
		got, err := os.ReadFile(aside)
		require.NoError(t, err)
		require.Equal(t, content, string(got))
	}
	left, err := filepath.Glob(filepath.Join(f.dir, "*"))
	require.NoError(t, err)
	require.Len(t, left, 2)
}

func TestOneMasterPerDataDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for", "it")
	lock, err := lockDataDir(dir, "test")
	require.NoError(t, err)
	_, err = lockDataDir(dir, "test")
	require.ErrorIs(t, err, ErrDataDirInUse)
	require.ErrorContains(t, err, dir)
	other, err := lockDataDir(dir, "another")
	require.NoError(t, err)
	require.NoError(t, other.release())
	require.NoError(t, lock.release())
	lock, err = lockDataDir(dir, "test")
	require.NoError(t, err)
	require.NoError(t, lock.release())
}

// BenchmarkSave tells what an epoch costs, written in place and as a new file.
func BenchmarkSave(b *testing.B) {
	v := &placement.View{Cluster: "test", MasterID: idA, Epoch: 9, Replicas: 2}
	for n := inc(1); n <= 8; n++ {
		v.Nodes = append(v.Nodes, node(n))
	}
	for range 1024 {
		v.Partitions = append(v.Partitions, conf(9, incs{1, 2}))
	}
	s := &register.State{View: v}
	for _, anew := range []bool{false, true} {
		b.Run(fmt.Sprint("new file: ", anew), func(b *testing.B) {
			f := &viewFile{disk: osDisk{}, dir: b.TempDir(), cluster: "test"}
			defer func() { _ = f.close() }()
			require.NoError(b, f.save(s))
			for b.Loop() {
				if anew {
					f.blocks = 0
				}
				if err := f.save(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
