# What preflight.yml wants to know of a host, name=value a line. Arguments: the folder of
# the versions, the file of the kernel's command line or "", the ports.
folder=$1 cmdline=$2
shift 2

echo "systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')"

# Removed and not purged, it is there still: a purge would take settings and secrets that are not its own.
deb=$(dpkg-query -W -f='${db:Status-Status} ${Version}' pikv 2>/dev/null)
case $deb in
  '' | not-installed\ *) ;;
  config-files\ *) echo 'deb=removed and not purged' ;;
  *) echo "deb=installed, ${deb#* }," ;;
esac

# A version is put where its folder will be.
while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
echo "free=$(df --output=avail --block-size=1M "$folder" | tail -n 1 | tr -d ' ')"

# Only Pis have such a file, and only a given one is believed without a look at the model.
if [ -z "$cmdline" ] && grep -qs 'Raspberry Pi' /proc/device-tree/model; then
  for file in /boot/firmware/cmdline.txt /boot/cmdline.txt; do
    [ -f "$file" ] && cmdline=$file && break
  done
fi
echo "cmdline=$cmdline"
[ -z "$cmdline" ] || ! grep -qsw cgroup_enable=memory "$cmdline" || echo "told=yes"
grep -qw cgroup_enable=memory /proc/cmdline && echo "counted=yes"

# Who listens where a node will, unless it is a node of one of the two units.
own=$(systemctl show --property MainPID --value pikv-master.service pikv-worker.service | grep -v '^0\{0,1\}$')
for port; do
  [ "$port" = 0 ] && continue
  others=$(ss -Hltunp "sport = :$port")
  for pid in $own; do
    others=$(printf '%s\n' "$others" | grep -v "pid=$pid,")
  done
  name=$(printf '%s\n' "$others" | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' | head -n 1)
  [ -n "$others" ] && echo "port=$port is taken by ${name:-something}" && break
done
exit 0
