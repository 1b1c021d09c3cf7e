#!/usr/bin/env python3
"""A helper with much to tell: lines on its output, and as many events a second as it is asked for at /busy/events.txt."""

import argparse
import asyncio
import itertools
import sys
import pathlib
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "helpers"))
from kismet_helper import Helper  # noqa: E402

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--lines", type=int, default=40, help="on its output, at its start")
helper = Helper.from_arguments("busy", options)
numbers = itertools.count(1)


def write_line():
    print(f"this is line {next(numbers)}", flush=True)


@helper.get("/busy/line.txt")
async def line(request, answer):
    write_line()
    await answer.write("written\n")


@helper.get("/busy/events.txt")
async def events(request, answer):
    """Until the client leaves: `rate` events a second, in portions of 20 ms."""
    rate = int(request.variables.get("rate", "1000"))
    start, sent = time.monotonic(), 0
    await answer.write("begun\n")
    while True:
        due = int((time.monotonic() - start) * rate)
        for sent in range(sent, due):
            helper.publish(f"BUSY_{sent % 5}", {"number": sent, "words": "some of them " * 8, "parts": [1, 2, {"a": "b"}]})
        sent = max(sent, due)
        await asyncio.sleep(0.02)


for _ in range(helper.args.lines):
    write_line()
helper.run()
