"""Writes and reads through redis-py's RedisCluster and checks each answer.

argv: host:port of nodes. On stdin "report" asks for a line "acked failed wrong gave_up",
"finish" ends the load, checks every key once more and prints the same line, then
what was wrong.
"""
import sys
import threading
import time

from redis.cluster import ClusterNode, RedisCluster

WRITERS, KEYS = 4, 25
nodes = [ClusterNode(*a.rsplit(":", 1)) for a in sys.argv[1:]]
client = RedisCluster(startup_nodes=nodes)  # as docs/REDIS.md shows it
lock = threading.Lock()
acked_count, failures, gave_up, wrong = 0, [], [], []
acked, tried, seen = {}, {}, {}  # by key; each has one writer, which alone reads it
stopped = threading.Event()


def fail(e):
    """Counts a call that came back with an error. One that was sent to and fro, or told
    to come again, as often as the client puts up with was not done, and no schedule
    rules it out."""
    with lock:
        sent_on = any(word in repr(e) for word in ("TTL exhausted", "MovedError", "TryAgainError"))
        (gave_up if sent_on else failures).append(repr(e))


def check(key):
    """Reads a key: what was acknowledged, or read before, or something newer."""
    value = client.get(key)
    n = 0 if value is None else int(value)
    before = seen.get(key, 0)
    if not max(acked.get(key, 0), before) <= n <= tried.get(key, 0):
        with lock:
            wrong.append(f"{key} is {value}, acknowledged {acked.get(key, 0)}, read before {before}, tried {tried.get(key, 0)}")
    seen[key] = max(before, n)


def write(w):
    global acked_count
    i = 0
    while not stopped.is_set():
        i += 1
        key = f"py:{w}:{i % KEYS}"
        tried[key] = tried.get(key, 0) + 1
        try:
            if client.set(key, tried[key]):
                acked[key] = tried[key]
                with lock:
                    acked_count += 1
            check(key)
        except Exception as e:
            fail(e)
            time.sleep(0.01)  # a client that is refused at once pauses
        stopped.wait(0.001)  # or it leaves the nodes no processor


def report():
    with lock:
        print(acked_count, len(failures), len(wrong), len(gave_up), flush=True)


threads = [threading.Thread(target=write, args=(w,), daemon=True) for w in range(WRITERS)]
for t in threads:
    t.start()
for line in sys.stdin:
    if line.strip() == "report":
        report()
    elif line.strip() == "finish":
        break
stopped.set()
for t in threads:
    t.join()
end = time.time() + 60
for key in tried:
    while True:
        try:
            check(key)
            break
        except Exception:
            if time.time() > end:
                raise
            time.sleep(0.01)
report()
for line in wrong + failures[-3:] + gave_up[-3:]:
    print(line)
