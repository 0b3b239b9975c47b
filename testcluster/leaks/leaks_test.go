package leaks

import (
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestAGoroutineThatStaysIsFound(t *testing.T) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		<-end
	}()
	if err := find(time.Now().Add(10 * time.Millisecond)); err == nil {
		t.Error("it is not found")
	}
	close(end)
	<-ended
	if err := find(time.Now().Add(patience)); err != nil {
		t.Error(err)
	}
}
