"""Writes and reads through redis-py's RedisCluster and checks each answer.

argv: host:port of nodes. On stdin "report" asks for a line "acked failed wrong",
"finish" ends the load, checks every key once more and prints the same line, then
what was wrong.
"""
import sys
import threading
import time

from redis.cluster import ClusterNode, RedisCluster

WRITERS, KEYS = 4, 25
nodes = [ClusterNode(*a.rsplit(":", 1)) for a in sys.argv[1:]]
client = RedisCluster(startup_nodes=nodes, cluster_error_retry_attempts=30, socket_timeout=5)
lock = threading.Lock()
acked_count, failures, wrong = 0, [], []
acked, tried = {}, {}
stopped = threading.Event()


def after_the_move(call):
    """Repeats a call that was only sent to and fro: while a partition changes hands
    its old primary and its new one may each name the other, until both have the
    view. The client follows that 16 times without a pause."""
    end = time.time() + 30
    while True:
        try:
            return call()
        except Exception as e:
            sent_on = any(word in repr(e) for word in ("MOVED", "MovedError", "TRYAGAIN", "TryAgainError", "TTL exhausted"))
            if not sent_on or time.time() > end:
                raise
            time.sleep(0.001)


def check(key):
    value = after_the_move(lambda: client.get(key))
    n = 0 if value is None else int(value)
    if not acked.get(key, 0) <= n <= tried.get(key, 0):
        with lock:
            wrong.append(f"{key} is {value}, acknowledged {acked.get(key, 0)}, tried {tried.get(key, 0)}")


def write(w):
    global acked_count
    i = 0
    while not stopped.is_set():
        i += 1
        key = f"py:{w}:{i % KEYS}"
        tried[key] = tried.get(key, 0) + 1
        try:
            if after_the_move(lambda: client.set(key, tried[key])):
                acked[key] = tried[key]
                with lock:
                    acked_count += 1
            check(key)
        except Exception as e:
            with lock:
                failures.append(repr(e))
            time.sleep(0.01)  # a client that is refused at once pauses
        stopped.wait(0.001)  # or it leaves the nodes no processor


def report():
    with lock:
        print(acked_count, len(failures), len(wrong), flush=True)


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
for line in wrong + failures[-3:]:
    print(line)
