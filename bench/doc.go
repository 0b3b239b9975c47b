// Package bench runs a workload against a cluster and measures it.
//
// A request's life: Run's callers, as many as Workload.Clients, take request
// numbers from one counter. The number and the seed alone decide whether the
// request reads or writes and which key, so that a workload is the same in
// every run, whoever gets which number. The caller makes the request and
// records its latency in a histogram; the histograms are merged into a Result,
// which prints as text for people and as JSON for machines.
//
// An error is what the client returns after its own retries.
package bench
