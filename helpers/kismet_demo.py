#!/usr/bin/env python3
"""The demo helper in Python: one page for each thing that a helper can do. kismet_demo.cc is the same in C++."""

import argparse
import asyncio
import html
import itertools
import json
import os
import time

from kismet_helper import ERROR, INFO, Helper

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--prefix", default="/demo-py", help="where its pages are")
options.add_argument("--title", default="Demo in Python", help="what its pages are called")
helper = Helper.from_arguments("kismet_demo.py", options)
prefix, title = helper.args.prefix, helper.args.title
feeds = set()  # The queues of those who watch the event log.

HEAD = """<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere } pre { white-space: pre-wrap }</style>
"""

# A script that shows the lines of `source` as they come.
WATCH = """<pre id="lines"></pre><button id="stop">Stop</button>
<script>
const stop = new AbortController();
document.querySelector("#stop").onclick = () => stop.abort();
fetch("SOURCE", {signal: stop.signal}).then(async answer => {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part; !(part = await reader.read()).done;) document.querySelector("#lines").append(part.value);
}).catch(error => document.querySelector("#lines").append(`${error.name}: the stream has ended`));
</script>"""

DOWNLOAD = """<p><label>Bytes <input id="size" type="number" min="0" value="100000000"></label> <button id="go">Download</button>
<button id="stop" hidden>Stop</button></p>
<p><progress id="bar" value="0" aria-label="Progress"></progress> <output id="figure"></output></p>
<script>
const part = id => document.querySelector("#" + id);
part("go").onclick = async () => {
  const size = Number(part("size").value), start = performance.now(), stop = new AbortController();
  part("go").disabled = true;
  part("stop").hidden = false;
  part("stop").onclick = () => stop.abort();
  let sum = 0, shown = 0;
  const show = () => {
    const seconds = (performance.now() - start) / 1000, rate = sum / seconds;
    const left = sum < size && rate > 0 ? `, ${((size - sum) / rate).toFixed(0)} s left` : "";
    part("bar").value = size ? sum / size : 1;
    part("figure").value = `${sum} bytes, ${size ? Math.floor(100 * sum / size) : 100} %, ${(rate / 1e6).toFixed(1)} MB/s${left}`;
  };
  try {
    const answer = await fetch("download.bin?size=" + size, {signal: stop.signal});
    if (!answer.ok) throw new Error(`the answer was ${answer.status}`);
    const reader = answer.body.getReader();
    for (let piece; !(piece = await reader.read()).done;) {
      sum += piece.value.length;
      if (performance.now() - shown > 100) show(shown = performance.now());
    }
    show();
  } catch (error) {
    part("figure").append(error.name === "AbortError" ? " (stopped)" : ` (${error.message})`);
  }
  part("go").disabled = false;
  part("stop").hidden = true;
};
</script>"""


def page(heading, body):
    name = html.escape(title)
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>{heading} - {name}</title>{HEAD}<h1>{heading}</h1>{body}<p><a href="index.html">{name}</a></p></html>"""


@helper.get(f"{prefix}/index.html")
async def hello(request, answer):
    names = ("variables", "stream", "download", "events", "message", "answer")
    links = "".join(f'<li><a href="{name}.html">{name}</a></li>' for name in names)
    await answer.write(page("Hello", f"<p>These pages come from process {os.getpid()}.</p><ul>{links}</ul>"))


@helper.get(f"{prefix}/variables.html")
@helper.post(f"{prefix}/variables.html")
async def variables(request, answer):
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, value in request.variables.items()
    )
    form = '<form method="post"><input name="colour" value="red &amp; blue"> <button>POST</button></form>'
    await answer.write(page("Variables", f"<p>{request.method} brought:</p><table>{rows}</table>{form}"))


@helper.get(f"{prefix}/stream.html")
async def stream_page(request, answer):
    await answer.write(page("Stream", WATCH.replace("SOURCE", "stream.txt")))


@helper.get(f"{prefix}/stream.txt")
async def stream(request, answer):
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    for count in itertools.count(1):  # Until the client leaves: then asyncio.CancelledError ends us.
        await answer.write(f"line {count} at {time.time():.6f}\n")
        await asyncio.sleep(1)


@helper.get(f"{prefix}/download.html")
async def download_page(request, answer):
    await answer.write(page("Download", DOWNLOAD))


@helper.get(f"{prefix}/download.bin")
async def download(request, answer):
    size = request.variables.get("size", "1000000")
    if not size.isascii() or not size.isdigit() or len(size) > 12:
        answer.code = 400
        await answer.write(page("Download", "<p>size is a number of bytes, up to 12 digits.</p>"))
        return
    answer.headers = {"Content-Type": "application/octet-stream", "Content-Length": size}
    block = bytes(range(256)) * 256
    left = int(size)
    while left:  # write() waits for room, so nothing piles up here.
        await answer.write(block[:left])
        left -= min(left, len(block))


@helper.get(f"{prefix}/events.html")
async def events_page(request, answer):
    await answer.write(page("Events", WATCH.replace("SOURCE", "events.txt")))


@helper.on_event("*")
def event_came(event):
    for feed in feeds:
        if not feed.full():  # Who is slow misses some.
            feed.put_nowait(event)


@helper.get(f"{prefix}/events.txt")
async def events(request, answer):
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    feed = asyncio.Queue(100)
    feeds.add(feed)
    try:
        while True:
            event = await feed.get()
            content = json.dumps(event["kismet.eventbus.content"])
            await answer.write(f"{event['kismet.eventbus.type']} {content}\n")
    finally:
        feeds.remove(feed)


@helper.get(f"{prefix}/message.html")
@helper.post(f"{prefix}/message.html")
async def message(request, answer):
    words = request.variables.get("text", "")
    if request.method == "POST" and words:
        helper.message(words, ERROR if request.variables.get("error") else INFO)
        helper.publish("DEMO_MESSAGE", {"text": words})
    await answer.write(page("Message", """<p>Says a line on the daemon's console, and publishes it as event DEMO_MESSAGE.</p>
<form method="post"><input name="text"> <label><input type="checkbox" name="error"> as an error</label>
<button>Say it</button></form>"""))


@helper.get(f"{prefix}/answer.html")
async def code_and_headers(request, answer):
    code = request.variables.get("code", "200")
    answer.code = int(code) if code.isascii() and code.isdigit() and len(code) < 9 else 400
    answer.headers["X-Demo"] = request.variables.get("header", "hello")  # Line breaks in it: the daemon drops it.
    await answer.write(page("Answer", """<p>Comes with the result code and the header X-Demo that you ask for.</p>
<form><input name="code" value="418"> <input name="header" value="hello"> <button>GET</button></form>"""))


@helper.get(f"{prefix}/counters.json")
async def counters(request, answer):
    answer.headers["Content-Type"] = "application/json"
    figures = {"pid": os.getpid(), "requests": helper.requests, "cancels": helper.cancels, "open": helper.open_requests}
    await answer.write(json.dumps(figures))


helper.message(f"{title} is at {prefix}/index.html")
helper.run()
