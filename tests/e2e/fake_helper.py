#!/usr/bin/env python3
"""A helper that misbehaves: fake_helper.py MODE --in-fd=N --out-fd=N [--wire=v0|v2]. Each mode is a function below.

It owns the page /fake/MODE; what a mode does to a request for it is where it goes wrong. All modes answer /fake/MODE/ok.
"""

import argparse
import os
import signal
import struct
import sys
import time

from wire_end import WireEnd  # First: it says where the helpers' library is.

from kismet_helper import decode_fields, encode_fields, encode_frame, number, text


class Wire(WireEnd):
    """The two pipes, with blocking reads and writes."""

    def __init__(self, arguments):
        super().__init__(arguments.wire)
        self.mode, self.in_fd, self.out_fd = arguments.mode, arguments.in_fd, arguments.out_fd

    def write(self, data):
        while data:
            data = data[os.write(self.out_fd, data) :]

    def respond(self, request_id, content=None, code=None, close=False, headers=()):
        fields = [(1, request_id)]
        fields += [(2, encode_fields((1, name), (2, value))) for name, value in headers]
        if content is not None:
            fields.append((3, content))
        if code is not None:
            fields.append((4, code))
        if close:
            fields.append((5, 1))
        self.send("HTTPRESPONSE", *fields)

    def receive(self):
        return os.read(self.in_fd, 65536)

    def read(self):
        """As of the WireEnd; ends the process at end of file."""
        return super().read() or sys.exit(0)

    def next_request(self, page=""):
        """The id of the next request for the mode's page (or one below it); others are answered on the way."""
        while True:
            command, fields = self.read()
            if command == "SHUTDOWN":
                sys.exit(0)
            if command == "HTTPREQUEST":
                if text(fields, 2) == f"/fake/{self.mode}{page}":
                    return number(fields, 1)
                self.respond(number(fields, 1), "ok", close=True)


def never(wire):
    while True:
        time.sleep(3600)


# --- What breaks the connection.


def bad_signature(wire):
    wire.next_request()
    wire.write(b"this is no frame, and nothing will be found behind it")
    never(wire)


def wrong_checksum(wire):
    wire.next_request()
    frame = bytearray(wire.frame("MESSAGE", (1, 2), (2, "what was it again")))
    frame[-1] ^= 1
    wire.write(bytes(frame))
    never(wire)


def length_over_limit(wire):
    wire.next_request()
    wire.write(struct.pack(">III32sI", 0xDECAFBAD, 0xABCD0002, 0xFFFFFFF0, b"MESSAGE", 1))
    never(wire)


def half_frame_and_exit(wire):
    request = wire.next_request()
    wire.respond(request, "first half, ")
    wire.write(wire.frame("HTTPRESPONSE", (1, request), (3, "never all there"))[:-5])
    sys.exit(0)


def exit_without_answer(wire):
    wire.next_request()
    sys.exit(3)


def garbage_for_ever(wire):
    wire.next_request()
    while True:
        wire.write(encode_frame(wire.wire, "MESSAGE", 1, b"\xff" * 16))


# --- What breaks one message or one answer.


def garbage_message(wire):
    request = wire.next_request()
    wire.write(encode_frame(wire.wire, "MESSAGE", 1, b"\xff\xff\xff"))
    wire.respond(request, "still there", close=True)
    wire.next_request()


def unknown_command(wire):
    request = wire.next_request()
    wire.send("NEWCOMMAND", (1, "what is this"))
    wire.respond(request, "still there", close=True)
    wire.next_request()


def finished_request(wire):
    request = wire.next_request()
    wire.respond(request, "all of it", close=True)
    for _ in range(5):
        wire.respond(request, "and more", close=True)
    wire.next_request()


def unknown_request(wire):
    wire.next_request()
    wire.respond(123456, "for nobody", close=True)
    never(wire)


def late_header(wire):
    request = wire.next_request()
    wire.respond(request, "x" * 40000)
    wire.respond(wire.next_request("/ok"), "ok", close=True)  # The client has the head by now.
    wire.respond(request, "y", code=418, headers=[("X-Late", "yes")], close=True)
    wire.next_request()


def split_header(wire):
    request = wire.next_request()
    headers = [("X-Split", "a\r\nSet-Cookie: evil=1"), ("X-Na me", "b"), ("X-Nul", "c\0d"), ("X-Good", "yes")]
    headers += [("Transfer-Encoding", "chunked"), ("Connection", "close"), ("Content-Length", "3")]
    wire.respond(request, "still there", headers=headers, close=True)
    wire.next_request()


def login_cookie(wire):
    cookies = ["KISMET=0123456789ABCDEF; Path=/", "\tkismet =x", "=KISMET=x", "KISMET", "theme=dark; Path=/"]
    while True:
        wire.respond(wire.next_request(), "ok", headers=[("Set-Cookie", cookie) for cookie in cookies], close=True)


def odd_code(wire):
    while True:
        command, fields = wire.read()
        if command == "HTTPREQUEST":
            request = number(fields, 1)
            if text(fields, 2) == "/fake/odd_code":
                code = int(dict((text(v, 1), text(v, 2)) for v in map(decode_fields, fields.get(4, [])))["code"])
                wire.respond(request, "content", code=code, close=True)
            else:
                wire.respond(request, "ok", close=True)
        elif command == "SHUTDOWN":
            sys.exit(0)


def no_answer(wire):
    request = wire.next_request()
    while True:
        command, fields = wire.read()
        if command == "HTTPREQUESTCANCEL" and number(fields, 1) == request:
            wire.send("MESSAGE", (1, 2), (2, "the cancel came"))
        elif command == "HTTPREQUEST":
            wire.respond(number(fields, 1), "ok", close=True)
        elif command == "SHUTDOWN":
            sys.exit(0)


# --- What floods, and what stops.


def message_flood(wire):
    request = wire.next_request()
    wire.respond(request, "floo")
    for count in range(100000):
        wire.send("MESSAGE", (1, 2), (2, f"flood {count}"))
    wire.respond(request, "ded", close=True)
    wire.next_request()


def output_flood(wire):
    request = wire.next_request()
    for count in range(100000):
        print(f"output flood {count}")
    print("x" * 1_000_000)
    print("\x1b[31mred\x07 \xff", flush=True)
    wire.respond(request, "flooded", close=True)
    wire.next_request()


def stops_reading(wire):
    wire.respond(wire.next_request(), "last words", close=True)
    never(wire)


def stops_for_ever(wire):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wire.next_request()
    never(wire)


def publishes_for_ever(wire):
    wire.next_request()
    while True:
        wire.send("EVENTBUSPUBLISH", (1, "FLOOD"), (2, "{}"))


def messages_for_ever(wire):
    wire.respond(wire.next_request(), "here it comes", close=True)
    while True:
        wire.send("MESSAGE", (1, 2), (2, "and another one"))


def answers_for_ever(wire):
    request = wire.next_request()
    while True:
        wire.respond(request, "x" * 10000)


def fork_bomb(wire):
    request = wire.next_request()
    children = 0
    try:
        for children in range(500):
            if os.fork() == 0:
                never(wire)
    except OSError as refused:
        wire.respond(request, f"{children} {refused.strerror}", close=True)
    wire.next_request()


def eats_memory(wire):
    wire.next_request()
    eaten = []
    while True:
        eaten.append(bytearray(1 << 20))


def leaks_descriptors(wire):
    wire.next_request()
    while True:
        os.dup(0)


def registers_too_much(wire):
    for uri in ("/session/check_login", "/demo/index.html", "no-slash", "/a/../b", "/new\r\nline", "", "/spa ce"):
        wire.send("HTTPREGISTERURI", (1, uri), (2, "GET"))
    wire.send("HTTPREGISTERURI", (1, "/fake/method"), (2, "GET /x HTTP/1.1"))
    wire.respond(wire.next_request(), "still there", close=True)
    wire.next_request()


def takes_front_page(wire):
    for uri in ("/", "/index.html", "/%69ndex.html", "/system/status.json"):
        for method in ("GET", "POST"):
            wire.send("HTTPREGISTERURI", (1, uri), (2, method))
    wire.respond(wire.next_request(), "still there", close=True)
    wire.next_request()


def descriptors(wire):
    """Answers with the descriptors that it was given."""
    request = wire.next_request()
    wire.respond(request, " ".join(sorted(os.listdir("/proc/self/fd"))), close=True)
    wire.next_request()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--in-fd", type=int, required=True)
    parser.add_argument("--out-fd", type=int, required=True)
    parser.add_argument("--wire", default="v2")
    wire = Wire(parser.parse_args())
    if wire.mode == "silent":
        never(wire)
    wire.send("SYSTEMREGISTER", (1, wire.mode))
    for page in ("", "/ok"):
        wire.send("HTTPREGISTERURI", (1, f"/fake/{wire.mode}{page}"), (2, "GET"))
    globals()[wire.mode](wire)


if __name__ == "__main__":
    main()
