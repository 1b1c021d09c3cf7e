#!/usr/bin/env python3
"""A helper with a few pages below /NAME, for tests of what becomes of a helper: page_helper.py NAME [--text=...].

/text says the text, /pid the process, /slow?seconds=N answers after that time, /heard counts the events PAGE that came,
POST /publish publishes one, POST /burst?count=N&size=BYTES as many events BURST; with --token there is /token.
"""

import argparse
import asyncio
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "helpers"))
from kismet_helper import Helper  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("prefix")
parser.add_argument("--text", default="text")
parser.add_argument("--exit", action="store_true", help="end with exit code 3 at once")
parser.add_argument("--lacking", action="store_true", help="do not register /text")
parser.add_argument("--token", action="store_true")
for option in ("--in-fd", "--out-fd"):
    parser.add_argument(option, type=int, required=True)
args = parser.parse_args()
if args.exit:
    sys.exit(3)
helper = Helper(args.prefix, args.in_fd, args.out_fd)
heard = 0


def page(name, method="GET"):
    return helper.route(method, f"/{args.prefix}/{name}")


@page("pid")
async def pid(request, answer):
    await answer.write(str(os.getpid()))


@page("slow")
async def slow(request, answer):
    await asyncio.sleep(float(request.variables.get("seconds", "0")))
    await answer.write(f"slow {os.getpid()}")


@page("publish", "POST")
async def publish(request, answer):
    helper.publish("PAGE", {})
    await answer.write("published")


@page("burst", "POST")
async def burst(request, answer):
    count, first = int(request.variables["count"]), int(request.variables.get("first", "0"))
    for number in range(first, first + count):
        helper.publish("BURST", {"number": number, "filling": "x" * int(request.variables.get("size", "0"))})
        if number % 50 == 49:
            await helper.room()
    await answer.write(str(count - helper.dropped))


@page("heard")
async def hear(request, answer):
    await answer.write(str(heard))


@helper.on_event("PAGE")
def note(event):
    global heard
    heard += 1


if args.token:

    @page("token")
    async def token(request, answer):
        await answer.write(await helper.token())


if not args.lacking:

    @page("text")
    async def text(request, answer):
        await answer.write(args.text)


helper.run()
