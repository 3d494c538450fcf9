"""The other side of the interoperability tests: envelopes made and opened by pyhpke and PyNaCl.

Reads a JSON array of requests from standard input, writes a JSON array of answers to standard output. Written from the
description of the formats, with no code of Secretary.

{"do": "seal", "type": "HPKE" or "NACL", "master": public, "config": private, "scope": text, "plaintext": bytes} -> envelope
{"do": "open", "master": private, "config": public, "envelope": text} -> {"scope": text, "plaintext": bytes}
Keys and bytes are base64.
"""

import base64
import hashlib
import json
import sys

import nacl.public
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

INFO = b"secretary/hpke/1"
SUITE = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)


def private_key(text):
    return X25519PrivateKey.from_private_bytes(base64.b64decode(text))


def public_key(text):
    return X25519PublicKey.from_public_bytes(base64.b64decode(text))


def key_id(public):
    return hashlib.blake2b(public.public_bytes_raw(), digest_size=32).digest()[:8]


def kem_key(key):
    return KEMKey.from_pyca_cryptography_key(key)


def seal_hpke(master, config, scope, plaintext):
    header = b"\x01" + key_id(master) + key_id(config.public_key()) + bytes([len(scope)]) + scope
    encapsulated, context = SUITE.create_sender_context(kem_key(master), info=INFO, sks=kem_key(config))
    return header + encapsulated + context.seal(plaintext, aad=header)


def open_hpke(master, config, payload):
    scope = payload[18 : 18 + payload[17]]
    header, rest = payload[: 18 + len(scope)], payload[18 + len(scope) :]
    if header[:17] != b"\x01" + key_id(master.public_key()) + key_id(config):
        raise ValueError("other keys")
    context = SUITE.create_recipient_context(rest[:32], kem_key(master), info=INFO, pks=kem_key(config))
    return scope, context.open(rest[32:], aad=header)


def nacl_box(private, public):
    return nacl.public.Box(
        nacl.public.PrivateKey(private.private_bytes_raw()), nacl.public.PublicKey(public.public_bytes_raw())
    )


def answer(request):
    if request["do"] == "seal":
        master, config = public_key(request["master"]), private_key(request["config"])
        plaintext = base64.b64decode(request["plaintext"])
        if request["type"] == "HPKE":
            payload = seal_hpke(master, config, request["scope"].encode(), plaintext)
        else:
            payload = bytes(nacl_box(config, master).encrypt(plaintext))
        return "ENC[%s,%s]" % (request["type"], base64.b64encode(payload).decode())
    master, config = private_key(request["master"]), public_key(request["config"])
    kind, text = request["envelope"][4:-1].split(",")
    payload = base64.b64decode(text, validate=True)
    if kind == "HPKE":
        scope, plaintext = open_hpke(master, config, payload)
    else:
        scope, plaintext = b"", nacl_box(master, config).decrypt(payload)
    return {"scope": scope.decode(), "plaintext": base64.b64encode(plaintext).decode()}


json.dump([answer(request) for request in json.load(sys.stdin)], sys.stdout)
