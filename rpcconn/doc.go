// Package rpcconn is the sending half of a MessagePack-RPC connection, which its
// two ends have in common: an Outbox, through which frames of many goroutines
// leave in few writes, and Bursts, by which the outboxes of a node wait for each
// other's readers, so that what these produce from one read leaves together.
//
// A frame travels through an Outbox like this. Append (or Offer) adds it to
// the chunk of frames that wait. The chunk is written by whoever owns the
// socket: the goroutine that asks for it (Flush, Uncork, the end of a burst), as
// long as the socket takes the bytes at once, or else the goroutine that runs
// Run, which waits for the socket. Frames that are appended meanwhile gather in
// the next chunk and leave together. Of a frame that Lend adds the greatest part
// stays where it is; it is given back when it is sent.
package rpcconn
