"""Runs a service as systemd does: its notification socket, its store of descriptors, and a new start when it was killed.

    service-manager.py FOLDER COMMAND [ARGUMENT ...]

Writes a line to FOLDER/states for each message, and ends when the service ends by itself.
"""
import array
import os
import socket
import sys

folder, command = sys.argv[1], sys.argv[2:]
address = f"{folder}/notify"
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(address)
manager.settimeout(0.05)
store = {}


def say(text):
    with open(f"{folder}/states", "a", encoding="ascii") as states:
        states.write(text + "\n")


def start():
    process = os.fork()
    if process:
        return process
    names, numbers = list(store), [os.dup(store[name]) for name in store]
    # Out of the way of the numbers from 3 on, where the service finds them.
    moved = [os.dup2(number, 100 + index) for index, number in enumerate(numbers)]
    for index, number in enumerate(moved):
        os.dup2(number, 3 + index, inheritable=True)
    os.closerange(3 + len(moved), 256)
    os.environ["NOTIFY_SOCKET"] = address
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(names))
    os.environ["LISTEN_FDNAMES"] = ":".join(names)
    os.execvp(command[0], command)


def listen():
    try:
        text, control, _, _ = manager.recvmsg(4096, socket.CMSG_SPACE(4 * 16))
    except TimeoutError:
        return
    numbers = array.array("i")
    for level, kind, data in control:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers.frombytes(data[: len(data) - len(data) % 4])
    lines = dict(line.split("=", 1) for line in text.decode().split("\n"))
    if "FDSTORE" in lines:
        if lines["FDNAME"] in store:
            os.close(store.pop(lines["FDNAME"]))
        store[lines["FDNAME"]] = numbers[0]
    say(" ".join(text.decode().split("\n")))


service = start()
while True:
    listen()
    ended, status = os.waitpid(service, os.WNOHANG)
    if not ended:
        continue
    if not os.WIFSIGNALED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
    say(f"killed by {os.WTERMSIG(status)}")
    service = start()
