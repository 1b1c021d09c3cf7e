"""The clients of a soak. Each function is one visit of one client, of a few seconds at the most, and tells the ledger of
every request that it sends."""

import base64
import contextlib
import json
import os
import struct
import subprocess
import time
import urllib.parse

from daemon import PASSWORD, PREFIXES, USER

HELPERS = ("demo", "demo-py", "page")
OWN = ("/system/status.json", "/helpers/all.json", "/messagebus/all_messages.json", "/metrics", "/system/routes.json",
       "/messagebus/search.json?text=helper&limit=20", "/eventbus/feeds.json", "/system/health", "/", "/no/such/page")


class Visit:
    """What a visit needs: the daemon, the ledger, its own dice; and how it asks with the login."""

    def __init__(self, daemon, ledger, dice):
        self.daemon, self.ledger, self.dice = daemon, ledger, dice
        self.keys = set()  # API keys that this client made and has not revoked.

    def connect(self, **options):
        return self.daemon.client(**options)

    def ask(self, client, method, target, headers=(), **options):
        return self.ledger.ask(client, method, target, headers=[*headers, client.basic(USER, PASSWORD)], **options)

    def request(self, client, method, target, **options):
        return self.ledger.finish(client, self.ask(client, method, target, **options), method)

    def prefix(self):
        return self.dice.choice(list(PREFIXES.values()))

    def until(self, seconds):
        """True until so much time has gone."""
        end = time.monotonic() + seconds
        return lambda: time.monotonic() < end


def pages(visit):
    with visit.connect() as client:
        for _ in range(visit.dice.randrange(1, 40)):
            page = visit.dice.choice((*OWN, f"{visit.prefix()}/index.html", f"{visit.prefix()}/counters.json",
                                      f"{visit.prefix()}/answer.html?code=418", "/page/text"))
            coding = visit.dice.choice(("gzip", "zstd", "br", "identity"))
            visit.request(client, visit.dice.choice(("GET", "GET", "GET", "HEAD")), page,
                          headers=[f"Accept-Encoding: {coding}"])


def pipelined(visit):
    count = visit.dice.randrange(2, 12)
    with visit.connect() as client:
        ask = f"GET {visit.prefix()}/index.html HTTP/1.1\r\nHost: localhost\r\n{client.basic(USER, PASSWORD)}\r\n\r\n"
        read = 0
        try:
            client.send(ask * count)
            for _ in range(count):
                read += 1
                visit.ledger.finish(client, visit.ledger.head(client))
        finally:
            for _ in range(count - read):
                visit.ledger.never_read()


def forms(visit):
    with visit.connect() as client:
        text = urllib.parse.quote("x" * visit.dice.randrange(1, 2000))
        visit.request(client, "POST", f"{visit.prefix()}/message.html", form=f"text={text}")
        visit.request(client, "POST", f"{visit.prefix()}/variables.html", form=f"a={text}")
        event = json.dumps({"topic": "SOAK", "content": "x" * visit.dice.randrange(5000)})
        visit.request(client, "POST", "/eventbus/publish.cmd", body=event)


def stream(visit):
    with visit.connect() as client:
        head = visit.ask(client, "GET", f"{visit.prefix()}/stream.txt")
        goes_on = visit.until(visit.dice.uniform(0, 3))
        for _ in client.pieces(head):
            if not goes_on():
                break
        if visit.dice.random() < 0.5:
            client.reset()


def download(visit):
    size = visit.dice.randrange(3_000_000)
    with visit.connect() as client:
        answer = visit.request(client, "GET", f"{visit.prefix()}/download.bin?size={size}")
        if answer.status == 200 and len(answer.content) != size:
            raise AssertionError(f"{len(answer.content)} bytes of {size}")


def slow(visit):
    """Takes little at a time, and at last the rest, or leaves."""
    size = visit.dice.randrange(500_000, 12_000_000)
    with visit.connect(receive_buffer=4096) as client:
        head = visit.ask(client, "GET", f"/demo/download.bin?size={size}")
        goes_on = visit.until(visit.dice.uniform(0.5, 4))
        left = size
        while goes_on() and left > 0 and head.status == 200:
            left -= len(client.more())
            time.sleep(0.05)


def vanish(visit):
    """Asks, and is gone: at once, or when the answer begins."""
    with visit.connect() as client:
        if visit.dice.random() < 0.2:
            visit.ledger.never_read()
            client.ask("GET", f"{visit.prefix()}/download.bin?size=1000000", headers=[client.basic(USER, PASSWORD)])
        else:
            visit.ask(client, "GET", f"{visit.prefix()}/download.bin?size=10000000")
        client.reset()


def half(visit):
    """Never says all of its request."""
    with visit.connect() as client:
        text = f"POST {visit.prefix()}/message.html HTTP/1.1\r\nHost: localhost\r\n{client.basic(USER, PASSWORD)}\r\n" \
               "Content-Length: 100\r\n\r\nhello"
        client.send(text[: visit.dice.randrange(len(text))])
        time.sleep(visit.dice.uniform(0, 0.3))
        if visit.dice.random() < 0.5:
            client.reset()


def bad(visit):
    """Breaks the rules of HTTP."""
    garbage = visit.dice.choice((
        visit.dice.randbytes(visit.dice.randrange(1, 300)) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(200) + b"\r\n\r\n"))
    with visit.connect() as client:
        client.send(garbage)
        visit.ledger.finish(client, visit.ledger.head(client))


def feed(visit):
    with visit.connect() as client:
        head = visit.ask(client, "GET", "/eventbus/events.sse?topic=*&since=-20")
        goes_on = visit.until(visit.dice.uniform(0.1, 2))
        for _ in client.pieces(head):
            if not goes_on():
                break


def text_frame(text):
    """A masked websocket frame; the mask is 0, so that the text stands in it as it is."""
    data = text.encode()
    size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + struct.pack(">H", len(data))
    return b"\x81" + size + bytes(4) + data


def websocket(visit, target, *requests):
    """Reads what comes, and leaves with a close or without."""
    with visit.connect() as client:
        head = visit.ask(client, "GET", target, headers=[
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"])
        if head.status != 101:
            visit.ledger.finish(client, head)
            return
        for request in requests:
            client.send(text_frame(json.dumps(request)))
        goes_on = visit.until(visit.dice.uniform(0.1, 2))
        client.socket.settimeout(1)
        with contextlib.suppress(TimeoutError):
            while goes_on():
                client.more()
        if visit.dice.random() < 0.5:
            client.send(b"\x88\x82" + bytes(4) + struct.pack(">H", 1000))
        elif visit.dice.random() < 0.5:
            client.reset()


def websocket_feed(visit):
    websocket(visit, "/eventbus/events.ws", {"SUBSCRIBE": "*", "since": -100}, {"UNSUBSCRIBE": "TIMESTAMP"})


def wire(visit):
    websocket(visit, f"/helpers/{visit.dice.choice(HELPERS)}/wire.ws")


def good_login(visit):
    """A login of its own, a few requests with its session, and its end."""
    with visit.connect() as client:
        answer = visit.request(client, "GET", "/session/check_login")
        cookie = answer.header("Set-Cookie").partition(";")[0]
        if not cookie:
            return
        for _ in range(3):
            visit.ledger.request(client, "GET", "/session/check_session", headers=[f"Cookie: {cookie}"])
        if visit.dice.random() < 0.3:
            visit.ledger.request(client, "POST", "/session/logout", headers=[f"Cookie: {cookie}"])


def bad_login(visit):
    with visit.connect(source=f"127.0.{visit.dice.randrange(256)}.{visit.dice.randrange(2, 250)}") as client:
        wrong = client.basic(USER, f"wrong {visit.dice.randrange(1000)}")
        visit.ledger.request(client, "GET", "/session/check_login", headers=[wrong])


def api_keys(visit):
    """Makes a key and, later, revokes it; one that is made or revoked without an answer may be there or not."""
    with visit.connect() as client:
        if visit.keys and visit.dice.random() < 0.5:
            name = visit.keys.pop()
            visit.request(client, "POST", "/auth/apikey/revoke.cmd", body=json.dumps({"name": name}))
            return
        name = f"soak-{visit.dice.randrange(10**9)}"
        key = {"name": name, "role": "readonly", "duration": 0}
        if visit.request(client, "POST", "/auth/apikey/generate.cmd", body=json.dumps(key)).status == 200:
            visit.keys.add(name)


def control(visit):
    """kismet ctl, as a process of its own; its requests are known by the access log."""
    words = visit.dice.choice((["status"], ["helpers"], ["routes"], ["messages"], ["helper", "demo"], ["log", "demo"],
                               ["restart", "page"], ["reload", "demo-py"]))
    subprocess.run([visit.daemon.program, *visit.daemon.arguments[visit.daemon.options:], "ctl", *words],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)


# How often each is chosen.
MIX = {pages: 30, pipelined: 8, forms: 8, stream: 8, download: 8, slow: 6, vanish: 10, half: 6, bad: 8, feed: 6,
       websocket_feed: 8, wire: 4, good_login: 5, bad_login: 5, api_keys: 3, control: 2}
