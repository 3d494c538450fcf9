"""Asks the daemon for secrets, by both protocols, and prints what it got as JSON.

Standard input: {"port", "master", "keys", "claim", "secrets": [[name, envelope]]}.
"""
import base64
import json
import sys

from client import Client

setup = json.load(sys.stdin)
client = Client(setup["port"], setup, service="service" if "service" in setup["keys"] else None)
singles = [client.v1(envelope) for _, envelope in setup["secrets"]]
status, batch, _ = client.v2(setup["secrets"])
if status != 200:
    batch = [(status, batch.encode())]
json.dump(
    {
        "v1": [base64.b64encode(body if isinstance(body, bytes) else body.encode()).decode() for _, body, _ in singles],
        "v1Statuses": [status for status, _, _ in singles],
        "v2": [base64.b64encode(body).decode() for _, body in batch],
        "v2Statuses": [status for status, _ in batch],
    },
    sys.stdout)
