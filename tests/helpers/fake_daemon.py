"""The daemon's end of a helper's two pipes, for tests that run a helper alone."""

import os
import pathlib
import select
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "helpers"))
import kismet_helper as wire  # noqa: E402

DEADLINE = 20.0  # Seconds; generous, since it only bounds a test that fails.


def demo_programs():
    """The demo helpers that are there: name and command, prefix."""
    yield "python", [sys.executable, str(SOURCE / "helpers" / "kismet_demo.py"), "--prefix=/demo"]
    built = pathlib.Path(os.environ.get("KISMET_BUILD_DIR", SOURCE / "build" / "dev")) / "helpers" / "kismet_demo"
    if built.exists():
        yield "c++", [str(built), "--prefix=/demo"]


class FakeDaemon:
    """Starts `command` as the daemon does and speaks with it, frame by frame; a context manager that leaves no child."""

    def __init__(self, command, generation="v2", out_first=False):
        self.generation, self.seqno, self.next_id = generation, 0, 0
        child_in, self.to_helper = os.pipe()
        self.from_helper, child_out = os.pipe()
        ends = [f"--in-fd={child_in}", f"--out-fd={child_out}"]
        if out_first:
            ends.reverse()
        self.process = subprocess.Popen(
            [*command, *ends, f"--wire={generation}"],
            pass_fds=(child_in, child_out),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        os.close(child_in)
        os.close(child_out)
        self.buffer = bytearray()
        self.frames = []  # Came, and were not asked for yet.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        if self.from_helper is not None:
            os.close(self.from_helper)

    def hang_up(self):
        if self.to_helper is not None:
            os.close(self.to_helper)
            self.to_helper = None

    def send(self, command, *fields):
        self.seqno += 1
        self.send_bytes(wire.encode_frame(self.generation, command, self.seqno, wire.encode_fields(*fields)))
        return self.seqno

    def send_bytes(self, data):
        while data:
            data = data[os.write(self.to_helper, data) :]

    def request(self, uri, method="GET", **variables):
        """Asks, and returns the req_id."""
        pairs = [(4, wire.encode_fields((1, name), (2, value))) for name, value in variables.items()]
        request_id, self.next_id = self.next_id, self.next_id + 1
        self.send("HTTPREQUEST", (1, request_id), (2, uri), (3, method), *pairs)
        return request_id

    def frame(self, wanted):
        """Waits for a frame that `wanted(command, fields)` likes, and returns (command, fields); others are kept."""
        give_up = time.monotonic() + DEADLINE
        at = 0
        while True:
            while at < len(self.frames):
                if wanted(*self.frames[at]):
                    return self.frames.pop(at)
                at += 1
            self._read(give_up)

    def command(self, name):
        return self.frame(lambda command, _: command == name)[1]

    def response(self, request_id):
        """The next HTTPRESPONSE of a request, as its fields."""
        return self.frame(lambda name, fields: name == "HTTPRESPONSE" and wire.number(fields, 1) == request_id)[1]

    def answer(self, request_id):
        """A whole answer: (code, headers, content)."""
        code, headers, content = None, {}, b""
        while True:
            fields = self.response(request_id)
            code = fields[4][0] if 4 in fields and code is None else code
            headers.update(wire.pairs(fields, 2))
            content += wire.first(fields, 3, b"")
            if fields.get(5) == [1]:
                return code, headers, content

    def get(self, uri, method="GET", **variables):
        return self.answer(self.request(uri, method, **variables))

    def exit_code(self):
        """Waits for the helper's end; what it still says is kept in `frames`."""
        give_up = time.monotonic() + DEADLINE
        while self._read(give_up, at_end=False):
            pass
        return self.process.wait(timeout=DEADLINE)

    def _read(self, give_up, at_end=AssertionError):
        if not select.select([self.from_helper], [], [], max(0, give_up - time.monotonic()))[0]:
            raise AssertionError(f"waited too long for the helper; it said {self.frames}"[:1000])
        data = os.read(self.from_helper, 1 << 20)
        if not data:
            if at_end:
                raise at_end(f"the helper ended: {self.process.stderr.read().decode()}")
            return False
        self.buffer += data
        while (frame := wire.decode_frame(self.buffer)) is not None:
            command, _, content, used = frame
            del self.buffer[:used]
            self.frames.append((command, wire.decode_fields(content)))
        return True
