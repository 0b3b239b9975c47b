package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// provenance says when, from which commit, and on what a figure was measured.
func provenance(ctx context.Context) string {
	commit := "unknown"
	if out, err := exec.CommandContext(ctx, "git", "describe", "--always").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	if checkCommitted(ctx) != nil {
		commit += "-dirty"
	}
	return fmt.Sprintf("%s, commit %s, %s, %d cores, %s", time.Now().UTC().Format("2006-01-02"), commit, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}

// errUncommitted refuses what nobody could measure again.
var errUncommitted = errors.New("what is not committed nobody can measure again: commit first, or leave out -write")

// checkCommitted refuses code that differs from the commit that the report would
// name. What figures write is no code.
func checkCommitted(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--untracked-files=no", "--", ":/", ":!/docs").Output()
	if err != nil {
		return fmt.Errorf("ask git what is not committed: %w", err)
	}
	if len(out) > 0 {
		return fmt.Errorf("%w:\n%s", errUncommitted, out)
	}
	return nil
}

// writeSection replaces what stands between the markers of a figure, or
// appends a new section. What was measured goes to bench/NAME.csv beside file.
func writeSection(file string, f figure, s section) error {
	begin, end := "<!-- figure "+f.name+" -->\n", "<!-- end "+f.name+" -->\n"
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the report: %w", err)
	}
	report := string(data)
	whole := begin + "## " + f.title + "\n\n" + s.text + end
	from := strings.Index(report, begin)
	to := strings.Index(report, end)
	if from >= 0 && to > from {
		report = report[:from] + whole + report[to+len(end):]
	} else {
		report += "\n" + whole
	}
	if err := os.WriteFile(file, []byte(report), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if s.data == nil {
		return nil
	}
	return s.data.writeFile(filepath.Join(filepath.Dir(file), "bench", f.name+".csv"))
}
