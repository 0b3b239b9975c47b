package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

func TestStudyRunMeasuresThisMachine(t *testing.T) {
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "measured")
	out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "real"), "pikv/cmd/pikvd").CombinedOutput()
	require.NoError(t, err, string(out))
	// The first that is started puts another one in its place, as a build would.
	daemon := filepath.Join(bin, "pikvd")
	script := fmt.Sprintf("#!/bin/sh\nprintf '#!/bin/sh\\nexit 1\\n' > %[1]s.new && chmod 755 %[1]s.new && mv %[1]s.new %[1]s\nexec %[2]s/real \"$@\"\n", daemon, bin)
	require.NoError(t, os.WriteFile(daemon, []byte(script), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	got := pikv(t, nil, "study", "run", "--quick", "--figures", "F4", dir)
	require.Equal(t, exitDone, got.code, got.errOut)
	require.Contains(t, got.errOut, "x86 F4")
	points, err := study.ReadPoints(dir)
	require.NoError(t, err)
	require.Len(t, points, 8)

	got = pikv(t, nil, "study", "run", "--quick", "--figures", "F4", dir)
	require.Equal(t, exitFailed, got.code)
	require.Contains(t, got.errOut, "--resume")
	got = pikv(t, nil, "study", "run", "--quick", "--figures", "F4", "--resume", dir)
	require.Equal(t, exitDone, got.code, got.errOut)
	again, err := study.ReadPoints(dir)
	require.NoError(t, err)
	require.Equal(t, points, again)
}

func TestStudyRunSaysWhatIsWrong(t *testing.T) {
	for line, want := range map[string][]string{
		"study":                          {"say what to do"},
		"study fly":                      {`no command "study fly"`},
		"study run":                      {"one folder"},
		"study run --figures F1,F12 a b": {"one folder", `"F12"`, "F10"},
		"study run --figures ,":          {"at least one"},
		"study run --target toaster --target x86 --target x86 --dilate 0.5 a": {`no target "toaster"`, "twice", "--dilate 0.5"},
	} {
		got := pikv(t, nil, strings.Fields(line)...)
		require.Equal(t, exitUsage, got.code, line)
		for _, text := range want {
			require.Contains(t, got.errOut, text, line)
		}
	}
}
