// Package resp is a node's door for clients of Redis: it speaks RESP2 and RESP3 as a
// node of a Redis Cluster does, and translates. It keeps no data and decides
// nothing about them: that is the Keyspace's, which the node's role implements.
//
// A command travels through it like this. A loop of package eventloop calls
// conn.Data with what has arrived. The parser cuts a command out of it, without
// copying its arguments; conn.admit finds it in the table, checks it, and computes
// the slot of its keys; its Run reads the arguments and calls one method of the
// Keyspace, which answers: nearly always at once, under a partition's lock,
// straight into the turn's buffer. What a turn has answered leaves in one write.
//
// Where the Keyspace cannot answer yet, since a write waits for its backup, it holds
// the Call, which goes into the connection's queue, and later commands behind it.
// Any goroutine answers it later (Call.Done); the replies whose turn it is then
// leave together, at the end of the burst in which they came. So is a command held
// that goes through all keys, or asks other nodes (errand.go): it runs beside the
// loops.
//
// Everything that a client can make the server hold is bounded: connections, the
// arguments of a command and their bytes, a line, the commands under way on a
// connection and their bytes, and over all connections the bytes of large commands
// and replies. Who is not known yet is bounded more narrowly. What is not read is
// not written: a connection with too much to send is not read from, and closed
// when its peer takes nothing.
//
// Where to read on: conn.go has a turn, reply.go where its replies are written, queue.go
// their order, parse.go the input, command.go what a command is, keyspace.go and
// cluster.go what the package needs. The commands are in cmd_*.go, and keywalk.go finds
// the keys for those that list them.
package resp
