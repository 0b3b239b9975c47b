// Package compare sends the same commands to two servers that speak Redis'
// protocol, and reports every reply that differs. The commands are a script, a
// text file: see Parse. The test sends testdata/commands.txt to redis-server and
// to a worker, in RESP2 and in RESP3.
package compare
