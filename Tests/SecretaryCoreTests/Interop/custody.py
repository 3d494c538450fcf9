"""Puts a private key together from shares, or unlocks it with a passphrase; written from Documentation/keys.md alone.

custody.py combine shares.json (SHARE OPERATOR-KEY)...    keys in base64
custody.py unlock LOCKED-KEY PASSPHRASE

Prints the private key in base64, or says what is wrong and exits 1.
"""

import base64
import hashlib
import json
import sys

import nacl.bindings
import nacl.public
import nacl.pwhash


def armoured(path, label):
    lines = open(path, encoding="utf-8").read().splitlines()
    begin, end = lines.index(f"-----BEGIN {label}-----"), lines.index(f"-----END {label}-----")
    return base64.b64decode("".join(line for line in lines[begin + 1 : end] if ":" not in line))


# GF(256) by logarithms, to base 3: another way than the one under test.
EXP, LOG = [0] * 255, [0] * 256
value = 1
for power in range(255):
    EXP[power], LOG[value] = value, power
    value ^= (value << 1) ^ (0x11B if value & 0x80 else 0)


def product(left, right):
    return EXP[(LOG[left] + LOG[right]) % 255] if left and right else 0


def quotient(left, right):
    return EXP[(LOG[left] - LOG[right]) % 255] if left else 0


def share(path, key):
    box = armoured(path, "SECRETARY KEY SHARE")
    opened = nacl.public.SealedBox(nacl.public.PrivateKey(base64.b64decode(key))).decrypt(box)
    assert len(opened) == 68 and opened[0] == 1, "not a share"
    check = hashlib.blake2b(opened[:52], key=b"secretary/share/1", digest_size=16).digest()
    assert opened[52:] == check, "damaged"
    return opened


def combine(set_path, *rest):
    manifest = json.load(open(set_path, encoding="utf-8"))
    digests = {entry["number"]: entry["digest"] for entry in manifest["shares"]}
    points = {}
    for path, key in zip(rest[::2], rest[1::2]):
        opened = share(path, key)
        assert opened[1:9].hex() == manifest["set"], "a share of another set"
        number = opened[19]
        assert hashlib.blake2b(opened, digest_size=32).hexdigest() == digests[number], "a false share"
        assert opened[17] == manifest["threshold"] and opened[18] == len(digests), "numbers that differ"
        points[number] = opened[20:52]
    assert len(points) >= manifest["threshold"], "not enough shares"
    secret = bytearray(32)
    for number, values in points.items():
        weight = 1
        for other in points:
            if other != number:
                weight = product(weight, quotient(other, other ^ number))
        for index, byte in enumerate(values):
            secret[index] ^= product(byte, weight)
    public = nacl.bindings.crypto_scalarmult_base(bytes(secret))
    assert base64.b64encode(public).decode() == manifest["master_key"], "another key"
    return bytes(secret)


def unlock(path, passphrase):
    locked = armoured(path, "SECRETARY LOCKED KEY")
    assert len(locked) == 129 and locked[0] == 1, "not a locked key"
    passes, memory = int.from_bytes(locked[1:5], "big"), int.from_bytes(locked[5:9], "big")
    key = nacl.pwhash.argon2id.kdf(
        32, passphrase.encode(), locked[9:25], opslimit=passes, memlimit=memory * 1024
    )
    secret = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(locked[81:], locked[:57], locked[57:81], key)
    assert nacl.bindings.crypto_scalarmult_base(secret) == locked[25:57], "another key"
    return secret


try:
    action = {"combine": combine, "unlock": unlock}[sys.argv[1]]
    print(base64.b64encode(action(*sys.argv[2:])).decode())
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
