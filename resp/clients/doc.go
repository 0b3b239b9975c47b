// Package clients has nothing but tests: programs and libraries that others wrote for
// Redis Cluster - redis-cli, redis-benchmark, redis-py, go-redis - are pointed at a
// cluster, also while a worker joins it and while one dies. No answer may be wrong
// and no acknowledged write lost. In hand/ is what no test runs: the clients of Node.js.
package clients
