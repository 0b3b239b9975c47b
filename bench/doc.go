// Package bench runs a workload against a cluster and measures it.
//
// A request's life: the callers of a Bench, as many as Workload.Clients, take
// request numbers from one counter. The number and the seed alone decide what
// the request does, to which key and with a value of which size, so that a
// workload is the same in every run, whoever gets which number; only workloads
// that insert keys depend on how far they have come. The caller makes the request
// and records its latency in a histogram; the histograms are merged into a
// Result, which prints as text for people and as JSON for machines.
//
// A Bench has up to three phases: Load writes every key, WarmUp makes requests
// that do not count, Run those that do. Keys are chosen evenly, or as YCSB does,
// and YCSB's workloads A, B, C, D and F can be had by name. E, which scans
// ranges of keys, cannot: pikv has no order among keys.
//
// An error is what the client returns after its own retries.
package bench
