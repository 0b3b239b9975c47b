package testcluster_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"pikv/testcluster"
	"pikv/testcluster/need"
)

// smallDisk is a disk of its own that a few files fill.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"))
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

// fill leaves no room on a disk, and returns the file that takes it.
func fill(t *testing.T, disk string) string {
	t.Helper()
	name := filepath.Join(disk, "filler")
	file, err := os.Create(name)
	require.NoError(t, err)
	for err == nil {
		_, err = file.Write(make([]byte, 4<<10))
	}
	require.ErrorIs(t, err, unix.ENOSPC)
	require.NoError(t, file.Close())
	return name
}

// A master whose disk is full harms no client: who has the data serves on. When there is
// room again it makes up for the worker that was lost meanwhile.
func TestNetnsAMasterWhoseDiskIsFull(t *testing.T) {
	t.Parallel()
	need.Root(t)
	disk := smallDisk(t)
	c := testcluster.Start(t, testcluster.Options{
		Mode: testcluster.Namespaces, Workers: 3, Redis: true, DataDir: filepath.Join(disk, testcluster.MasterName),
	})
	w := startRedisWriters(t, c)
	w.goOn(t)
	filler := fill(t, disk)
	w.goOn(t)
	c.Kill("w2")
	require.NoError(t, os.Remove(filler))
	w.goOn(t)
	c.WaitSynced()
	filler = fill(t, disk)
	c.Kill(testcluster.MasterName) // it starts by what it finds on the full disk
	w.goOn(t)
	c.Restart(testcluster.MasterName)
	w.goOn(t)
	require.NoError(t, os.Remove(filler))
	c.WaitSynced()
	w.goOn(t)
	w.stop()
	require.Empty(t, w.wrong)
	for i := range w.last {
		require.NoError(t, w.check(i))
	}
}
