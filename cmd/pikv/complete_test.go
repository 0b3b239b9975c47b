package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/need"
)

// shells are what asks a shell for the completions of a line, as its user's Tab does: the
// first argument. The second is the file with our completion, the others words of which
// all are to be seen.
var shells = map[string]string{
	"bash": `
source "$2"
read -ra COMP_WORDS <<<"$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_pikv
printf '%s\n' "${COMPREPLY[@]}"`,
	// zsh completes nothing without a terminal: in one, Tab lists what there is. It is read
	// until all words have come; when one does not, the test's patience ends that.
	"zsh": `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; fpath=(${2:h} \$fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=1000; echo READ''Y"
zpty -r -m z text '*READY*'
zpty -w -n z "$1"$'\t\t'
text=
for word in "${@[3,-1]}"; do
  while [[ $text != *"$word"* ]]; do zpty -r z piece && text+=$piece; done
done
print -r -- $text`,
}

// TestShellsComplete: the files that the packages have, in the shells that they are for.
func TestShellsComplete(t *testing.T) {
	need.Shells(t, "bash", "zsh")
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir+"/", "pikv/cmd/pikv", "pikv/cmd/pikvd").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for shell, script := range shells {
		file := filepath.Join(dir, "_pikv")
		text, err := os.ReadFile("../../packaging/completion." + shell)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, text, 0o644))
		complete := func(line string, words ...string) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, shell, append([]string{"-c", script, shell, line, file}, words...)...)
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir, "TERM=dumb", "COLUMNS=200", "LINES=100")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s: %q: %s", shell, line, out)
			for _, word := range words {
				require.Contains(t, string(out), word, "%s: %q", shell, line)
			}
			require.NotContains(t, string(out), "generate-bash-completion", "%s: %q", shell, line)
		}
		complete("pikv ", "drain", "get", "put", "status")
		complete("pikv put --", "--file", "--if-version", "--ttl")
		complete("pikv put k --", "--file", "--if-version", "--ttl")
		complete("pikvd ", "dev", "sample", "start")
		complete("pikvd start --gossip-", "--gossip-key-file", "--gossip-port")
		// What is typed is not run.
		bait := filepath.Join(dir, "bait")
		complete("pikv put $(touch${IFS}"+bait+") --", "--ttl")
		require.NoFileExists(t, bait)
	}
}
