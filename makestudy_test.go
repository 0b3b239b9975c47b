package pikv

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMakeStudyReportsWhatThereIs: of a study of which something failed there is a report,
// and make fails all the same.
func TestMakeStudyReportsWhatThereIs(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("there is no make")
	}
	rules, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		run  string // what `pikv study run` ends with
		good bool
	}{{"0", true}, {"1", false}} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "Makefile"), rules, 0o644); err != nil {
			t.Fatal(err)
		}
		program := "#!/bin/sh\n[ $2 = run ] && exit " + c.run + "\necho \"$@\" >reported\n"
		if err := os.WriteFile(filepath.Join(dir, "bin", "pikv"), []byte(program), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("make", "-o", "build", "study", "STUDY=measured")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); (err == nil) != c.good {
			t.Errorf("after a run that ended with %s, make ended with %v:\n%s", c.run, err, out)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "reported")); err != nil || string(got) != "study report --unfinished measured\n" {
			t.Errorf("after a run that ended with %s it reported %q, %v", c.run, got, err)
		}
	}
}
