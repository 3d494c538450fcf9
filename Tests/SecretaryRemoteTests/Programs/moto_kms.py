"""A moto server with a key in eu-west-1, alias/secretary; says "ready PORT ARN"."""

import logging
import os
import signal

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
os.environ.update(AWS_ACCESS_KEY_ID="AKIAMOTO", AWS_SECRET_ACCESS_KEY="moto")
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
kms = boto3.client("kms", region_name="eu-west-1", endpoint_url=f"http://127.0.0.1:{port}")
key = kms.create_key()["KeyMetadata"]["Arn"]
kms.create_alias(AliasName="alias/secretary", TargetKeyId=key)
print("ready", port, key, flush=True)
signal.pause()
