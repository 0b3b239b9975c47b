package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestTheFirstSignalAsksAndTheSecondExits(t *testing.T) {
	exited := make(chan int, 1)
	s := catchSignals(func(code int) { exited <- code })
	defer s.Close()

	require.NoError(t, unix.Kill(os.Getpid(), unix.SIGTERM))
	<-s.Asked
	select {
	case <-exited:
		t.Fatal("the first signal ended the process")
	default:
	}

	require.NoError(t, unix.Kill(os.Getpid(), unix.SIGINT))
	require.Equal(t, exitFailed, <-exited)
}
