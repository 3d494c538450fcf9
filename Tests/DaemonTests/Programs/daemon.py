"""A daemon with PyNaCl, written from Documentation/protocol.md alone.

daemon.py SETTINGS: serves on a free port of the loopback and prints the port. SETTINGS is JSON: "master" and "config" keys, "tasks"
with claim, public keys and the envelopes that they may have, "knows" [1, 2]. Ends with its standard input.

Tests change what it does with "POST /set" and a JSON object that is put into its settings, and ask with "GET /seen" what it was asked.
"fault" makes it misbehave, after "good" requests: see FAULTS, ERRORS.
"""

import base64
import hashlib
import http.server
import json
import struct
import sys
import threading
import time
import urllib.parse

from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey

settings = json.loads(sys.argv[1])
seen = {"v1": 0, "v2": 0, "secrets": 0, "names": [], "connections": 0}
nonces = set()
last = {}


def private(text):
    return PrivateKey(base64.b64decode(text))


def public(text):
    return PublicKey(base64.b64decode(text))


master = private(settings["master"])


def seal(key, other, message):
    return bytes(Box(key, other).encrypt(message))


def unseal(key, other, box):
    return Box(key, other).decrypt(box)


def as_text(box):
    return b"ENC[NACL," + base64.b64encode(box) + b"]"


def of_text(text):
    if not text.startswith(b"ENC[NACL,") or not text.endswith(b"]"):
        raise ValueError("not a box")
    return base64.b64decode(text[9:-1])


class Failed(Exception):
    def __init__(self, status, text):
        self.status, self.text = status, text


def find(app, version, task):
    for known in settings["tasks"]:
        if known["claim"] == [app, version, task]:
            return known
    return None


def open_envelope(text):
    # The tests ask for NACL envelopes only.
    return unseal(master, public(settings["config"]), of_text(text.encode()))


# Version 1


def decrypt_v1(body):
    fields = dict(reversed(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)))
    wanted = [fields.get(name, "") for name in ("appid", "appversion", "taskid", "envelope")]
    if not all(wanted):
        raise Failed(400, "Expected parameters {appid, appversion, taskid, envelope}")
    task = find(*wanted[:3])
    if task is None:
        raise Failed(500, "Given taskId is not running (bug or hacking attempt?)")
    keys = [public(task["deploy"])] + ([public(task["service"])] if task["service"] else [])
    message = wanted[3].encode()
    for key in keys:
        try:
            message = unseal(master, key, of_text(message))
        except (CryptoError, ValueError):
            raise Failed(400, "Failed to authenticate/decrypt request using a key (hacking attempt?)")
    request = json.loads(message)
    if [request["AppID"], request["AppVersion"], request["TaskID"]] != wanted[:3]:
        raise Failed(400, "Given appid,appversion,taskid doesn't correspond to HTTP request params")
    if request["RequestedSecret"] not in task["allowed"]:
        raise Failed(401, "Given secret isn't part of app config (bug or hacking attempt?)")
    try:
        plaintext = open_envelope(request["RequestedSecret"])
    except CryptoError:
        raise Failed(400, "Failed to decrypt plaintext secret, incorrect config or master key?")
    answer = json.dumps({"PlaintextSecret": base64.b64encode(plaintext).decode()}).encode()
    fault = settings.get("fault")
    if fault == "reflect":
        return wanted[3].encode()
    if fault == "no secret":
        answer = b'{"Plaintext":"aHVudGVyMg=="}'
    if fault == "another size":
        answer = json.dumps({"PlaintextSecret": base64.b64encode(plaintext + b"!").decode()}).encode()
    if fault == "not base64":
        answer = b'{"PlaintextSecret":"' + b"?" * len(base64.b64encode(plaintext)) + b'"}'
    if fault == "escapes":
        # Any JSON does: white space, and every character as an escape.
        text = base64.b64encode(plaintext).decode()
        answer = ('\n{ "PlaintextSecret" :\t"' + "".join("\\u%04X" % ord(c) for c in text) + '" }\r\n').encode()
    sealer = PrivateKey.generate() if fault == "another master key" else master
    for key in reversed(keys):
        answer = as_text(seal(sealer, key, answer))
    return answer


# Version 2


class Reader:
    def __init__(self, message):
        self.message, self.position = message, 0

    def take(self, count):
        piece = self.message[self.position : self.position + count]
        if len(piece) < count:
            raise Failed(400, "malformed: cut off")
        self.position += count
        return piece

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def text(self, width):
        return self.take(self.number(width))

    def rest(self):
        return self.take(len(self.message) - self.position)


def key_id(key):
    return hashlib.blake2b(bytes(key), digest_size=32).digest()[:8]


def secret_v2(task, name, envelope):
    try:
        if not envelope.startswith("ENC["):
            return 3, b"not an envelope"
        if envelope not in task["allowed"]:
            return 1, b"no rule allows it"
        if name in settings.get("denied names", []):
            return 1, b"not under this name"
        if name in settings.get("unavailable names", []):
            return 4, b"the key service does not answer"
        return 0, open_envelope(envelope)
    except CryptoError:
        return 2, b"no key opens it"


def decrypt_v2(body):
    outside = Reader(body)
    if outside.take(8) != key_id(master.public_key):
        raise Failed(401, "wrong-key: another master key")
    claim = [outside.text(2).decode() for _ in range(3)]
    task = find(*claim)
    if task is None:
        raise Failed(403, "not-running: no such task")
    message = outside.rest()
    for key in [task["deploy"]] + ([task["service"]] if task["service"] else []):
        try:
            message = unseal(master, public(key), message)
        except (CryptoError, ValueError):
            raise Failed(401, "wrong-key: a box does not open")
    inside = Reader(message)
    if inside.take(19) != b"secretary/request/2":
        raise Failed(400, "malformed: not a request")
    if [inside.text(2).decode() for _ in range(3)] != claim:
        raise Failed(403, "denied: another claim inside")
    if abs(inside.number(8) / 1000 - time.time() - settings.get("clock", 0)) > 60:
        raise Failed(403, "clock: this is another time")
    nonce = inside.take(24)
    if nonce in nonces:
        raise Failed(409, "replayed: the nonce is known")
    nonces.add(nonce)
    reply = PublicKey(inside.take(32))
    count = inside.number(2)
    if count > settings.get("limit", 1000):
        raise Failed(413, "too-large: too many secrets")
    answers = []
    for _ in range(count):
        name, envelope = inside.text(2).decode(), inside.text(4).decode()
        seen["names"].append(name)
        seen["secrets"] += 1
        answers.append(secret_v2(task, name, envelope))
    if inside.position != len(message):
        raise Failed(400, "malformed: something follows")
    fault = settings.get("fault")
    if fault == "another nonce":
        nonce = bytes(24)
    if fault == "another number":
        answers = answers[:-1]
    if fault == "another size":
        answers = [(status, text + b"!") for status, text in answers]
    if fault == "unknown status":
        answers = [(99, b"\x1b[31mred\nlines" + b"!" * 500) for _ in answers]
    answer = (b"secretary/request/2" if fault == "another label" else b"secretary/answer/2") + nonce
    answer += struct.pack(">H", len(answers))
    for status, text in answers:
        answer += struct.pack(">BI", status, len(text)) + text
    if fault == "something more":
        answer += b"\0"
    if fault == "cut off inside":
        answer = answer[:-1]
    if fault == "reply key of somebody else":
        reply = PrivateKey.generate().public_key
    box = seal(PrivateKey.generate() if fault == "another master key" else master, reply, answer)
    if fault == "changed":
        box = box[:-1] + bytes([box[-1] ^ 1])
    if fault == "repeated answer" and "answer" in last:
        return last["answer"]
    last["answer"] = box
    return box


# HTTP

FAULTS = {"hang", "close", "truncated", "huge", "not http", "empty", "no whole head"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers would wait for the acknowledgement of their heads.
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self):
        super().setup()
        seen["connections"] += 1

    def log_message(self, *_):
        pass

    def reply(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/seen":
            self.reply(200, json.dumps(seen).encode(), "application/json")
        elif self.path == "/v1/status":
            self.reply(200, b'{"Status":"OK"}')
        elif self.path == "/v1/decrypt":
            self.reply(405, b"Expected POST method\n")
        else:
            self.reply(404, b"404 page not found\n")

    def misbehave(self, fault):
        self.close_connection = True
        if fault == "hang":
            while settings.get("fault") == "hang":
                time.sleep(0.02)
        elif fault == "not http":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        elif fault == "empty":
            self.reply(200, b"")
        elif fault == "no whole head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
        elif fault == "truncated":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 10)
        elif fault == "huge":
            self.send_response(200)
            self.send_header("Content-Length", str((1 << 63) - 1))
            self.end_headers()
            try:
                for _ in range(1 << 10):
                    self.wfile.write(b"x" * (1 << 16))
            except OSError:
                pass

    def reply_as(self, form, body):
        """Answers in other forms of HTTP/1.1 than one with a length."""
        self.send_response(200)
        if form == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:5], body[5:])) + b"0\r\n\r\n"
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/set":
            settings.update(json.loads(body))
            return self.reply(200, b"")
        version = {"/v1/decrypt": 1, "/v2/decrypt": 2}.get(self.path)
        if version not in settings["knows"]:
            return self.reply(404, b"404 page not found\n")
        seen["v%d" % version] += 1
        fault = settings.get("fault") if seen["v1"] + seen["v2"] > settings.get("good", 0) else None
        if settings.get("fault once"):
            settings["fault"] = None
        if fault == "old version" and self.request_version == "HTTP/1.0":
            return self.reply(426, b"")
        if fault in FAULTS:
            return self.misbehave(fault)
        if settings.get("error"):
            status, text = settings["error"]
            if settings.get("fault once"):
                settings["error"] = None
            return self.reply(status, text.encode())
        try:
            kind = "application/x-www-form-urlencoded" if version == 1 else "application/octet-stream"
            if self.headers["Content-Type"] != kind:
                raise Failed(415, "Expected " + kind)
            answer = decrypt_v1(body) if version == 1 else decrypt_v2(body)
            if fault in ("chunked", "no length"):
                self.reply_as(fault, answer)
            else:
                self.reply(200, answer, "application/octet-stream")
        except Failed as failed:
            self.reply(failed.status, failed.text.encode() + b"\n")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
