"""A client of the daemon, written from Documentation/protocol.md alone, with PyNaCl."""
import base64
import hashlib
import http.client
import json
import os
import time
import urllib.parse

from nacl.public import Box, PrivateKey, PublicKey


def key_id(public):
    return hashlib.blake2b(bytes(public), digest_size=32).digest()[:8]


def seal(box, message):
    return bytes(box.encrypt(message, os.urandom(24)))


def text(payload):
    return b"ENC[NACL," + base64.b64encode(payload) + b"]"


def untext(envelope):
    assert envelope.startswith(b"ENC[NACL,") and envelope.endswith(b"]"), envelope
    return base64.b64decode(envelope[9:-1])


class Client:
    def __init__(self, port, setup, deploy="deploy", service="service"):
        self.port = port
        self.master = PublicKey(base64.b64decode(setup["master"]))
        keys = [setup["keys"][name] for name in (deploy, service) if name]
        self.boxes = [Box(PrivateKey(base64.b64decode(key)), self.master) for key in keys]
        self.claim = setup["claim"]

    def post(self, path, body, kind, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, body, {"Content-Type": kind, **(headers or {})})
        response = connection.getresponse()
        answer = response.status, response.read(), dict(response.getheaders())
        connection.close()
        return answer

    # Version 1: one secret, in JSON, in a box of the service key inside one of the deploy key, as text.

    def form_v1(self, envelope, claim=None, inner=None):
        app, version, task = inner or claim or self.claim
        message = json.dumps(
            {"AppID": app, "AppVersion": version, "TaskID": task, "RequestedSecret": envelope}).encode()
        for box in reversed(self.boxes):
            message = text(seal(box, message))
        app, version, task = claim or self.claim
        return urllib.parse.urlencode(
            {"appid": app, "appversion": version, "taskid": task, "envelope": message}).encode()

    def v1(self, envelope, **changes):
        status, body, headers = self.post(
            "/v1/decrypt", self.form_v1(envelope, **changes), "application/x-www-form-urlencoded")
        if status != 200:
            return status, body.decode(), headers
        for box in self.boxes:
            body = box.decrypt(untext(body))
        return status, base64.b64decode(json.loads(body)["PlaintextSecret"]), headers

    # Version 2: many secrets, with a time and a nonce, answered to a key that is used once.

    def request_v2(self, secrets, claim=None, inner=None, now=None, nonce=None, master=None):
        def texts(claim):
            return b"".join(len(part.encode()).to_bytes(2, "big") + part.encode() for part in claim)

        reply = PrivateKey.generate()
        nonce = nonce or os.urandom(24)
        now = int(time.time() * 1000) if now is None else now
        message = b"secretary/request/2" + texts(inner or claim or self.claim)
        message += now.to_bytes(8, "big") + nonce + bytes(reply.public_key) + len(secrets).to_bytes(2, "big")
        for name, envelope in secrets:
            name, envelope = (name or "").encode(), envelope.encode()
            message += len(name).to_bytes(2, "big") + name + len(envelope).to_bytes(4, "big") + envelope
        for box in reversed(self.boxes):
            message = seal(box, message)
        return (master or key_id(self.master)) + texts(claim or self.claim) + message, reply, nonce

    def v2(self, secrets, **changes):
        body, reply, nonce = self.request_v2(secrets, **changes)
        status, body, headers = self.post("/v2/decrypt", body, "application/octet-stream")
        if status != 200:
            return status, body.decode(), headers
        return status, self.answer_v2(body, reply, nonce), headers

    def answer_v2(self, body, reply, nonce):
        message = Box(reply, self.master).decrypt(body)
        label = b"secretary/answer/2"
        assert message.startswith(label)
        message = message[len(label):]
        assert message[:24] == nonce
        count, message = int.from_bytes(message[24:26], "big"), message[26:]
        entries = []
        for _ in range(count):
            size = int.from_bytes(message[1:5], "big")
            entries.append((message[0], message[5:5 + size]))
            message = message[5 + size:]
        assert message == b""
        return entries
