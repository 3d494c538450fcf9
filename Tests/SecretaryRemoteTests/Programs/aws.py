"""KMS, STS, instance metadata and a container's endpoint in one server that checks signatures; says "ready PORT".

`/log` says what was asked, a line each. A key id of `fail-NAME-N` fails N times with the error NAME, then works.
"""

import base64
import hashlib
import http.server
import json
import os
import time
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

# Access keys, with their secret keys and session tokens.
known = {
    "AKIAENV": ("env+secret/key", None), "ASIAENV": ("env+secret/key", "env/token=="),
    "AKIAPROFILE": ("profile/secret", None), "ASIAROLE": ("role/secret", "role/token"),
    "ASIAWEB": ("web/secret", "web/token"), "ASIACONTAINER": ("container/secret", "container/token"),
    "ASIAINSTANCE": ("instance/secret", "instance/token"),
}
failures = {}
log = []
# How long credentials from here last.
lifetime = int(os.environ.get("LIFETIME", "3600"))


def expiration():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lifetime))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body, status=200, headers=()):
        body = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]
        self.wfile.write("\r\n".join(lines).encode() + body)

    def say(self, *words):
        log.append(" ".join(str(word) for word in words))

    def signer(self, service, body):
        """The access key, when the signature is the one that botocore makes of the same request."""
        authorization = self.headers["Authorization"] or ""
        if not authorization.startswith("AWS4-HMAC-SHA256 Credential="):
            return None
        scope, signed, signature = (part.split("=", 1)[1] for part in authorization.split(" ", 1)[1].split(", "))
        key, day, region, name, _ = scope.split("/")
        if key not in known or name != service:
            return None
        secret, token = known[key]
        if self.headers["X-Amz-Security-Token"] != token or token and "x-amz-security-token" not in signed:
            return None
        headers = {n: self.headers[n] for n in signed.split(";")}
        request = AWSRequest("POST", f"http://{self.headers['Host']}{self.path}", headers=headers, data=body)
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        auth = SigV4Auth(Credentials(key, secret), service, region)
        text = auth.string_to_sign(request, auth.canonical_request(request))
        return (key, region) if auth.signature(text, request) == signature else None

    def do_PUT(self):
        if self.path == "/latest/api/token" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"]:
            self.say("imds token")
            return self.answer("the-session-token")
        self.answer("", 404)

    def do_GET(self):
        if self.path == "/log":
            return self.answer("\n".join(log))
        self.say("get", self.path)
        if self.path.startswith("/latest/"):
            if self.headers["X-aws-ec2-metadata-token"] != "the-session-token":
                return self.answer("", 401)
            roles = "/latest/meta-data/iam/security-credentials/"
            if self.path == roles and not os.environ.get("NO_ROLE"):
                return self.answer("a-role")
            if self.path == roles + "a-role":
                return self.answer(json.dumps({
                    "Code": "Success", "AccessKeyId": "ASIAINSTANCE", "SecretAccessKey": "instance/secret",
                    "Token": "instance/token", "Expiration": expiration()}))
            if self.path == "/latest/meta-data/placement/region":
                return self.answer("eu-instance-1")
            return self.answer("", 404)
        if self.path == "/container":
            if self.headers["Authorization"] != "Bearer of-a-container":
                return self.answer("hunter2", 403)
            return self.answer(
                # Slashes may be escaped.
                '{"RoleArn": "x", "AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "container\\/secret",'
                f' "Token": "container\\u002ftoken", "Expiration": "{expiration()}"}}')
        self.answer("", 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["X-Amz-Target"]:
            return self.kms(json.loads(body), body)
        return self.sts(dict(urllib.parse.parse_qsl(body.decode())), body)

    def sts(self, form, body):
        self.say("sts", form["Action"], form["RoleArn"], form["RoleSessionName"], form.get("ExternalId"))
        if form["Action"] == "AssumeRoleWithWebIdentity":
            allowed, name = form["WebIdentityToken"] == "web.identity.token", "WEB"
        else:
            allowed, name = self.signer("sts", body) is not None, "ROLE"
        if not allowed or form["RoleArn"].endswith("denied"):
            return self.answer(
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>", 403)
        self.answer(
            f"<R><Credentials>\n<AccessKeyId>ASIA{name}</AccessKeyId>"
            f"<SecretAccessKey>{name.lower()}/secret</SecretAccessKey><SessionToken>{name.lower()}/token</SessionToken>"
            f"<Expiration>{expiration()}</Expiration></Credentials></R>")

    def kms(self, question, body):
        signer = self.signer("kms", body)
        operation = self.headers["X-Amz-Target"]
        self.say(operation, *(signer or ["bad signature"]), json.dumps(question.get("EncryptionContext")))
        if signer is None:
            return self.fail("InvalidSignatureException", 403)
        context = json.dumps(question.get("EncryptionContext"))
        if operation == "TrentService.GenerateDataKey":
            name = question["KeyId"]
            if name.startswith("fail-"):
                error, count = name.split("-")[1:]
                if failures.setdefault(name, int(count)) > 0:
                    failures[name] -= 1
                    return self.fail(error, 500 if error == "KMSInternalException" else 400)
            assert question["KeySpec"] == "AES_256"
            blob = os.urandom(16) + hashlib.sha256(context.encode()).digest()
            return self.give(blob, {"CiphertextBlob": base64.b64encode(blob).decode()})
        blob = base64.b64decode(question["CiphertextBlob"])
        if blob[16:] != hashlib.sha256(context.encode()).digest():
            return self.fail("InvalidCiphertextException", 400)
        self.give(blob, {})

    def give(self, blob, answer):
        key = hashlib.sha256(blob).digest()
        self.answer(json.dumps({"KeyId": "arn:x", "Plaintext": base64.b64encode(key).decode(), **answer}))

    def fail(self, name, status):
        if name == "Html":
            return self.answer("<html>hunter2</html>", 503)
        self.answer(
            json.dumps({"__type": f"com.amazonaws.kms#{name}", "message": "the words of AWS"}), status,
            ["Content-Type: application/x-amz-json-1.1"])

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print("ready", server.server_port, flush=True)
server.serve_forever()
