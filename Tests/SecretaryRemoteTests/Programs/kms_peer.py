"""Opens and seals `KMS` envelopes with the AWS CLI and PyNaCl.

    kms_peer.py URL open            standard input is an envelope, standard output its plaintext
    kms_peer.py URL seal [SCOPE]    the reverse
"""

import base64
import json
import os
import pathlib
import subprocess
import sys

import nacl.secret

import gob

url, what, *scope = sys.argv[1:]


def kms(operation, scope, *arguments, data=b""):
    """What `aws kms` answers."""
    if scope:
        arguments += ("--encryption-context", json.dumps({"secretary:scope": scope}))
    program = pathlib.Path(sys.executable).parent / "aws"
    environment = {
        "AWS_ACCESS_KEY_ID": "AKIAPEER", "AWS_SECRET_ACCESS_KEY": "peer", "AWS_DEFAULT_REGION": "eu-west-1", "HOME": "/nowhere",
        "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, program, "kms", operation, "--endpoint-url", url, "--output", "json", *arguments]
    return json.loads(subprocess.run(command, env=environment, input=data, stdout=subprocess.PIPE, check=True).stdout)


data = sys.stdin.buffer.read()
if what == "open":
    assert data.startswith(b"ENC[KMS,") and data.endswith(b"]"), data
    fields = gob.read(base64.b64decode(data[8:-1], validate=True))
    scope = fields.get("Scope", b"").decode()
    key = kms("decrypt", scope, "--ciphertext-blob", "fileb:///dev/stdin", data=fields["EncryptedDataKey"])
    box = nacl.secret.SecretBox(base64.b64decode(key["Plaintext"]))
    sys.stdout.buffer.write(box.decrypt(fields["Message"], fields["Nonce"]))
else:
    scope = scope[0] if scope else None
    key = kms("generate-data-key", scope, "--key-id", "alias/secretary", "--key-spec", "AES_256")
    nonce = os.urandom(24)
    message = nacl.secret.SecretBox(base64.b64decode(key["Plaintext"])).encrypt(data, nonce).ciphertext
    fields = {"EncryptedDataKey": base64.b64decode(key["CiphertextBlob"]), "Nonce": nonce, "Message": message}
    if scope:
        fields["Scope"] = scope.encode()
    sys.stdout.write(f"ENC[KMS,{base64.b64encode(gob.write(fields)).decode()}]")
