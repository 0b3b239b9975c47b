// Package master is the coordinator's role: the one place that issues views.
//
// A master keeps a durable compare-and-set register: per partition its epoch,
// its primary and its in-sync replicas (keeper.go, viewfile.go; package
// register decides). It changes a partition only when an in-sync replica of
// that partition asks for it. What it does of its own accord is to write down
// who takes part, to begin a cluster, to take up the register again when its
// file is lost or too old (recover.go), and to give up what is lost if it was
// told to (onloss.go). Everything else that it wants is a suggestion to the
// worker that may ask (planner.go).
//
// Its loop (reconcile.go) looks at gossip, reports and the view, and does what
// is due. Its front door (serve_*.go) answers workers, clients and operators.
//
// A view's way: a worker calls Change; the handler hands the changes to the
// register, which gathers what is waiting, makes one new view of it, writes
// the file, publishes and only then answers; the long polls of View wake up
// and carry the difference to whoever asked.
//
// A request's way: a client that goes through the master (client.WithProxy)
// calls Put here; the handler passes it, with the name that a write has, to this
// process's own client, which goes to the owner like any other. A Get is relayed
// just as it came (relay.go), and is the client's only when that fails.
//
// Clients of Redis find a door here, too (redis.go), of package resp. It tells them which
// worker has which slot, and answers commands with MOVED (redis_elsewhere.go); with
// Config.RESPProxy it does what they ask by calls of the same client
// (redis_proxy.go), which know no group of keys.
package master
