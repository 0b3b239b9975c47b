package master

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
)

// memory is a save function that can be held up and made to fail.
type memory struct {
	mu    sync.Mutex
	fail  error
	saved []*register.State
	hold  chan struct{} // save waits for it to be closed; nil: does not wait
	began chan struct{} // gets a token when a save begins
}

func newMemory() *memory { return &memory{began: make(chan struct{}, 100)} }

func (m *memory) save(s *register.State) error {
	select {
	case m.began <- struct{}{}:
	default:
	}
	m.mu.Lock()
	hold := m.hold
	m.mu.Unlock()
	if hold != nil {
		<-hold
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		m.saved = append(m.saved, s)
	}
	return m.fail
}

func (m *memory) setFail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// startRegister runs a register that holds s until the end of the test.
func startRegister(t *testing.T, s *register.State, save func(*register.State) error) *fileKeeper {
	r := newFileKeeper(s, save)
	r.start()
	t.Cleanup(r.close)
	return r
}

// fourOnW1 is a view of four partitions, all on w1.
func fourOnW1(t *testing.T) *register.State {
	return &register.State{View: view(t, idA, 1, conf(1, incs{1}), conf(1, incs{1}), conf(1, incs{1}), conf(1, incs{1}))}
}

func addLearner(p placement.PartitionID, e placement.Epoch, to inc) placement.Change {
	return placement.Change{Kind: placement.AddLearner, Partition: p, Epoch: e, Asker: 1, Node: to}
}

func TestAChangeIsDurableBeforeItIsPublished(t *testing.T) {
	m := newMemory()
	m.hold = make(chan struct{})
	r := startRegister(t, fourOnW1(t), m.save)
	before, superseded := r.State()
	done := make(chan error, 1)
	go func() {
		epoch, refused, err := r.Change(context.Background(), []placement.Change{addLearner(0, 1, 2), addLearner(0, 1, 3)})
		if err == nil && (epoch != 2 || refused[0] != nil || !errors.Is(refused[1], placement.ErrStaleEpoch)) {
			err = errors.New("unexpected answer")
		}
		done <- err
	}()
	<-m.began
	now, _ := r.State()
	require.Same(t, before, now, "published before it was saved")
	select {
	case <-superseded:
		t.Fatal("announced before it was saved")
	case err := <-done:
		t.Fatal("answered before it was saved:", err)
	default:
	}
	close(m.hold)
	require.NoError(t, <-done)
	<-superseded
	now, _ = r.State()
	require.Same(t, m.saved[0], now)
	require.Equal(t, incs{2}, now.View.Partitions[0].Learners)
	require.Empty(t, before.View.Partitions[0].Learners, "the old view was changed")
}

func TestWhatWaitsSharesOneEpochAndOneSave(t *testing.T) {
	m := newMemory()
	m.hold = make(chan struct{})
	r := startRegister(t, fourOnW1(t), m.save)
	var group sync.WaitGroup
	group.Go(func() { _, _, _ = r.Change(context.Background(), []placement.Change{addLearner(0, 1, 2)}) })
	<-m.began
	epochs := make(chan placement.Epoch, 3)
	for p := placement.PartitionID(1); p < 4; p++ {
		group.Go(func() {
			epoch, refused, err := r.Change(context.Background(), []placement.Change{addLearner(p, 1, 2)})
			if err == nil && refused[0] == nil {
				epochs <- epoch
			}
		})
	}
	// The batch is gathered when the register is free again: let the three
	// be blocked on it first, each with its hand on the channel.
	require.Eventually(t, func() bool { return blockedOn("(*fileKeeper).ask") == 4 }, soon, time.Millisecond)
	close(m.hold)
	group.Wait()
	close(epochs)
	n := 0
	for e := range epochs {
		require.Equal(t, placement.Epoch(3), e)
		n++
	}
	require.Equal(t, 3, n)
	require.Len(t, m.saved, 2)
}

func TestAFullDiskRefusesAndHeals(t *testing.T) {
	d := newFaultyDisk()
	f := testFile(t, d)
	r := startRegister(t, fourOnW1(t), f.save)
	d.set(stepWrite, errDiskFull)
	before, _ := r.State()
	_, _, err := r.Change(context.Background(), []placement.Change{addLearner(0, 1, 2)})
	require.ErrorIs(t, err, errDiskFull)
	after, _ := r.State()
	require.Same(t, before, after)
	d.set(stepWrite, nil)
	_, refused, err := r.Change(context.Background(), []placement.Change{addLearner(0, 1, 2)})
	require.NoError(t, err)
	require.NoError(t, refused[0])
	require.Empty(t, r.failed())
}

// Rule 3: a failed fsync publishes nothing, and nothing is published later
// either, since nobody knows what the disk holds.
func TestAFailedSyncPublishesNothingEverAgain(t *testing.T) {
	for _, step := range []string{stepSync, stepRename, stepSyncDir} {
		t.Run(step, func(t *testing.T) {
			d := newFaultyDisk()
			f := testFile(t, d)
			r := startRegister(t, fourOnW1(t), f.save)
			before, _ := r.State()
			d.set(step, errInjected)
			_, _, err := r.Change(context.Background(), []placement.Change{addLearner(0, 1, 2)})
			require.ErrorIs(t, err, ErrDiskFailed)
			require.ErrorIs(t, <-r.failed(), errInjected)
			d.set(step, nil)
			_, _, err = r.Change(context.Background(), []placement.Change{addLearner(0, 1, 2)})
			require.ErrorIs(t, err, ErrDiskFailed)
			require.ErrorIs(t, r.Update(context.Background(), func(s *register.State) (*register.State, error) { return s, nil }), ErrDiskFailed)
			after, _ := r.State()
			require.Same(t, before, after)
		})
	}
}

// A crash after the fsync and before the publication: what nobody has seen is
// on disk, and the next start takes it for the view in force.
func TestACrashBetweenSyncAndPublicationKeepsTheView(t *testing.T) {
	d := newFaultyDisk()
	f := testFile(t, d)
	require.NoError(t, f.save(fourOnW1(t)))
	crashed := make(chan struct{})
	r := newFileKeeper(fourOnW1(t), f.save)
	d.after = func(step string) {
		if step == stepSync {
			s, err := (&viewFile{disk: f.disk, dir: f.dir, cluster: f.cluster}).load() // as the next start would
			if err == nil && s.View.Epoch == 2 && len(s.View.Partitions[0].Learners) == 1 {
				close(crashed)
			}
			now, _ := r.State()
			if now.View.Epoch != 1 {
				t.Error("published before it was synced")
			}
		}
	}
	r.start()
	defer func() { _ = f.close() }()
	defer r.close()
	_, _, err := r.Change(context.Background(), []placement.Change{addLearner(0, 1, 2)})
	require.NoError(t, err)
	<-crashed
}

func TestFrozenPartitionsAreNotChanged(t *testing.T) {
	s := fourOnW1(t)
	s.Frozen = []register.Frozen{frozenIn(s.View, 1, 1), frozenIn(s.View, 2, 1)}
	m := newMemory()
	r := startRegister(t, s, m.save)
	_, refused, err := r.Change(context.Background(), []placement.Change{addLearner(1, 1, 2), addLearner(3, 1, 2), addLearner(2, 1, 2)})
	require.NoError(t, err)
	require.ErrorIs(t, refused[0], register.ErrFrozen)
	require.NoError(t, refused[1])
	require.ErrorIs(t, refused[2], register.ErrFrozen)
	_, refused, err = r.Change(context.Background(), []placement.Change{addLearner(1, 1, 2)})
	require.NoError(t, err)
	require.ErrorIs(t, refused[0], register.ErrFrozen)
	require.Len(t, m.saved, 1, "saved although nothing was taken")
}

func TestAnEditMustKeepTheRules(t *testing.T) {
	m := newMemory()
	r := startRegister(t, fourOnW1(t), m.save)
	ctx := context.Background()
	update := func(edit func(v *placement.View)) error {
		return r.Update(ctx, func(s *register.State) (*register.State, error) {
			v := s.View.Clone()
			edit(v)
			return s.WithView(v), nil
		})
	}
	require.ErrorContains(t, update(func(v *placement.View) { v.Replicas = 2 }), "epoch 1 would follow 1")
	require.ErrorIs(t, update(func(v *placement.View) { v.Epoch++; v.Partitions[0].InSync = nil }), placement.ErrInvalid)
	require.ErrorIs(t, r.Update(ctx, func(s *register.State) (*register.State, error) { return nil, errInjected }), errInjected)
	require.ErrorIs(t, r.Update(ctx, func(s *register.State) (*register.State, error) { return &register.State{}, nil }), register.ErrNoView)
	require.NoError(t, r.Update(ctx, func(s *register.State) (*register.State, error) { return s, nil }))
	require.Empty(t, m.saved)
	require.NoError(t, update(func(v *placement.View) { v.Epoch++; v.Replicas = 2 }))
	require.Len(t, m.saved, 1)
}

func TestChangesBeforeTheBirthAreRefused(t *testing.T) {
	r := startRegister(t, &register.State{}, newMemory().save)
	_, _, err := r.Change(context.Background(), []placement.Change{addLearner(0, 1, 2)})
	require.ErrorIs(t, err, register.ErrNoView)
}

func TestAClosedRegisterAnswersEveryone(t *testing.T) {
	m := newMemory()
	m.hold = make(chan struct{})
	r := newFileKeeper(fourOnW1(t), m.save)
	r.start()
	answers := make(chan error, 5)
	ask := func(p placement.PartitionID) {
		_, _, err := r.Change(context.Background(), []placement.Change{addLearner(p, 1, 2)})
		answers <- err
	}
	go ask(0)
	<-m.began
	for p := placement.PartitionID(1); p < 4; p++ {
		go ask(p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := r.Change(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
	go r.close()
	close(m.hold)
	for range 4 { // each is answered; the later ones with either outcome
		if err := <-answers; err != nil {
			require.ErrorIs(t, err, errClosed)
		}
	}
	r.close()
	_, _, err = r.Change(context.Background(), nil)
	require.ErrorIs(t, err, errClosed)
}
