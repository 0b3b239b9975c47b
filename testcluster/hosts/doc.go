// Package hosts gives tests whole computers: Debian with systemd and sshd, each in a
// container (systemd-nspawn) whose network is a netns.Host. A root file system is built
// once with debootstrap and kept in the user's cache folder; each host lays its own files
// over it, which stay when its power is cut. Root only, and only where the packages
// systemd-container, debootstrap and openssh-client are: see need.Hosts. A host may be one
// of another machine (Image.Arch), each of whose programs is emulated: see need.Emulation.
//
// Boot starts a host, Run runs a command on it over ssh, PowerCut ends it as a pulled
// plug does, Halt as `poweroff` does; Boot again brings it back with what was on its disk.
package hosts
