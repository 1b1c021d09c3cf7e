"""A helper of the Kismet External Interface, in one file: copy it beside your program; it needs Python 3.8 and no package.

    from kismet_helper import Helper

    helper = Helper.from_arguments("hello")

    @helper.get("/hello/index.html")
    async def hello(request, answer):
        await answer.write("<h1>Hello</h1>")

    helper.run()

Handlers are coroutines, each request has one of its own, and all run in one thread. A client that leaves cancels its
handler (asyncio.CancelledError). `await answer.write()` waits while the daemon is slow to read; nothing else does, so
that a full pipe never holds back a cancel. docs/HELPERS.md tells the rest.
"""

import argparse
import asyncio
import base64
import hashlib
import itertools
import json
import os
import signal
import stat
import struct
import sys
import urllib.parse

DEBUG, INFO, ERROR, ALERT, FATAL = 1, 2, 4, 8, 16  # Severities of a message.

# --- The frames: v2 is {signature, 0xABCD, 2, length, 32 bytes of command name, seqno} and then the command's message;
# --- v0 is {signature, checksum, length} and then a message Command that holds all of these. Integers are big endian.

SIGNATURE = 0xDECAFBAD
V2_MARK = 0xABCD0002
FRAME_LIMIT = 16 * 1024 * 1024  # Bytes of a frame from the daemon; more means that we lost our place in the stream.
CONTENT_PER_FRAME = 8192  # Every daemon takes a frame below 16384 bytes.


class WireError(Exception):
    """The other side sent something that is no frame, or no message."""


def checksum_v0(data):
    """The v0 checksum: a rolling sum that resembles Adler-32 and is none."""
    if len(data) < 4:
        return 0
    return sum(data) & 0xFFFF | (sum(itertools.accumulate(data)) & 0xFFFF) << 16


def encode_frame(wire, command, seqno, content):
    if wire == "v2":
        return struct.pack(">III32sI", SIGNATURE, V2_MARK, len(content), command.encode(), seqno) + content
    payload = encode_fields((1, command), (2, seqno), (3, content))
    return struct.pack(">III", SIGNATURE, checksum_v0(payload), len(payload)) + payload


def decode_frame(buffer):
    """The first frame of `buffer` as (command, seqno, content, bytes used), or None if it is not all there yet."""
    if len(buffer) < 12:
        return None
    signature, mark, length = struct.unpack_from(">III", buffer)
    if signature != SIGNATURE or length > FRAME_LIMIT:
        raise WireError(f"no frame: signature {signature:#010x}, length {length}")
    header = 48 if mark == V2_MARK else 12
    if len(buffer) < header + length:
        return None
    payload = bytes(buffer[header : header + length])
    if mark == V2_MARK:
        name, seqno = struct.unpack_from(">32sI", buffer, 12)
        return name.rstrip(b"\0").decode(errors="replace"), seqno, payload, header + length
    if mark != checksum_v0(payload):
        raise WireError(f"wrong checksum {mark:#010x}")
    fields = decode_fields(payload)
    return text(fields, 1), number(fields, 2), first(fields, 3, b""), header + length


# --- The messages: protobuf, as much of it as they use. A field is a key (number << 3 | kind) and a varint (kind 0) or a
# --- length and that many bytes (kind 2).


def encode_varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_fields(*fields):
    """A message of (number, value) pairs: an int becomes a varint, str and bytes a length and the bytes."""
    out = bytearray()
    for key, value in fields:
        if isinstance(value, int):
            out += encode_varint(key << 3) + encode_varint(value)
        else:
            data = value.encode("utf-8", "replace") if isinstance(value, str) else value
            out += encode_varint(key << 3 | 2) + encode_varint(len(data)) + data
    return bytes(out)


def decode_varint(data, at):
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise WireError("garbled message")


def decode_fields(data):
    """A message as {number: [values in their order]}."""
    fields, at = {}, 0
    while at < len(data):
        key, at = decode_varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = decode_varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind)  # Fixed-size numbers: never sent to us, skipped all the same.
            if kind == 2:
                size, at = decode_varint(data, at)
            if size is None or at + size > len(data):
                raise WireError("garbled message")
            value, at = data[at : at + size], at + size
        fields.setdefault(key >> 3, []).append(value)
    return fields


def first(fields, key, default):
    value = fields.get(key, [default])[0]
    if isinstance(value, int) != isinstance(default, int):
        raise WireError("garbled message")
    return value


def number(fields, key):
    return first(fields, key, 0) & 0xFFFFFFFF


def text(fields, key):
    return first(fields, key, b"").decode("utf-8", "replace")


def pairs(fields, key):
    if any(isinstance(pair, int) for pair in fields.get(key, [])):
        raise WireError("garbled message")
    return [(text(pair, 1), text(pair, 2)) for pair in map(decode_fields, fields.get(key, []))]


# --- The helper.


class Request:
    """What a client asked. `variables` holds those of the query and of a form."""

    def __init__(self, fields):
        self.id = number(fields, 1)
        self.uri = text(fields, 2)
        self.method = text(fields, 3)
        self.variables = dict(pairs(fields, 4))
        self.body = first(fields, 100, b"")  # This and the next two come from daemons that send them.
        self.headers = pairs(fields, 101)
        self.client_address = text(fields, 102)


class Answer:
    """The answer to one request. `code` and `headers` count until the first write(); it is closed when its handler
    returns."""

    def __init__(self, helper, request_id):
        self.code = 200
        self.headers = {"Content-Type": "text/html; charset=utf-8"}
        self.started = False
        self._helper = helper
        self._id = request_id

    async def write(self, content):
        """Sends str or bytes to the client, now; waits while too much is queued already."""
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        for at in range(0, len(data), CONTENT_PER_FRAME):
            await self._helper.room()
            self._send((3, data[at : at + CONTENT_PER_FRAME]))
            await asyncio.sleep(0)  # Now the others: a big answer must not keep them from the queue.

    def close(self):
        self._send((5, 1))

    def _send(self, *fields):
        if not self.started:
            self.started = True
            headers = [(2, encode_fields((1, name), (2, str(value)))) for name, value in self.headers.items()]
            fields = (*headers, *fields, (4, self.code))
        self._helper.send("HTTPRESPONSE", (1, self._id), *fields)


class _Out(asyncio.BaseProtocol):
    """Whether the way to the daemon has room, and whether it is still there; asyncio calls it."""

    def __init__(self, lost):
        self.lost = lost  # A future.
        self.has_room = asyncio.Event()
        self.has_room.set()

    def pause_writing(self):
        self.has_room.clear()

    def resume_writing(self):
        self.has_room.set()

    def connection_lost(self, error):
        if not self.lost.done():
            self.lost.set_result(error)


class _Socket(_Out, asyncio.Protocol):
    """A connection to a daemon that has not started this helper: the way out, and the bytes that come in."""

    def __init__(self, lost, received):
        super().__init__(lost)
        self.received = received  # Called with bytes.

    def data_received(self, data):
        self.received(data)


class _WebSocket:
    """The client's side of a websocket, as much of it as frames need: each is a binary message."""

    def __init__(self):
        self._raw = bytearray()

    @staticmethod
    def wrap(payload, opcode=2):
        size, mask = len(payload), os.urandom(4)
        if size <= 125:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | size)
        elif size <= 0xFFFF:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, size)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")

    def unwrap(self, data):
        """The messages that are complete with `data`, each as (opcode, payload)."""
        self._raw += data
        while len(self._raw) >= 2:
            opcode, size, head = self._raw[0] & 0x0F, self._raw[1], 2
            if size > 127:
                raise WireError("no websocket: a masked frame")
            if size > 125:
                head = 4 if size == 126 else 10
                if len(self._raw) < head:
                    return
                size = int.from_bytes(self._raw[2:head], "big")
            if size > FRAME_LIMIT:
                raise WireError(f"a websocket frame of {size} bytes")
            if len(self._raw) < head + size:
                return
            payload = bytes(self._raw[head : head + size])
            del self._raw[: head + size]
            yield opcode, payload

    @staticmethod
    def handshake(url):
        """The request, and a function that raises ConnectionError if the head of the answer is not its answer."""
        key = base64.b64encode(os.urandom(16)).decode()
        target = (url.path if len(url.path) > 1 else "/external/helper.ws") + (f"?{url.query}" if url.query else "")
        lines = [f"GET {target} HTTP/1.1", f"Host: {url.netloc}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
        if "KISMET_API_KEY" in os.environ:
            lines.append(f"Cookie: KISMET={os.environ['KISMET_API_KEY']}")

        def check(head):
            status, *headers = head.decode("latin-1").split("\r\n")
            if not status.startswith("HTTP/1.1 101 "):
                raise ConnectionError(f"the daemon answers {status}")
            digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
            accept = f"sec-websocket-accept: {base64.b64encode(digest).decode()}"
            if accept.lower() not in (header.lower() for header in headers):
                raise ConnectionError("the daemon answers the handshake of somebody else")

        return "\r\n".join([*lines, "", ""]).encode(), check


class Helper(asyncio.Protocol):
    """The connection to the daemon. It ends when the daemon closes it or asks for its end (SHUTDOWN, SIGTERM)."""

    QUEUE_LIMIT = 1024 * 1024  # Bytes that may wait for the daemon before write() waits and messages are dropped.
    CONNECT = 15.0  # Seconds for a connection, and for the handshake of a websocket.
    LAST_WORDS = 1.0  # Seconds to get the queue out once the helper is to end.

    def __init__(self, name, in_fd=None, out_fd=None, wire="v2", connect=None):
        """`connect` is tcp://HOST:PORT or ws://HOST:PORT/PATH, where the daemon has not started this helper."""
        self.name, self.wire, self._url, self._websocket = name, wire, connect, None
        self.requests = self.cancels = self.dropped = 0  # Counters.
        self._in_fd, self._out_fd = in_fd, out_fd
        self._routes, self._listeners, self._background, self._tasks = {}, [], [], {}
        self._buffer = bytearray()
        self._seqno = 0
        self._pipe = self._out = self._token = self._ended = None
        self._early = []  # The frames that were sent before run().
        self.send("SYSTEMREGISTER", (1, name))

    @classmethod
    def from_arguments(cls, name, parser=None):
        """Takes --in-fd=N and --out-fd=N, or --connect=URL, and --wire=v0|v2 and --name=NAME from the command line, and
        what else `parser` knows (args)."""
        parser = parser or argparse.ArgumentParser(description=f"The helper {name}; the Kismet daemon starts it.")
        parser.add_argument("--in-fd", type=int, help="descriptor to read the daemon's frames from")
        parser.add_argument("--out-fd", type=int, help="descriptor to write frames to")
        parser.add_argument("--connect", help="where the daemon is, if it has not started this: tcp://... or ws://...")
        parser.add_argument("--wire", choices=("v0", "v2"), default="v2", help="generation of the frames")
        parser.add_argument("--name", default=name, help="what it calls itself")
        args = parser.parse_args()
        if args.connect:
            if not args.connect.startswith(("tcp://", "ws://")):
                parser.error("--connect takes tcp://HOST:PORT or ws://HOST:PORT/PATH")
            helper = cls(args.name, wire=args.wire, connect=args.connect)
            helper.args = args
            return helper
        if args.in_fd is None or args.out_fd is None:
            parser.error("--connect, or --in-fd and --out-fd: one of them is needed")
        for option, fd in (("--in-fd", args.in_fd), ("--out-fd", args.out_fd)):
            try:
                mode = os.fstat(fd).st_mode
            except OSError as error:
                parser.error(f"{option}={fd}: {error.strerror}")
            if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
                parser.error(f"{option}={fd} is neither pipe nor socket")
        helper = cls(args.name, args.in_fd, args.out_fd, args.wire)
        helper.args = args
        return helper

    # What it offers: before run(), or later.

    def route(self, method, uri):
        """Decorator: the coroutine function handler(request, answer) answers `method uri`."""

        def register(handler):
            self._routes[method, uri] = handler
            self.send("HTTPREGISTERURI", (1, uri), (2, method))
            return handler

        return register

    def get(self, uri):
        return self.route("GET", uri)

    def post(self, uri):
        return self.route("POST", uri)

    def on_event(self, *topics):
        """Decorator: handler(event) hears the event bus; `event` is {kismet.eventbus.type, kismet.eventbus.content}."""

        def register(handler):
            self._listeners.append((topics, handler))
            self.send("EVENTBUSREGISTER", *((1, topic) for topic in topics))
            return handler

        return register

    def background(self, work):
        """Decorator: the coroutine function work() runs beside the requests, from run() to the end."""
        self._background.append(work)
        return work

    # What it says.

    def message(self, words, severity=INFO):
        """Says a line on the daemon's console; dropped (and counted) while the daemon does not read."""
        self._send_or_drop("MESSAGE", (1, severity), (2, words))

    def publish(self, topic, content):
        """Publishes `content`, anything that is JSON, on the event bus; dropped like a message."""
        self._send_or_drop("EVENTBUSPUBLISH", (1, topic), (2, json.dumps(content)))

    async def token(self):
        """This helper's own login for the web server: the value of a cookie KISMET."""
        if self._token is None:
            self._token = asyncio.get_running_loop().create_future()
            self.send("HTTPAUTHREQ")
        return await asyncio.shield(self._token)

    @property
    def open_requests(self):
        return len(self._tasks)

    def run(self):
        """Serves until the end and leaves the program: exit code 0, or 1 if the daemon made no sense."""
        sys.exit(asyncio.run(self._main()))

    # Inside.

    async def _main(self):
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self._end)
        try:
            await (self._open_socket(loop) if self._url else self._open_pipes(loop))
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            print(f"{self.name}: cannot connect: {error or type(error).__name__}", file=sys.stderr)
            return 1
        background = [loop.create_task(self._work(work)) for work in self._background]
        code = await self._ended
        for task in (*background, *self._tasks.values()):
            task.cancel()
        self._pipe.close()  # What is queued still goes out.
        await asyncio.wait([self._out.lost], timeout=self.LAST_WORDS)
        return code

    async def _open_pipes(self, loop):
        self._out = _Out(lost=loop.create_future())
        self._out.lost.add_done_callback(lambda _: self._end())
        self._pipe, _ = await loop.connect_write_pipe(lambda: self._out, os.fdopen(self._out_fd, "wb", 0))
        self._pipe.set_write_buffer_limits(high=self.QUEUE_LIMIT)
        self._pipe.write(b"".join(self._early))
        await loop.connect_read_pipe(lambda: self, os.fdopen(self._in_fd, "rb", 0))

    async def _open_socket(self, loop):
        url = urllib.parse.urlsplit(self._url)
        self._out = _Socket(loop.create_future(), self.data_received)
        self._out.lost.add_done_callback(lambda _: self._end())
        connecting = loop.create_connection(lambda: self._out, url.hostname, url.port)
        self._pipe, _ = await asyncio.wait_for(connecting, self.CONNECT)
        self._pipe.set_write_buffer_limits(high=self.QUEUE_LIMIT)
        if url.scheme == "ws":
            await asyncio.wait_for(self._open_websocket(loop, url), self.CONNECT)
        for frame in self._early:
            self._pipe.write(self._websocket.wrap(frame) if self._websocket else frame)

    async def _open_websocket(self, loop, url):
        request, check = _WebSocket.handshake(url)
        answer, head = bytearray(), loop.create_future()

        def received(data):
            answer.extend(data)
            if b"\r\n\r\n" in answer and not head.done():
                self._out.received = self._message_received
                head.set_result(bytes(answer[: answer.index(b"\r\n\r\n")]))
                self._message_received(answer[answer.index(b"\r\n\r\n") + 4 :])

        def lost(_):
            if not head.done():
                head.set_exception(ConnectionError("the daemon has closed the connection"))

        self._websocket = _WebSocket()
        self._out.received = received
        self._out.lost.add_done_callback(lost)
        self._pipe.write(request)
        check(await head)

    def _message_received(self, data):
        try:
            for opcode, payload in self._websocket.unwrap(data):
                if opcode in (0, 2):
                    self.data_received(payload)
                elif opcode == 9:
                    self._pipe.write(self._websocket.wrap(payload, opcode=10))
                elif opcode == 8:
                    self._end()
        except WireError as error:
            print(f"{self.name}: the daemon sent what cannot be: {error}", file=sys.stderr)
            self._end(1)

    def _end(self, code=0):
        if not self._ended.done():
            self._ended.set_result(code)

    def send(self, command, *fields):
        frame = encode_frame(self.wire, command, self._seqno, encode_fields(*fields))
        self._seqno = self._seqno + 1 & 0xFFFFFFFF
        if self._pipe is None:
            self._early.append(frame)
        elif not self._pipe.is_closing():
            self._pipe.write(self._websocket.wrap(frame) if self._websocket else frame)

    def _send_or_drop(self, command, *fields):
        if self._pipe and self._pipe.get_write_buffer_size() > self.QUEUE_LIMIT:
            self.dropped += 1
        else:
            self.send(command, *fields)

    async def room(self):
        while not self._out.has_room.is_set():  # Many wait; who comes first may fill the queue again.
            await self._out.has_room.wait()

    # asyncio calls these two for the pipe from the daemon.

    def eof_received(self):
        self._end()

    def data_received(self, data):
        self._buffer += data
        try:
            while not self._ended.done():
                frame = decode_frame(self._buffer)
                if frame is None:
                    return
                command, seqno, content, used = frame
                del self._buffer[:used]
                self._handle(command, seqno, decode_fields(content))
        except WireError as error:
            print(f"{self.name}: the daemon sent what cannot be: {error}", file=sys.stderr)
            self._end(1)

    def _handle(self, command, seqno, fields):
        if command == "HTTPREQUEST":
            self._start(Request(fields))
        elif command == "HTTPREQUESTCANCEL":
            task = self._tasks.pop(number(fields, 1), None)
            if task:
                self.cancels += 1
                task.cancel()
        elif command == "PING":
            self.send("PONG", (1, seqno))
        elif command == "EVENT":
            self._hear(text(fields, 1))
        elif command == "HTTPAUTH":
            if self._token and not self._token.done():
                self._token.set_result(text(fields, 1))
        elif command == "SHUTDOWN":
            self._end(0)

    def _hear(self, event_json):
        try:
            event = json.loads(event_json)
            for topics, handler in self._listeners:
                if "*" in topics or event["kismet.eventbus.type"] in topics:
                    handler(event)
        except Exception as error:
            self.message(f"an event handler failed: {error!r}", ERROR)

    def _start(self, request):
        self.requests += 1
        self._tasks[request.id] = asyncio.get_running_loop().create_task(self._serve(request))

    async def _serve(self, request):
        answer = Answer(self, request.id)
        handler = self._routes.get((request.method, request.uri))
        try:
            if handler is None:
                answer.code = 404
            else:
                await handler(request, answer)
        except Exception as error:  # A bug in one page is that page's alone.
            answer.code = 500  # Counts if nothing was sent yet.
            self.message(f"{request.method} {request.uri} failed: {error!r}", ERROR)
        answer.close()
        self._tasks.pop(request.id, None)

    async def _work(self, work):
        try:
            await work()
        except Exception as error:
            self.message(f"background work failed: {error!r}", ERROR)
