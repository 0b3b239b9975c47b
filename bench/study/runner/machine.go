package runner

import (
	"context"
	"os"
	"runtime"
	"strings"

	"pikv/bench/study"
	"pikv/bench/study/corespeed"
)

// ThisMachine describes this machine, and measures its core, which takes a second in
// which nothing else should run.
func ThisMachine(ctx context.Context) (study.Machine, error) {
	speed, err := corespeed.Measure(ctx)
	if err != nil {
		return study.Machine{}, err
	}
	m := described()
	m.CoreSpeed = speed
	return m, nil
}

// IsThis reports whether m, which was measured, may be this machine.
func IsThis(m study.Machine) bool {
	this := described()
	this.CoreSpeed = m.CoreSpeed
	return m == this && m.CoreSpeed > 0
}

func described() study.Machine {
	return study.Machine{Model: processor(), Cores: runtime.NumCPU(), Kernel: kernel()}
}

// processor is what the kernel calls this machine's processor, "" if it does not say.
func processor() string {
	data, _ := os.ReadFile("/proc/cpuinfo") // not every system has it
	for line := range strings.Lines(string(data)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return ""
}

// kernel is the version of this machine's kernel, "" if it does not say.
func kernel() string {
	data, _ := os.ReadFile("/proc/sys/kernel/osrelease") // not every system has it
	return strings.TrimSpace(string(data))
}
