package master

import (
	"runtime"
	"strings"
)

// blockedOn counts the goroutines that are in a call of the function, as far
// as stacks tell.
func blockedOn(function string) int {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	n := 0
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, function+"(") && strings.Contains(stack, "[select") {
			n++
		}
	}
	return n
}
