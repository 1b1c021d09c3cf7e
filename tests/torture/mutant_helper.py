#!/usr/bin/env python3
"""A helper that sends changed frames: mutant_helper.py NUMBER SEED TALLY --in-fd=N --out-fd=N. Its page is /mutantNUMBER.

In most of its frames only the payload is changed, and length and checksum are right, so that the daemon reads on; the
last one is changed anywhere. Then it goes; how many it has sent is a line in the file TALLY, which tells
its next life how many there were."""

import argparse
import os
import random
import select
import signal
import sys
import time

from mutations import Mutator

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "e2e"))
from wire_end import decode_fields, decode_frame, encode_fields, encode_frame  # noqa: E402

LIFE = 2000  # Frames.
GOOD_AFTER = 4  # So many unreadable commands at most in a row, which the daemon bears.
WORDS = [b"\0", b"\xff" * 10, b"\x80" * 10, b"\x0a\xff\xff\xff\xff\x0f", b"{\"a\":", b"\xc3", b"..", b"\r\n",
         b"Set-Cookie", b"A" * 3000]

parser = argparse.ArgumentParser()
parser.add_argument("number", type=int)
parser.add_argument("seed", type=int)
parser.add_argument("tally")
parser.add_argument("--in-fd", type=int, required=True)
parser.add_argument("--out-fd", type=int, required=True)
arguments = parser.parse_args()


class Ended(Exception):
    """The daemon has had enough."""


def stop(*_):
    raise Ended


def commands(dice, asked):
    """Good ones, as their name and payload. An answer to what was never asked ends a session: there are few answers."""
    uri = f"/mutant{arguments.number}/{dice.randrange(20)}"
    if asked and dice.randrange(20) == 0:
        request = dice.choice(asked)
        return [
            ("HTTPRESPONSE", encode_fields((1, request), (2, encode_fields((1, "X-A"), (2, "b"))), (3, "hello"),
                                           (4, 200))),
            ("HTTPRESPONSE", encode_fields((1, request), (3, "world"), (5, 1))),
        ]
    return [
        ("MESSAGE", encode_fields((1, 2), (2, "hello"))),
        ("PING", b""),
        ("PONG", encode_fields((1, 7))),
        ("SYSTEMREGISTER", encode_fields((1, "mutant"))),
        ("EVENTBUSREGISTER", encode_fields((1, "TIMESTAMP"), (1, "MESSAGE"))),
        ("EVENTBUSPUBLISH", encode_fields((1, "MUTANT"), (2, "{\"a\": [1, 2.5, null, \"x\"]}"))),
        ("HTTPREGISTERURI", encode_fields((1, uri), (2, "GET"))),
        ("HTTPREQUESTAUTH", b""),
    ]


def main():
    with open(arguments.tally, encoding="ascii") as tally:
        dice = random.Random(f"{arguments.seed} {arguments.number} {len(tally.readlines())}")
    mutator, wire, sent, asked, came = Mutator(dice, WORDS), dice.choice(("v0", "v2")), 0, [], bytearray()

    def drain(seconds=0.0):
        """Reads what is there, and what comes meanwhile."""
        end = time.monotonic() + seconds
        while select.select([arguments.in_fd], [], [], max(0.0, end - time.monotonic()))[0]:
            data = os.read(arguments.in_fd, 1 << 20)
            if not data:
                raise Ended
            came.extend(data)
            while frame := decode_frame(came):
                command, _, content, used = frame
                if command == "HTTPREQUEST":
                    asked.append(decode_fields(content)[1][0])
                del came[:used]

    def write(data):
        while data:
            drain()
            data = data[os.write(arguments.out_fd, data[:4096]) :]

    signal.signal(signal.SIGTERM, stop)
    try:
        write(encode_frame(wire, "HTTPREGISTERURI", 1, encode_fields((1, f"/mutant{arguments.number}"), (2, "GET"))))
        while sent < LIFE:
            batch = b""
            for _ in range(GOOD_AFTER):
                command, payload = dice.choice(commands(dice, asked))
                batch += encode_frame(wire, command, dice.randrange(1 << 32), mutator.change(payload))
            write(batch + encode_frame(wire, "PING", 1, b""))
            sent += GOOD_AFTER
        command, payload = dice.choice(commands(dice, asked))
        write(mutator.change(encode_frame(wire, command, 1, payload)))
        sent += 1
        drain(1.0)
    except (Ended, BrokenPipeError):
        pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open(arguments.tally, "a", encoding="ascii") as tally:
        tally.write(f"{sent}\n")


main()
