"""Opens and seals `KMS` envelopes with boto3 and PyNaCl.

    kms_peer.py URL open            standard input is an envelope, standard output its plaintext
    kms_peer.py URL seal [SCOPE]    the reverse
"""

import base64
import os
import sys

import boto3
import nacl.secret

import gob

url, what, *scope = sys.argv[1:]
kms = boto3.client(
    "kms", region_name="eu-west-1", endpoint_url=url, aws_access_key_id="AKIAPEER", aws_secret_access_key="peer")


def context(scope):
    return {"EncryptionContext": {"secretary:scope": scope}} if scope else {}


data = sys.stdin.buffer.read()
if what == "open":
    assert data.startswith(b"ENC[KMS,") and data.endswith(b"]"), data
    fields = gob.read(base64.b64decode(data[8:-1], validate=True))
    key = kms.decrypt(CiphertextBlob=fields["EncryptedDataKey"], **context(fields.get("Scope", b"").decode()))
    box = nacl.secret.SecretBox(key["Plaintext"])
    sys.stdout.buffer.write(box.decrypt(fields["Message"], fields["Nonce"]))
else:
    key = kms.generate_data_key(KeyId="alias/secretary", KeySpec="AES_256", **context(scope[0] if scope else None))
    nonce = os.urandom(24)
    message = nacl.secret.SecretBox(key["Plaintext"]).encrypt(data, nonce).ciphertext
    fields = {"EncryptedDataKey": key["CiphertextBlob"], "Nonce": nonce, "Message": message}
    if scope:
        fields["Scope"] = scope[0].encode()
    sys.stdout.write(f"ENC[KMS,{base64.b64encode(gob.write(fields)).decode()}]")
