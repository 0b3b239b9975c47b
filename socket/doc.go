// Package socket is what pikv asks of a TCP socket beyond package net: to say
// which flag to change when a port is taken (Listen), to get over a want of file
// descriptors (Accept), to read and write at less cost (NewReader, TryWriter), to
// be woken less often (Threshold), to break when the peer has gone without a word
// (DetectDeadPeer), to leave room on the link for others (Pace) and in the kernel's memory
// (LimitUnsent), and to tell what the peer has not acknowledged (Queued).
//
// A system that cannot do one of these does without, and a connection that is no
// socket is used as it is: callers need not ask which they have.
package socket
