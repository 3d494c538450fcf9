"""Stands in for Marathon or a swarm: fake_orchestrator.py COUNT prints the ports, six characters each, of COUNT servers
that share nothing.

POST /control/answers?path=P&status=S&behaviour=B sets what is answered to P: the posted body, or a misbehaviour:
  slow      after ten seconds         hang   never
  huge      16 MiB of it              redirect  to another path, with the body there
  cut       half of it, then the connection is closed
GET /control/requests answers the paths that were asked for, one a line.
"""

import http.server
import sys
import threading
import time
import urllib.parse


def server():
    answers, requests = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def send(self, status, body, headers=(), cut=False):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) * (2 if cut else 1)))
            self.end_headers()
            self.wfile.write(body)
            if cut:
                self.close_connection = True

        def do_POST(self):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, keep_blank_values=True)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answers[query["path"][0]] = (int(query["status"][0]), query["behaviour"][0], body)
            self.send(200, b"")

        def do_GET(self):
            if self.path == "/control/requests":
                return self.send(200, "".join(line + "\n" for line in requests).encode())
            requests.append(self.path + (" " + self.headers["Authorization"] if "Authorization" in self.headers else ""))
            status, behaviour, body = answers.get(self.path, (404, "", b'{"message":"App does not exist"}'))
            if behaviour == "slow":
                time.sleep(10)
            elif behaviour == "hang":
                time.sleep(3600)
            elif behaviour == "brief":
                time.sleep(0.2)
            elif behaviour == "huge":
                body = b'{"app":"' + b"x" * (16 << 20) + b'"}'
            elif behaviour == "redirect":
                answers["/elsewhere"] = (200, "", body)
                return self.send(302, b"", [("Location", "/elsewhere")])
            elif behaviour == "cut":
                return self.send(200, body[: len(body) // 2], cut=True)
            self.send(status, body, [("Content-Type", "application/json")])

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    made = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made.server_address[1]


print("".join(f"{server():<6}" for _ in range(int(sys.argv[1]))), end="", flush=True)
threading.Event().wait()
