"""Asks for a secret again and again on several kept connections, until a file is there or the daemon ends.

Standard input: as of exchange.py, and "clients", "seconds", "stop" (a path). Prints JSON: how often each status came, how
often an answer was not the secret, and how many requests got no answer although they were sent on a new connection.
"""
import http.client
import json
import os
import sys
import threading
import time
from collections import Counter

from client import Client

setup = json.load(sys.stdin)
statuses, lock = Counter(), threading.Lock()
wrong, lost = 0, 0
end = time.monotonic() + setup["seconds"]


def work():
    global wrong, lost
    client = Client(setup["port"], setup)
    connection, isFresh = None, True
    while time.monotonic() < end and not os.path.exists(setup["stop"]):
        body, reply, nonce = client.request_v2([("OWN", setup["own"])])
        if connection is None:
            connection, isFresh = http.client.HTTPConnection("127.0.0.1", setup["port"], timeout=120), True
        try:
            connection.request("POST", "/v2/decrypt", body, {"Content-Type": "application/octet-stream"})
            response = connection.getresponse()
            answer = response.read()
        except ConnectionRefusedError:
            return  # it listens no more: there was nothing to lose
        except (OSError, http.client.HTTPException):
            connection.close()
            connection = None
            if isFresh:
                with lock:
                    lost += 1
            continue
        isFresh = False
        with lock:
            statuses[response.status] += 1
            if response.status == 200 and client.answer_v2(answer, reply, nonce) != [(0, setup["plaintext"].encode())]:
                wrong += 1
        if response.getheader("Connection") == "close":
            return connection.close()  # it is going to end: whoever comes now should go elsewhere


threads = [threading.Thread(target=work) for _ in range(setup["clients"])]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
json.dump({"statuses": {str(key): value for key, value in statuses.items()}, "wrong": wrong, "lost": lost}, sys.stdout)
