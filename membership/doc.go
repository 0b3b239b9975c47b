// Package membership tells a node which other nodes of its cluster are alive,
// where they serve RPC, and what they can hold. It adapts gossip by
// hashicorp/memberlist; no type of memberlist leaves the package.
//
// A node's life: New checks the configuration; Start opens the gossip port and
// asks the seeds to take the node in; Members and Changed report who is there;
// Leave tells the others that the node goes; Close stops everything.
//
// How news travel. A node's metadata (role, incarnation, RPC address,
// capacity) rides on memberlist's "alive" message. At the receiver memberlist
// shows it to aliveDelegate, which refuses what is malformed, and then to
// eventDelegate, which copies it into the roster and leaves a token in the
// Changed channel; both run under memberlist's lock and block on nothing. The
// user takes the token and calls Members, which copies from the roster. The
// other way, the rejoin loop of this package calls what is missing (seeds that
// are not members, and remembered addresses of lost members) for as long as
// the node runs, through memberlist's Join and the package's transport, which
// notes how each conversation went.
//
// Gossip is a hint. It may call a live node dead and a dead one alive for a
// while; nothing that must be right may depend on it. DESIGN.md has the traps
// and the reasons.
package membership
