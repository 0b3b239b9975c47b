// Package discovery finds a pikv cluster on the local network by multicast DNS
// (RFC 6762), so that nobody has to type an address. Every node that wants to be
// found runs a Responder, which answers questions for the service _pikv._tcp.local
// with what a Node holds: the cluster's name, the node's role and its addresses.
// Whoever looks calls Ask, which asks on all interfaces and collects answers for
// some hundred milliseconds, and then Choose, which picks what belongs to one
// cluster or says why it cannot.
//
// A question travels as one packet to 224.0.0.251:5353 from a port of its own; a
// node answers to that port. So nothing of this listens on port 5353 but
// Responders, which share it with avahi or systemd-resolved.
//
// What is found is a hint that anybody on the network can make up: the gossip key,
// if there is one, decides who is let in. DESIGN.md has the reasons.
package discovery
