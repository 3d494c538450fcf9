"""Verifies an audit log with its FILE.key, or an auditor's private key in base64; written from Documentation/audit.md alone.

audit.py KEY FILE...: prints the number of records, or says what is wrong and exits 1. Knows no lost records.
"""

import base64
import hashlib
import json
import sys

import nacl.public
import nacl.signing


def digest(message, key=b""):
    return hashlib.blake2b(message, key=key, digest_size=32).digest()


def first_key(text, header):
    if text.startswith("secretary-audit-key"):
        key = next(bytes.fromhex(line.split()[2]) for line in text.splitlines() if line.split()[1] == header["log"])
        for _ in range(header["seq"] - 1):
            key = digest(b"secretary audit: next key", key)
        return key
    auditor = nacl.public.PrivateKey(base64.b64decode(text))
    return nacl.public.SealedBox(auditor).decrypt(bytes.fromhex(header["sealed_key"]))


def records(path):
    with open(path, "rb") as file:
        content = file.read()
    start = end = 0
    while start < len(content):
        next_line = content.index(b"\n", start) + 1
        line = content[start:next_line]
        try:
            record = json.loads(line)
        except ValueError:
            record = {}
        # Lines that are no records are told of by the record after them.
        if record.get("stray", 0) == start - end and "mac" in record:
            assert start == end or digest(content[end:start]).hex() == record["stray_hash"], "stray bytes"
            yield record, line
            end = next_line
        start = next_line
    assert end == len(content), "the end is no record"


def verify(key_text, paths):
    count, link, key, public_key = 0, None, None, None
    for path in paths:
        for record, line in records(path):
            if link is None:
                link, key = bytes.fromhex(record["previous"]), first_key(key_text, record)
                public_key, count = record["public_key"], record["seq"] - 1
            body = line[: -len(',"mac":""}\n') - 64]
            assert record["seq"] == count + 1, "order"
            assert digest(link + body, key).hex() == record["mac"], "MAC of %d" % record["seq"]
            if record["event"] in ("begin", "recovered"):
                assert record["previous"] == link.hex(), "previous of %d" % record["seq"]
            if record["event"] in ("checkpoint", "rotate", "stop"):
                signed = body[: body.index(b',"signature":')]
                nacl.signing.VerifyKey(bytes.fromhex(public_key)).verify(
                    b"secretary audit: checkpoint" + link + signed, bytes.fromhex(record["signature"])
                )
                public_key = record["next_key"]
            link, key, count = digest(link + line), digest(b"secretary audit: next key", key), count + 1
    return count


with open(sys.argv[1]) as file:
    print(verify(file.read(), sys.argv[2:]))
