#!/bin/sh
# Tries a client of Node.js against a cluster of this machine, by hand: no test needs Node.js.
#   resp/clients/hand/run.sh ioredis|node-redis
# Needs Go, node and, unless NODE_PATH says where both clients are, npm. Three workers with
# two copies are started, and nodejs.js kills the second.
set -eu
client=$1
cd "$(dirname "$0")"
dir=$(mktemp -d)
nodes=
trap 'kill $nodes 2>/dev/null || :; wait; rm -rf "$dir"' EXIT
go build -o "$dir/pikvd" ../../../cmd/pikvd
if [ -z "${NODE_PATH:-}" ]; then
  npm install --silent --prefix "$dir" ioredis@6.0.0 redis@6.3.1
  export NODE_PATH="$dir/node_modules"
fi
"$dir/pikvd" start --role master --name m --data-dir "$dir/m" --replicas 2 --bind 127.0.0.1 \
  --rpc-port 19700 --resp-port 19379 --gossip-port 19946 >"$dir/log" 2>&1 & nodes=$!
for i in 1 2 3; do
  "$dir/pikvd" start --role worker --name w$i --join 127.0.0.1:19946 --bind 127.0.0.1 \
    --rpc-port 1970$i --resp-port 1938$i --gossip-port 0 --max-memory 256MB >>"$dir/log" 2>&1 &
  nodes="$nodes $!"
  [ $i -ne 2 ] || victim=$!
done
node nodejs.js "$client" "$victim"
