package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"pikv/bench/study"
)

// number prints x with three digits that count, and commas between thousands.
func number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	a := math.Abs(x)
	if a == 0 {
		return "0"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(a))))
	if a >= 1000 {
		step := math.Pow(10, math.Floor(math.Log10(a))-2)
		return thousands(strconv.FormatFloat(math.Round(x/step)*step, 'f', 0, 64))
	}
	text := strconv.FormatFloat(x, 'f', min(digits, 6), 64)
	if !strings.Contains(text, ".") {
		return thousands(text)
	}
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// thousands puts commas into a whole number.
func thousands(digits string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// with prints median and spread of a measure.
func with(m Measure) string {
	if !m.OK() {
		return "–"
	}
	text := number(m.Median)
	if m.N > 1 {
		text += " (" + number(m.Low) + "–" + number(m.High) + ")"
	}
	if m.Suspect {
		text += " suspect"
	}
	return text
}

// bytesText prints a size: whole ones in powers of 1000 or 1024, as they come.
func bytesText(n float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1 << 30, "GiB"}, {1e9, "GB"}, {1 << 20, "MiB"}, {1e6, "MB"}, {1 << 10, "KiB"}, {1e3, "KB"}} {
		if x := n / u.size; x >= 1 && x == math.Trunc(x) {
			return fmt.Sprintf("%g %s", x, u.name)
		}
	}
	switch {
	case n >= 1e6:
		return number(n/1e6) + " MB"
	case n >= 1e4:
		return number(n/1e3) + " KB"
	default:
		return fmt.Sprintf("%g B", n)
	}
}

// count prints a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// counted is count with a verb behind it.
func counted(n int, thing, one, many string) string {
	if n == 1 {
		return count(n, thing) + " " + one
	}
	return count(n, thing) + " " + many
}

// times prints a ratio.
func times(x float64) string { return number(x) + " ×" }

// targetTitle names a target to readers, and says what is simulated.
func targetTitle(t study.Target, m study.Machine) string {
	var title string
	switch t.Kind {
	case study.KindSimulated:
		title = fmt.Sprintf("simulated: %d × %s", t.Nodes, t.Model)
	case study.KindMachine:
		title = "this machine (" + shortModel(m) + ")"
	default:
		title = fmt.Sprintf("cluster: %d × %s", t.Nodes, t.Model)
	}
	if t.Throttled != "" {
		title += ", INVALID"
	}
	return title
}

// shortModel names the processor that everything ran on.
func shortModel(m study.Machine) string {
	model := strings.NewReplacer("(R)", "", "(TM)", "", " CPU", "", " Processor", "").Replace(m.Model)
	model = strings.Join(strings.Fields(model), " ")
	if model == "" {
		model = "unknown processor"
	}
	return fmt.Sprintf("%s, %s", model, count(m.Cores, "core"))
}

// way names a mode in a legend.
func way(mode string) string {
	if mode == study.Proxied {
		return "through the master"
	}
	return mode
}

// opText names what is done.
func opText(op string) string {
	switch op {
	case study.Get:
		return "reads"
	case study.Put:
		return "writes"
	case study.Mix:
		return "reads and writes, half and half"
	default:
		return op
	}
}

// slug makes the part of a file's name of any text.
func slug(text string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		} else {
			dash = true
		}
	}
	return b.String()
}
