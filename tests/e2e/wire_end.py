"""The helper's end of the wire for tests: frames sent and read one at a time."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "helpers"))
from kismet_helper import decode_fields, decode_frame, encode_fields, encode_frame  # noqa: E402


class WireEnd:
    """What carries it is the subclass's: write(data), and receive(), which waits for bytes; none are the end."""

    def __init__(self, wire):
        self.wire = wire
        self.buffer, self.seqno = bytearray(), 0

    def frame(self, command, *fields):
        self.seqno += 1
        return encode_frame(self.wire, command, self.seqno, encode_fields(*fields))

    def send(self, command, *fields):
        self.write(self.frame(command, *fields))

    def read(self):
        """The next command and its fields, PINGs answered on the way; None at the end."""
        while True:
            frame = decode_frame(self.buffer)
            if frame is None:
                data = self.receive()
                if not data:
                    return None
                self.buffer += data
                continue
            command, seqno, content, used = frame
            del self.buffer[:used]
            if command == "PING":
                self.send("PONG", (1, seqno))
            else:
                return command, decode_fields(content)
