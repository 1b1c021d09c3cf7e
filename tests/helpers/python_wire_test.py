"""The frames and messages of kismet_helper.py against bytes that real peers of the interface wrote."""

import random
import unittest
import zlib

from fake_daemon import wire

V0_PING = bytes.fromhex("decafbad08b501670000000a0a0450494e4710011a00")
V0_MESSAGE = bytes.fromhex("decafbad21030335000000130a074d45535341474510001a06080212026869")
V2_PING = bytes.fromhex("decafbadabcd000200000000") + b"PING" + bytes(28) + bytes.fromhex("00000001")


def decode_all(data):
    frames, buffer = [], bytearray(data)
    while (frame := wire.decode_frame(buffer)) is not None:
        frames.append(frame[:3])
        del buffer[: frame[3]]
    return frames


class Frames(unittest.TestCase):
    def test_the_checksum_is_the_rolling_sum_and_not_adler32(self):
        for data, value in (
            (b"", 0),
            (b"abc", 0),
            (b"abcd", 0x03D4018A),
            (b"abcde", 0x05C301EF),
            (bytes(range(256)), 0xAA807F80),
            (b"\xff" * 1000, 0x70ECE418),
            (bytes(8), 0),
        ):
            self.assertEqual(wire.checksum_v0(data), value, data)
        self.assertNotEqual(wire.checksum_v0(b"abcd"), zlib.adler32(b"abcd"))

    def test_golden_frames_are_written_byte_for_byte(self):
        self.assertEqual(wire.encode_frame("v0", "PING", 1, b""), V0_PING)
        self.assertEqual(wire.encode_frame("v0", "MESSAGE", 0, wire.encode_fields((1, 2), (2, "hi"))), V0_MESSAGE)
        self.assertEqual(wire.encode_frame("v2", "PING", 1, b""), V2_PING)

    def test_golden_frames_are_read(self):
        self.assertEqual(decode_all(V0_PING + V2_PING), [("PING", 1, b"")] * 2)
        ((command, seqno, content),) = decode_all(V0_MESSAGE)
        self.assertEqual((command, seqno), ("MESSAGE", 0))
        self.assertEqual(wire.decode_fields(content), {1: [2], 2: [b"hi"]})

    def test_a_frame_is_read_only_once_it_is_all_there(self):
        for frame in (V0_MESSAGE, wire.encode_frame("v2", "MESSAGE", 7, b"content")):
            for cut in range(len(frame)):
                self.assertIsNone(wire.decode_frame(frame[:cut]))
            self.assertEqual(wire.decode_frame(frame + b"x")[3], len(frame))

    def test_a_bad_signature_a_bad_checksum_and_a_mad_length_are_errors(self):
        for bad in (b"\0" + V2_PING[1:], V0_PING[:-1] + b"\1", V2_PING[:8] + b"\xff" * 4 + V2_PING[12:]):
            with self.assertRaises(wire.WireError):
                wire.decode_frame(bad)


class Messages(unittest.TestCase):
    def test_what_is_written_is_read_back(self):
        data = wire.encode_fields((1, 0), (2, "käse"), (2, b"\xff\0"), (300, 2**32 - 1), (4, wire.encode_fields((1, ""))))
        fields = wire.decode_fields(data)
        self.assertEqual(fields, {1: [0], 2: ["käse".encode(), b"\xff\0"], 300: [2**32 - 1], 4: [b"\x0a\x00"]})

    def test_fixed_size_fields_are_skipped(self):
        self.assertEqual(wire.decode_fields(b"\x09" + bytes(8) + b"\x15" + bytes(4) + b"\x18\x05")[3], [5])

    def test_garbage_is_an_error_and_nothing_else(self):
        dice = random.Random(7)
        for _ in range(20000):
            data = dice.randbytes(dice.randrange(24))
            try:
                fields = wire.decode_fields(data)
                wire.number(fields, 1), wire.text(fields, 2), wire.pairs(fields, 4)
            except wire.WireError:
                pass


if __name__ == "__main__":
    unittest.main()
