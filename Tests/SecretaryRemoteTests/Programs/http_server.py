"""A web server that behaves well or badly, by the path that is asked for; says "ready PORT" when it listens.

    http_server.py [--unix PATH] [--tls FOLDER [--client-certificates]]
"""

import argparse
import base64
import http.server
import json
import os
import socketserver
import ssl
import sys
import time

options = argparse.ArgumentParser()
options.add_argument("--unix")
options.add_argument("--tls")
options.add_argument("--client-certificates", action="store_true")
options = options.parse_args()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body=b"", status=200, headers=()):
        # In one piece: two would wait for each other (Nagle).
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]
        self.wfile.write("\r\n".join(lines).encode() + body)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = self.path.split("/")[1]
        getattr(self, "do_" + name.replace("-", "_"), self.do_echo)(body)

    do_GET = do_POST = do_PUT = handle_any

    def do_echo(self, body):
        certificate = self.connection.getpeercert() if options.tls else None
        self.answer(json.dumps({
            "method": self.command, "path": self.path, "headers": [[n, v] for n, v in self.headers.items()],
            "body": base64.b64encode(body).decode(), "connection": self.client_address[1],
            "certificate": dict(part[0] for part in certificate["subject"])["commonName"] if certificate else None,
        }).encode())

    def do_bytes(self, body):
        self.answer(b"x" * int(self.path.split("/")[2]))

    def do_chunks(self, body):
        """Without a length known before."""
        self.wfile.write(b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(int(self.path.split("/")[2])):
            self.wfile.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def do_endless(self, body):
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\n")
        while True:
            self.wfile.write(b"x" * 65536)

    def do_endless_headers(self, body):
        self.wfile.write(b"HTTP/1.1 200 x\r\n")
        while True:
            self.wfile.write(b"A: " + b"x" * 1000 + b"\r\n")

    def do_truncated(self, body):
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\nsecret")

    def do_nothing(self, body):
        self.close_connection = True

    def do_slow(self, body):
        time.sleep(30)

    def do_dripping(self, body):
        self.wfile.write(b"HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\n")
        while True:
            self.wfile.write(b"x")
            time.sleep(0.05)

    def do_garbage(self, body):
        self.close_connection = True
        self.wfile.write(b"hunter2 is not a status line\r\n\r\n")

    def do_redirect(self, body):
        count = int(self.path.split("/")[2])
        self.answer(status=302, headers=["Location: " + (f"/redirect/{count - 1}" if count > 1 else "/echo")])

    def do_redirect_to_file(self, body):
        self.answer(status=302, headers=["Location: file:///etc/passwd"])

    def do_status(self, body):
        self.answer(b"reason", status=int(self.path.split("/")[2]), headers=["X-Reason:  why "])

    def do_hang_up(self, body):
        """Answers, and then closes without having said so."""
        self.answer(b"ok")
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, address)


class UnixServer(Server):
    address_family = 1

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)

    def get_request(self):
        return self.socket.accept()[0], ("local", 0)


server = UnixServer(options.unix, Handler) if options.unix else Server(("127.0.0.1", 0), Handler)
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{options.tls}/server.pem", f"{options.tls}/server.key")
    if options.client_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(f"{options.tls}/ca.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print("ready", 0 if options.unix else server.server_port, flush=True)
server.serve_forever()
