package stage

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"pikv/bench/study"
)

// hostsAsked are a cluster's computers, and how they are asked what they are.
type hostsAsked struct {
	user  string
	nodes [][2]string // name and address
}

// add notes a node; several on one computer count as one.
func (h *hostsAsked) add(name, addr string) {
	ip, _, err := net.SplitHostPort(addr)
	if err != nil || slices.ContainsFunc(h.nodes, func(n [2]string) bool { return n[1] == ip }) {
		return
	}
	h.nodes = append(h.nodes, [2]string{name, ip})
}

// describe prints what a computer is, as far as it knows: a Pi's model lies in the
// device tree, that of others in cpuinfo.
const describe = `echo "model=$(tr -d '\0' </proc/device-tree/model 2>/dev/null || sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)"
echo "kernel=$(uname -r)"
echo "khz=$(cat /sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq 2>/dev/null)"
vcgencmd get_throttled 2>/dev/null || true`

// askTime bounds what one computer may take to answer.
const askTime = 5 * time.Second

// ask returns what each computer says of itself.
func (h *hostsAsked) ask(ctx context.Context) (all []study.Host) {
	for _, n := range h.nodes {
		command := h.command(n[1])
		host := study.Host{Name: n[0]}
		if command != nil {
			ctx, cancel := context.WithTimeout(ctx, askTime)
			out, _ := exec.CommandContext(ctx, command[0], command[1:]...).Output() // what it did not say is not known
			cancel()
			host = parseHost(n[0], string(out))
		}
		all = append(all, host)
	}
	return all
}

// command is how a computer is asked; nil if it cannot be.
func (h *hostsAsked) command(ip string) []string {
	if isOwn(ip) {
		return []string{"sh", "-c", describe}
	}
	if h.user == "" {
		return nil
	}
	return []string{"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", h.user + "@" + ip, describe}
}

// isOwn reports whether an address is one of this machine's.
func isOwn(ip string) bool {
	addrs, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addrs, func(a net.Addr) bool {
		own, ok := a.(*net.IPNet)
		return ok && (own.IP.String() == ip || own.IP.IsLoopback() && net.ParseIP(ip).IsLoopback())
	})
}

// parseHost reads what describe has printed.
func parseHost(name, text string) study.Host {
	h := study.Host{Name: name}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "model":
			h.Model = value
		case "kernel":
			h.Kernel = value
		case "khz":
			khz, _ := strconv.ParseFloat(value, 64) // "" is 0: not known
			h.MHz = khz / 1000
		case "throttled":
			h.Throttled = value
		}
	}
	return h
}

// What the bits of vcgencmd get_throttled say.
var throttleBits = []struct {
	bit  uint
	what string
}{{0, "short of power"}, {1, "slowed down"}, {2, "throttled"}, {3, "too hot"}}

// since is how far above those of the moment the bits are that say the same of the time
// since the computer was started.
const since = 16

// throttledSince says which computers ran slower than they can at some time between
// two looks, and why; "" for none. What happened before the first counts for nothing.
func throttledSince(before, after []study.Host) string {
	var all []string
	for i, h := range after {
		then, now := throttleWord(before[i].Throttled), throttleWord(h.Throttled)
		var why []string
		for _, b := range throttleBits {
			at, ever := uint64(1)<<b.bit, uint64(1)<<(b.bit+since)
			if (then|now)&at != 0 || now&^then&ever != 0 {
				why = append(why, b.what)
			}
		}
		if why != nil {
			all = append(all, fmt.Sprintf("%s was %s (%s)", h.Name, strings.Join(why, ", "), h.Throttled))
		}
	}
	return strings.Join(all, "; ")
}

// throttleWord reads 0x50005; anything else is 0: not known.
func throttleWord(text string) uint64 {
	n, _ := strconv.ParseUint(text, 0, 64)
	return n
}
