"""Sends what no honest client sends, and prints for each attempt its name and the status that came back, as JSON.

Standard input: {"port", "master", "keys", "claim", "otherClaim", "endedClaim", "own", "foreign", "misnamed", "unlisted"}.
Everything that came back is written to the file named by the only argument, for those who look for secrets in it.
"""
import json
import os
import socket
import sys
import time
import urllib.parse

from client import Client, seal, text

setup = json.load(sys.stdin)
port = setup["port"]
claim, other, ended = setup["claim"], setup["otherClaim"], setup["endedClaim"]
own = setup["own"]
client = Client(port, setup)
log = open(sys.argv[1], "wb")
results = {}

FORM = "application/x-www-form-urlencoded"


def note(name, status, body):
    results[name] = status
    if status == 200 and isinstance(body, bytes):
        return  # what the client has opened; it came sealed
    log.write(f"{name}: {status}\n".encode() + (body if isinstance(body, bytes) else str(body).encode()) + b"\n")


def raw(name, request, wait=30):
    """What comes back until the daemon closes or answers; 0 when it closes without a word."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        try:
            connection.sendall(request)
            answer = connection.recv(65536)
        except (ConnectionError, socket.timeout) as error:
            return note(name, 0, repr(error))
        note(name, int(answer.split(b" ", 2)[1]) if answer else 0, answer)


def form(name, fields, kind=FORM):
    body = urllib.parse.urlencode(fields).encode() if isinstance(fields, dict) else fields
    note(name, *client.post("/v1/decrypt", body, kind)[:2])


def v1(name, caller=client, envelope=own, **changes):
    note(name, *caller.v1(envelope, **changes)[:2])


def v2(name, caller=client, secrets=None, **changes):
    status, answer, _ = caller.v2(secrets or [("OWN", own)], **changes)
    if status == 200:
        # What became of each secret says more.
        note(name, "/".join(str(entry) for entry, _ in answer), repr([body for entry, body in answer if entry]))
    else:
        note(name, status, answer)


def head(path, size, kind=FORM):
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n".encode()


fields = dict(urllib.parse.parse_qsl(client.form_v1(own).decode()))

# Forms
form("v1 empty", b"")
form("v1 without appid", {k: v for k, v in fields.items() if k != "appid"})
form("v1 empty taskid", {**fields, "taskid": ""})
form("v1 broken percent", b"appid=%zz&appversion=1&taskid=1&envelope=1")
form("v1 not UTF-8", b"appid=%ff&appversion=1&taskid=1&envelope=1")
form("v1 binary", bytes(range(1, 36)) * 20)
form("v1 no envelope", {**fields, "envelope": "hello"})
form("v1 envelope cut off", {**fields, "envelope": fields["envelope"][:-20] + "]"})
form("v1 huge appid", {**fields, "appid": "/" + "a" * 100_000})
form("v1 relative appid", {**fields, "appid": "prod/shop/web"})
form("v1 path tricks", {**fields, "appid": "/prod/shop/../shop/web"})
form("v1 NUL in appid", {**fields, "appid": "/prod/shop/web\0"})
raw("v1 GET", b"GET /v1/decrypt HTTP/1.1\r\nHost: x\r\n\r\n")
raw("v1 PUT", b"PUT /v1/decrypt HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")

# Keys, layer by layer
nobody = Client(port, setup, deploy="stranger", service="stranger")
v1("v1 wrong deploy key", Client(port, setup, deploy="stranger"))
v1("v1 wrong service key", Client(port, setup, service="stranger"))
v1("v1 without service key", Client(port, setup, service=None))
v1("v1 boxes swapped", Client(port, setup, deploy="service", service="deploy"))
v2("v2 wrong deploy key", Client(port, setup, deploy="stranger"))
v2("v2 wrong service key", Client(port, setup, service="stranger"))
v2("v2 without service key", Client(port, setup, service=None))
v2("v2 unknown master key", master=b"\0" * 8)

# Who it is
v1("v1 other task outside", claim=other)
v1("v1 other task inside", inner=other)
v1("v1 other task on both", claim=other, inner=other)
v1("v1 ended task", claim=ended)
v1("v1 nobody", nobody)
v2("v2 other task inside", inner=other)
v2("v2 other task on both", claim=other, inner=other)
v2("v2 ended task", claim=ended)

# What it may have
v1("v1 envelope of another scope", envelope=setup["foreign"])
v1("v1 envelope that is not its own", envelope=setup["unlisted"])
v1("v1 a request as the secret", envelope=fields["envelope"])
v1("v1 no secret", envelope="")
v1("v1 two secrets", envelope=own + own)
v2("v2 mixed", secrets=[("OWN", own), ("X", setup["foreign"]), ("Y", setup["misnamed"]), ("Z", "text"),
                        ("U", setup["unlisted"]), ("C", own[:-12] + "AAAAAAAA" + own[-4:])])

# Time and nonces
nonce = os.urandom(24)
v2("v2 first", nonce=nonce)
v2("v2 same nonce again", nonce=nonce)
body, _, _ = client.request_v2([("OWN", own)])
note("v2 sent once", *client.post("/v2/decrypt", body, "application/octet-stream")[:2])
note("v2 replayed", *client.post("/v2/decrypt", body, "application/octet-stream")[:2])
v2("v2 stale", now=int(time.time() * 1000) - 120_000)
v2("v2 from the future", now=int(time.time() * 1000) + 120_000)
v2("v2 from 1970", now=0)
v2("v2 from the end of time", now=2**64 - 1)

# Layout
note("v2 empty", *client.post("/v2/decrypt", b"", "application/octet-stream")[:2])
note("v2 random", *client.post("/v2/decrypt", os.urandom(500), "application/octet-stream")[:2])
note("v2 cut off", *client.post("/v2/decrypt", body[:100], "application/octet-stream")[:2])
v2("v2 too many secrets", secrets=[("OWN", own)] * 65)
raw("v2 GET", b"GET /v2/decrypt HTTP/1.1\r\nHost: x\r\n\r\n")

# HTTP
raw("garbage", b"\x16\x03\x01\x02\x00" + os.urandom(300))
raw("huge head", b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n")
raw("many headers", b"GET /healthz HTTP/1.1\r\n" + b"a: b\r\n" * 5000 + b"\r\n")
raw("unknown path", b"GET /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n")
raw("path tricks", b"GET /v1/../metrics HTTP/1.1\r\nHost: x\r\n\r\n")
raw("negative length", head("/v1/decrypt", -1))
raw("two lengths", b"POST /v1/decrypt HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde")
raw("length and chunks",
    b"POST /v1/decrypt HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
raw("100 MB announced", head("/v1/decrypt", 100 << 20) + b"a" * 1000)
raw("100 MB in v2", head("/v2/decrypt", 100 << 20, "application/octet-stream") + b"a" * 1000)


def send_100_megabytes(name, start, block):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(start)
        answer = b""
        connection.settimeout(0)
        try:
            for _ in range((100 << 20) // (1 << 16)):
                connection.settimeout(60)
                connection.sendall(block)
        except ConnectionError:
            pass
        connection.settimeout(60)
        try:
            answer = connection.recv(65536)
        except ConnectionError:
            pass
        note(name, int(answer.split(b" ", 2)[1]) if answer else 0, answer)


send_100_megabytes("100 MB sent", head("/v1/decrypt", 100 << 20), b"a" * (1 << 16))
send_100_megabytes(
    "100 MB in chunks", b"POST /v1/decrypt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"10000\r\n" + b"a" * (1 << 16) + b"\r\n")

# After all that, an honest client is served.
v1("v1 honest")
v2("v2 honest")
json.dump(results, sys.stdout)
