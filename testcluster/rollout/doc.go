// Package rollout proves what ansible/README.md promises: its tests run the playbooks, as
// they are, against computers with Debian and systemd (testcluster/hosts), a master and
// workers, with a client that writes meanwhile. `make rollout`, as root; minutes long.
package rollout
