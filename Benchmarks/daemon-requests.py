"""Prepares requests for http-load, and what a Marathon would say about the task that makes them, in the current folder.

    daemon-requests.py COUNT        COUNT: how many requests of version 2, each good for one use

Reads keys/{master,deploy,service}-*-key.pem and the envelopes in envelopes, one a line. Writes v1.requests, v2.requests and
marathon/.
"""

import json
import os
import pathlib
import sys

tests = pathlib.Path(__file__).parent.parent / "Tests" / "DaemonTests" / "Programs"
sys.path.insert(0, str(tests))
from client import Client  # noqa: E402


def key(name):
    return pathlib.Path(f"keys/{name}-key.pem").read_text().split("\n")[1]


def write(file, path, kind, body):
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    file.write((len(head) + len(body)).to_bytes(4, "little") + head + body)


app, version, task = claim = ["/bench", "2026-01-01T00:00:00.000Z", "bench.1"]
client = Client(0, {
    "master": key("master-public"), "claim": claim,
    "keys": {"deploy": key("deploy-private"), "service": key("service-private")}})
envelopes = pathlib.Path("envelopes").read_text().split()
with open("v1.requests", "wb") as file:
    for envelope in envelopes:
        write(file, "/v1/decrypt", "application/x-www-form-urlencoded", client.form_v1(envelope))
with open("v2.requests", "wb") as file:
    for number in range(int(sys.argv[1])):
        secrets = [(None, envelopes[(number + index) % len(envelopes)]) for index in range(10)]
        write(file, "/v2/decrypt", "application/octet-stream", client.request_v2(secrets)[0])

os.makedirs("marathon/versions")
environment = {"DEPLOY_PUBLIC_KEY": key("deploy-public"), "SERVICE_PUBLIC_KEY": key("service-public")}
environment.update({f"SECRET{index}": envelope for index, envelope in enumerate(envelopes)})
running = {"id": task, "appId": app, "version": version, "state": "TASK_RUNNING"}
app_json = {"id": app, "version": version, "env": environment, "tasks": [running]}
pathlib.Path("marathon/app.json").write_text(json.dumps({"app": app_json}))
pathlib.Path("marathon/tasks.json").write_text(json.dumps({"tasks": [running]}))
pathlib.Path("marathon/version.json").write_text(json.dumps({"id": app, "version": version, "env": environment}))
