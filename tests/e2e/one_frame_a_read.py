#!/usr/bin/env python3
"""A helper that reads as the public Python library does: 4096 bytes at a time, of which one frame is handled, while the
rest waits for more bytes; after its first own PING it ends if its last PONG is over 5 seconds old at the next turn; it
registers each letter of an event's name; and it ends at a request that it has not registered, HEAD too. It speaks v0.

Pages below /one-frame: heard (how many events BURST came), slow (answers 200 ms later), pid.
"""

import argparse
import os
import pathlib
import select
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "helpers"))
from kismet_helper import decode_fields, decode_frame, encode_fields, encode_frame, number, text  # noqa: E402

PONG_AGE = 5.0
PAGES = ("heard", "slow", "pid")


class OneFrameARead:
    def __init__(self, in_fd, out_fd):
        self.in_fd, self.out_fd = in_fd, out_fd
        self.buffer, self.seqno, self.heard = bytearray(), 0, 0
        self.last_pong = None
        self.later = []  # Answers that are due: (time, request).

    def send(self, command, *fields):
        data = encode_frame("v0", command, self.seqno, encode_fields(*fields))
        self.seqno += 1
        while data:
            data = data[os.write(self.out_fd, data) :]

    def answer(self, request, content):
        self.send("HTTPRESPONSE", (1, request), (3, content))
        self.send("HTTPRESPONSE", (1, request), (4, 200), (5, 1))

    def run(self):
        for page in PAGES:
            self.send("HTTPREGISTERURI", (1, f"/one-frame/{page}"), (2, "GET"))
        self.send("EVENTBUSREGISTER", *((1, letter) for letter in "BURST"))
        self.send("PING")
        self.last_pong = time.monotonic()
        while True:
            wait = min([1.0, *(due - time.monotonic() for due, _ in self.later)])
            readable, _, _ = select.select([self.in_fd], [], [], max(wait, 0))
            while self.later and self.later[0][0] <= time.monotonic():
                self.answer(self.later.pop(0)[1], "slow")
            if readable:
                self.turn()

    def turn(self):
        data = os.read(self.in_fd, 4096)
        if not data:
            sys.exit(0)
        if time.monotonic() - self.last_pong > PONG_AGE:
            print("no PONG for too long")
            sys.exit(1)
        self.buffer += data
        frame = decode_frame(self.buffer)
        if frame is None:
            return
        command, seqno, content, used = frame
        del self.buffer[:used]
        self.handle(command, seqno, decode_fields(content))

    def handle(self, command, seqno, fields):
        if command == "PING":
            self.send("PONG", (1, seqno))
        elif command == "PONG":
            self.last_pong = time.monotonic()
        elif command == "EVENT":
            self.heard += 1
        elif command == "SHUTDOWN":
            sys.exit(0)
        elif command == "HTTPREQUEST":
            page, method = text(fields, 2).rpartition("/")[2], text(fields, 3)
            if method != "GET" or page not in PAGES:
                raise RuntimeError(f"not registered: {method} {text(fields, 2)}")
            if page == "slow":
                self.later.append((time.monotonic() + 0.2, number(fields, 1)))
            else:
                self.answer(number(fields, 1), str(self.heard if page == "heard" else os.getpid()))
        else:
            print(f"Unhandled {command}")


parser = argparse.ArgumentParser()
parser.add_argument("--in-fd", type=int, required=True)
parser.add_argument("--out-fd", type=int, required=True)
arguments = parser.parse_args()
OneFrameARead(arguments.in_fd, arguments.out_fd).run()
