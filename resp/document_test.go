package resp

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// namedInTheDocument returns the commands that the table in docs/REDIS.md names, as the server calls
// them. What stands in brackets behind a command are its forms, if it has any, else
// options.
func namedInTheDocument(t *testing.T, commands *table) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../docs/REDIS.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## Commands\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	named := make(map[string]bool)
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		inside, last := false, ""
		for _, word := range regexp.MustCompile("[()]|`[^`]+`").FindAllString(line, -1) {
			switch {
			case word == "(" || word == ")":
				inside = word == "("
				continue
			case inside:
				word = last + " " + strings.Trim(word, "`")
			default:
				word = strings.Trim(word, "`")
				last = word
			}
			name, form, _ := strings.Cut(strings.ToLower(word), " ")
			switch cmd := commands.find([]byte(name)); {
			case cmd != nil && cmd.Forms == nil: // what follows is an argument
				named[name] = true
			case form != "":
				named[name+"|"+form] = true
			case cmd == nil || cmd.Run != nil:
				named[name] = true
			}
		}
	}
	return named
}

// docs/REDIS.md has every command, and no other.
func TestTheDocumentHasTheCommands(t *testing.T) {
	commands := newTable()
	named := namedInTheDocument(t, commands)
	served := make(map[string]bool)
	for _, cmd := range commands.sorted {
		if cmd.Run != nil {
			served[cmd.Name] = true
		}
		for i := range cmd.Forms {
			served[cmd.Forms[i].Name] = true
		}
	}
	for name := range served {
		if !named[name] {
			t.Errorf("docs/REDIS.md does not name %s", name)
		}
	}
	for name := range named {
		if !served[name] {
			t.Errorf("docs/REDIS.md names %s, which there is not", name)
		}
	}
}
