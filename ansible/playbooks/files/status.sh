# One line of how a host and its node are.
unit=$1
pid=$(systemctl show --property MainPID --value "$unit")
if [ "${pid:-0}" != 0 ]; then
  version=$(basename "$(dirname "$(readlink "/proc/$pid/exe")")")
  memory=$(awk '/^VmRSS:/ {printf "%d MiB", $2 / 1024}' "/proc/$pid/status")
  line="$(systemctl is-active "$unit"), version $version, $memory resident"
else
  line="$(systemctl is-active "$unit")"
fi
line="$line, up $(awk '{printf "%d h", $1 / 3600}' /proc/uptime), $(df --output=avail --human-readable / | tail -n 1 | tr -d ' ') free"
# Under-voltage and heat, of a Pi: 0x0 is neither, now or since it was booted.
throttled=$(vcgencmd get_throttled 2>/dev/null) && line="$line, $throttled"
echo "$line"
