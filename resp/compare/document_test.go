package compare

import (
	"os"
	"regexp"
	"strings"
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

// TestWhatIsComparedLooselyIsNamed in docs/REDIS.md, with what is different in it.
func TestWhatIsComparedLooselyIsNamed(t *testing.T) {
	text, err := os.ReadFile("../../docs/REDIS.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "only the form is compared")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "Beyond single replies")
	named := make(map[string]bool)
	for _, name := range regexp.MustCompile("`([A-Z ]+)`").FindAllStringSubmatch(table, -1) {
		named[name[1]] = true
	}
	used := make(map[string]bool)
	for _, g := range readScript(t) {
		for _, st := range g.steps {
			if st.how != hShape && st.how != hType {
				continue
			}
			name := st.words[0]
			if len(st.words) > 1 && named[name+" "+st.words[1]] {
				name += " " + st.words[1]
			}
			require.True(t, named[name], "%s", st)
			used[name] = true
		}
	}
	require.Equal(t, used, named)
}
