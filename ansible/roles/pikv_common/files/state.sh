# The process of a unit, if there is one, in lines: its binary, the digest of the settings that
# it was started with, and name and checksum of each secret that it was given then.
unit=$1
pid=$(systemctl show --property MainPID --value "$unit")
[ "${pid:-0}" != 0 ] || exit 0
readlink "/proc/$pid/exe"
sed -zn 's/^PIKV_DEPLOYED=//p' "/proc/$pid/environ" | tr '\0' '\n' | grep . || echo none
for name in gossip-key redis-password redis-users; do
  file=/run/credentials/$unit/secrets_$name
  if [ -f "$file" ]; then
    sum=$(sha256sum "$file")
    echo "$name ${sum%% *}"
  fi
done
