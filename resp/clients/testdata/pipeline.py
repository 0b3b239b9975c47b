"""Sends one pipeline through redis-py: all of it is written before any reply is read.

argv: host:port of a node, how many commands, and the prefix of their keys. Prints how
many SETs were acknowledged, and how many of the values, read the same way, were right.
"""
import sys

import redis

node, many, prefix = sys.argv[1], int(sys.argv[2]), sys.argv[3]
host, port = node.rsplit(":", 1)
client = redis.Redis(host, int(port))


def pipelined(add):
    pipe = client.pipeline(transaction=False)
    for i in range(many):
        add(pipe, f"{prefix}{i}")
    return pipe.execute(raise_on_error=False)


value = b"v" * 100
acked = sum(reply is True for reply in pipelined(lambda pipe, key: pipe.set(key, value)))
right = sum(reply == 100 for reply in pipelined(lambda pipe, key: pipe.strlen(key)))
print(acked, right)
