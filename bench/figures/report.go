package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// provenance says when, from which commit, and on what a figure was measured.
func provenance() string {
	commit := "unknown"
	if out, err := exec.Command("git", "describe", "--always", "--dirty").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	return fmt.Sprintf("%s, commit %s, %s, %d cores, %s", time.Now().UTC().Format("2006-01-02"), commit, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}

// steal is a reading of the first line of /proc/stat, in ticks.
type steal struct{ stolen, total float64 }

func readSteal() (steal, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return steal{}, fmt.Errorf("read processor times: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	var s steal
	for i, field := range strings.Fields(line)[1:] {
		var ticks float64
		if _, err := fmt.Sscan(field, &ticks); err != nil {
			return steal{}, fmt.Errorf("read processor times: %w", err)
		}
		s.total += ticks
		if i == 7 {
			s.stolen = ticks
		}
	}
	return s, nil
}

// since returns the share of stolen time in percent.
func (s steal) since(before steal) float64 {
	return 100 * (s.stolen - before.stolen) / max(s.total-before.total, 1)
}

// writeSection replaces what stands between the markers of a figure, or
// appends a new section.
func writeSection(file string, f figure, text string) error {
	begin, end := "<!-- figure "+f.name+" -->\n", "<!-- end "+f.name+" -->\n"
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the report: %w", err)
	}
	report := string(data)
	section := begin + "## " + f.title + "\n\n" + text + end
	from := strings.Index(report, begin)
	to := strings.Index(report, end)
	if from >= 0 && to > from {
		report = report[:from] + section + report[to+len(end):]
	} else {
		report += "\n" + section
	}
	if err := os.WriteFile(file, []byte(report), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
