// Package inspect lets an operator look into a running node over HTTP: what the
// Go runtime measures, as one JSON object at /debug/metrics, and profiles for
// `go tool pprof` under /debug/pprof/.
//
// It is off unless asked for (pikvd start --debug-addr), belongs on loopback,
// and bounds its connections and the time that each may take. A request is
// answered by the handler of its path and leaves nothing behind.
package inspect
