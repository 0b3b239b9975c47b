"""Logs in through redis-py's RedisCluster, writes keys and reads them.

argv: host:port of a node, the user and the password ("" for none), a value, and keys.
What it is refused with is printed; nothing when all went well.
"""
import sys

from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisError, RedisClusterException

node, user, password, value, *keys = sys.argv[1:]
try:
    client = RedisCluster(startup_nodes=[ClusterNode(*node.rsplit(":", 1))], username=user or None, password=password or None)
    for key in keys:
        assert client.set(key, value)
        assert client.get(key) == value.encode()
except (RedisError, RedisClusterException) as e:
    while e is not None:  # what the library made of it, and what it was told
        print(repr(e))
        e = e.__cause__ or e.__context__
