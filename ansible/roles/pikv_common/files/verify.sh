# Whether systemd takes a unit with another drop-in than the one that it has: it only warns of a
# line that it does not understand, and goes on without. Arguments: the drop-in, the unit's file.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
name=$(basename "$2")
mkdir "$folder/$name.d"
cp "$2" "$folder/$name"
cp "$1" "$folder/$name.d/ansible.conf"
systemd-analyze verify --man=no --recursive-errors=no "$folder/$name"
