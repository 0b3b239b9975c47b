// Package peers puts the same work on pikv and on what it is compared with: a
// bare TCP echo, redis-server and memcached, each a process of its own.
//
// A Server is such a process. Its Conn is one connection, over which many
// callers have calls under way: pikv's own client, or a pipeline, which gathers
// what callers send at the same time as pikv's client does, so that the servers
// are compared and not the clients. Only the echo sends each message with a
// write of its own: that is what a program does which uses a socket and nothing
// else. Load is the closed loop that is run against a Conn; it does as little as
// possible besides, because on a small machine what the load costs is missing
// at the server.
package peers
