package main

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestTheFirstSignalAsks(t *testing.T) {
	s := catchSignals(func(int) { t.Error("the first signal ended the process") })
	defer s.Close()
	require.NoError(t, unix.Kill(os.Getpid(), unix.SIGTERM))
	<-s.Asked
}

func TestTheSecondSignalExitsUnlessItIsAnEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exited := 0
		s := newStopper(func(code int) { exited = code })
		defer s.Close()
		s.signals <- unix.SIGTERM
		<-s.Asked
		s.signals <- unix.SIGTERM
		synctest.Wait()
		require.Zero(t, exited, "an echo of the first")

		time.Sleep(echoTime)
		s.signals <- unix.SIGINT
		synctest.Wait()
		require.Equal(t, exitFailed, exited)
	})
}
