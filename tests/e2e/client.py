"""An HTTP client on a bare socket, which sends what it is told, right or wrong, and reads an answer as it comes."""

import base64
import json
import socket
import struct
import time

TIMEOUT = 60.0  # Seconds for any one read or write: bounds a test that fails.


class Truncated(Exception):
    """The connection ended before the answer did."""


class Response:
    def __init__(self, status, headers, content=b""):
        self.status, self.headers, self.content = status, headers, content

    @property
    def text(self):
        return self.content.decode()

    @property
    def json(self):
        return json.loads(self.content)

    def header(self, name):
        return self.headers.get(name.lower(), "")


class Client:
    """One connection; a context manager. ask() or send() first, then answer(), or head() and pieces()."""

    def __init__(self, port, receive_buffer=None, source=None):
        """`source`: the address that it comes from, of 127.0.0.0/8."""
        self.socket = socket.socket()
        self.socket.settimeout(TIMEOUT)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Leaves rudely: the other side gets a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    @staticmethod
    def basic(user, password):
        return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"

    # Asking.

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def ask(self, method, target, headers=(), body=None, form=None):
        if form is not None:
            body, headers = form, [*headers, "Content-Type: application/x-www-form-urlencoded"]
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body.encode())}")
        self.send("\r\n".join(lines) + "\r\n\r\n" + (body or ""))

    # Reading.

    def _more(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise Truncated(self.buffer[:200])
        self.buffer += data

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        part, _, self.buffer = self.buffer.partition(mark)
        return part

    def head(self):
        """The head of the next answer, as a Response without content."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, *_ = lines[0].split(" ")
        if not version.startswith("HTTP/1."):
            raise AssertionError(f"no answer: {lines[0][:100]}")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Response(int(status), headers)

    def pieces(self, response):
        """The content of an answer, as it comes: yields what is there. Raises Truncated if it ends too early."""
        if response.header("Transfer-Encoding") == "chunked":
            while size := int(self._until(b"\r\n"), 16):
                while size:
                    if not self.buffer:
                        self._more()
                    piece, self.buffer = self.buffer[:size], self.buffer[size:]
                    size -= len(piece)
                    yield piece
                self._until(b"\r\n")
            self._until(b"\r\n")
        else:
            size = int(response.header("Content-Length") or 0)
            while size:
                if not self.buffer:
                    self._more()
                piece, self.buffer = self.buffer[:size], self.buffer[size:]
                size -= len(piece)
                yield piece

    def lines(self, response):
        """The lines of an answer, as they come, each as (line, time at which it was complete)."""
        rest = b""
        for piece in self.pieces(response):
            rest += piece
            now = time.time()
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield line.decode(), now

    def answer(self, method="GET"):
        """The next answer, whole."""
        response = self.head()
        if method != "HEAD" and response.status not in (204, 304):
            response.content = b"".join(self.pieces(response))
        return response

    def more(self):
        """What has come by now, or comes next, of whatever it is."""
        if not self.buffer:
            self._more()
        data, self.buffer = self.buffer, b""
        return data

    def ended(self):
        """Reads until the other side ends the connection; returns what still came."""
        try:
            while True:
                self._more()
        except (Truncated, ConnectionResetError):
            return self.buffer
