"""Opens many connections on which nothing, or too little, happens, and asks as an honest client meanwhile.

Standard input: as of exchange.py, and "count". Prints JSON: what the honest client saw, and what became of the others.
"""
import json
import resource
import socket
import sys
import time

from client import Client

setup = json.load(sys.stdin)
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
port, own = setup["port"], setup["own"]
client = Client(port, setup)

BEGINNINGS = [
    b"",  # says nothing at all
    b"POST /v1/decrypt HTTP/1.1\r\nHost: x\r\nX-A: ",  # a head that does not end
    b"POST /v1/decrypt HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nappid=",  # a body that does not end
]
connections = []
for number in range(setup["count"]):
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(BEGINNINGS[number % len(BEGINNINGS)])
    connections.append(connection)


def ask():
    begun = time.monotonic()
    return client.v1(own)[0], time.monotonic() - begun


answers = [ask() for _ in range(50)]
# Drops of water: one byte now and then must not keep a connection for ever.
dripping = connections[:6]
deadline = time.monotonic() + setup["patience"]
closed = set()
while time.monotonic() < deadline and len(closed) < len(dripping):
    for connection in dripping:
        try:
            connection.settimeout(0.02)
            connection.sendall(b"a" if dripping.index(connection) % 3 else b"")
            if connection.recv(1) == b"":
                closed.add(connection)
        except socket.timeout:
            pass
        except OSError:
            closed.add(connection)
ended = 0
for connection in connections:
    connection.settimeout(setup["patience"])
    try:
        ended += connection.recv(1) == b""
    except ConnectionError:
        ended += 1
    except socket.timeout:
        pass
answers.append(ask())
json.dump(
    {
        "statuses": sorted({status for status, _ in answers}), "slowest": max(seconds for _, seconds in answers),
        "dripping": len(closed), "ended": ended,
    },
    sys.stdout)
