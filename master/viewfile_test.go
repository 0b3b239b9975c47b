package master

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
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
	require.Equal(t, steps, d.done)
}

// Whatever step fails, or is the last before a crash, the file is one of the
// two states; the old one unless the rename was reached.
func TestAFailedSaveLeavesOneWholeState(t *testing.T) {
	for i, step := range steps {
		t.Run(step, func(t *testing.T) {
			d := newFaultyDisk()
			f := testFile(t, d)
			old := sampleState(t)
			require.NoError(t, f.save(old))

			d.set(step, errInjected)
			later := old.withView(old.View.Clone())
			later.View.Epoch++
			err := f.save(later)
			require.ErrorIs(t, err, errInjected)
			if i < 2 {
				require.NotErrorIs(t, err, ErrDiskFailed)
			} else {
				require.ErrorIs(t, err, ErrDiskFailed)
			}
			got, err := f.load()
			require.NoError(t, err)
			if step == stepSyncDir { // the new name may or may not be durable; here it is
				require.Equal(t, later, got)
			} else {
				require.Equal(t, old, got)
			}

			d.set(step, nil) // what a failure leaves behind disturbs no later save
			require.NoError(t, f.save(later))
			got, err = f.load()
			require.NoError(t, err)
			require.Equal(t, later, got)
		})
	}
}

func TestAnUnusableFileSaysWhatCanBeDone(t *testing.T) {
	f := testFile(t, osDisk{})
	require.NoError(t, f.save(sampleState(t)))
	data, err := os.ReadFile(f.path())
	require.NoError(t, err)
	data[len(data)/2] ^= 1
	require.NoError(t, os.WriteFile(f.path(), data, 0o600))
	_, err = f.load()
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, f.path())
	require.ErrorContains(t, err, "--recover")

	data[len(fileMagic)+3] = 99
	require.NoError(t, os.WriteFile(f.path(), data, 0o600))
	_, err = f.load()
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, "upgrade")
	require.ErrorContains(t, err, "--recover")

	require.NoError(t, os.Truncate(f.path(), int64(maxFileLength)+1))
	_, err = f.load()
	require.ErrorIs(t, err, ErrBadFile)
	require.ErrorContains(t, err, "longer than")
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
