package compare

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryDifferenceHasItsReason in docs/REDIS.md, and what stands there is one.
func TestEveryDifferenceHasItsReason(t *testing.T) {
	text, err := os.ReadFile("../../docs/REDIS.md")
	require.NoError(t, err)
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| [^|]+ \\| [^|]+ \\|$").FindAllSubmatch(text, -1) {
		documented[string(row[1])] = true
	}
	used := map[string]bool{}
	for _, g := range readScript(t) {
		for _, st := range g.steps {
			if st.differs != "" {
				used[st.differs] = true
			}
		}
	}
	require.Equal(t, used, documented)
}
