"""Clients that read more slowly than their helpers write: what waits for them spills to disk, in bounds, and nobody else
notices."""

import pathlib
import re
import sys
import time
import unittest

from client import Truncated
from daemon import DEMO, PASSWORD, USER, Daemon, fake, wait_until
from small_disk import in_small_disk

MIB = 1024 * 1024
PATTERN = bytes(range(256)) * 8192  # What download.bin repeats.


class SlowClients(unittest.TestCase):
    def metric(self, daemon, name):
        text = daemon.get("/metrics").text
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE).group(1))

    def resident(self, daemon):
        status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024

    def start(self, *settings, helpers=(DEMO,)):
        return self.enterContext(Daemon(*helpers, settings=settings))

    def open(self, daemon, target, **options):
        client = self.enterContext(daemon.client(**options))
        client.ask("GET", target, headers=[client.basic(USER, PASSWORD)])
        return client

    def download(self, daemon, size):
        """A client that has asked for a page of `size` bytes, and reads little at a time."""
        return self.open(daemon, f"/demo/download.bin?size={size}", receive_buffer=4096)

    def read(self, client, most=None, pause=0.0):
        """Reads up to `most` bytes of an answer, checks them, and returns how many there were, and whether it was whole."""
        head = client.head()
        self.assertEqual(head.status, 200)
        done = 0
        try:
            for piece in client.pieces(head):
                for at in range(0, len(piece), MIB):
                    part = piece[at : at + MIB]
                    offset = (done + at) % 256
                    self.assertTrue(PATTERN[offset : offset + len(part)] == part, f"wrong after byte {done + at}")
                done += len(piece)
                if most and done >= most:
                    return done, False
                if pause:
                    time.sleep(pause * len(piece))
            return done, True
        except (Truncated, ConnectionResetError):
            return done, False

    def check_that_others_go_on(self, daemon):
        self.assertEqual(daemon.get("/demo/index.html").status, 200)
        self.assertEqual(daemon.get("/demo/download.bin?size=300000").content, (PATTERN * 2)[:300_000])

    def given_back(self, daemon):
        wait_until(lambda: self.metric(daemon, "kismet_answers_disk_bytes") == 0
                   and self.metric(daemon, "kismet_spill_files") == 0, "the disk is given back")

    def test_what_waits_for_a_slow_client_is_on_disk_and_arrives_whole(self):
        daemon = self.start("helper_answer_memory=256k", "helper_answers_memory=32M")
        daemon.wait_for_helpers("/demo")
        slow = [self.download(daemon, 48 * MIB) for _ in range(4)]
        wait_until(lambda: daemon.get("/demo/counters.json").json["open"] == 1, "the helper is done with its answers")
        self.assertGreater(self.metric(daemon, "kismet_answers_disk_bytes"), 100 * MIB)
        self.assertEqual(self.metric(daemon, "kismet_spill_files"), 4)
        self.check_that_others_go_on(daemon)
        memory = self.resident(daemon)
        for client in slow:
            self.assertEqual(self.read(client), (48 * MIB, True))
        self.given_back(daemon)
        self.assertGreater(self.metric(daemon, "kismet_spilled_bytes_total"), 100 * MIB)
        print(f"peak memory {memory / MIB:.1f} MiB", file=sys.stderr)

    def test_four_gib_for_a_slow_reader_end_by_policy(self):
        daemon = self.start("helper_answer_memory=1M", "helper_answer_limit=64M", "helper_answers_memory=32M")
        daemon.wait_for_helpers("/demo")
        before = daemon.get("/demo/counters.json").json["cancels"]
        slow = self.download(daemon, 4 * 1024 * MIB)
        done, whole = self.read(slow, pause=1 / (256 * 1024))
        self.assertFalse(whole)
        self.assertLess(done, 64 * MIB)
        daemon.wait_for_line(r"download.bin cut off: its client read too slowly, and more than helper_answer_limit")
        self.assertEqual(daemon.get("/demo/counters.json").json["cancels"], before + 1)
        self.assertEqual(self.metric(daemon, 'kismet_answers_over_limit_total{limit="answer"}'), 1)
        self.check_that_others_go_on(daemon)
        self.given_back(daemon)

    def test_with_the_policy_cancel_the_client_still_gets_what_waits(self):
        daemon = self.start("helper_answer_memory=1M", "helper_answer_limit=32M", "helper_answer_policy=cancel")
        daemon.wait_for_helpers("/demo")
        slow = self.download(daemon, 4 * 1024 * MIB)
        wait_until(lambda: daemon.get("/demo/counters.json").json["cancels"] == 1, "the helper is told to stop")
        done, whole = self.read(slow)
        self.assertFalse(whole)
        self.assertGreater(done, 31 * MIB)
        daemon.wait_for_line(r"download.bin cut off: .*helper_answer_limit")
        self.given_back(daemon)

    def test_disk_space_for_all_that_is_used_up_ends_the_answer_that_asks_for_more(self):
        daemon = self.start("helper_answer_memory=1M", "helper_answers_disk=24M")
        daemon.wait_for_helpers("/demo")
        first = self.download(daemon, 16 * MIB)
        wait_until(lambda: self.metric(daemon, "kismet_answers_disk_bytes") > 8 * MIB, "the first answer waits on disk")
        wait_until(lambda: daemon.get("/demo/counters.json").json["open"] == 1, "all of it")
        second = self.download(daemon, 64 * MIB)
        daemon.wait_for_line(r"cut off: .*helper_answers_disk")
        self.assertFalse(self.read(second)[1])
        self.check_that_others_go_on(daemon)
        self.assertEqual(self.read(first), (16 * MIB, True))
        self.given_back(daemon)

    def test_a_full_temporary_disk_ends_that_answer_alone(self):
        daemon = Daemon(DEMO, settings=["helper_answer_memory=1M"])
        with daemon.config.open("a", encoding="utf-8") as config:
            config.write(f"helper_spill_folder={daemon.home}/disk\n")
        if not in_small_disk(daemon, "8m"):
            daemon.remove()
            self.skipTest("no mount namespace here")
        self.enterContext(daemon)
        daemon.wait_for_helpers("/demo")
        small = self.download(daemon, 4 * MIB)
        wait_until(lambda: daemon.get("/demo/counters.json").json["open"] == 1, "a small answer waits")
        large = self.download(daemon, 512 * MIB)
        daemon.wait_for_line(r"download.bin cut off: .*temporary file failed: No space left on device")
        self.assertFalse(self.read(large)[1])
        self.assertEqual(self.metric(daemon, 'kismet_answers_over_limit_total{limit="disk failure"}'), 1)
        self.check_that_others_go_on(daemon)
        self.assertEqual(self.read(small), (4 * MIB, True))
        self.given_back(daemon)
        self.assertEqual(daemon.count_lines("cut off"), 1)

    def test_a_folder_that_is_not_there_ends_only_what_needs_it(self):
        daemon = self.start("helper_answer_memory=1M", "helper_spill_folder=/nowhere/at/all")
        daemon.wait_for_helpers("/demo")
        large = self.download(daemon, 512 * MIB)
        daemon.wait_for_line(r"download.bin cut off: .*temporary file failed: No such file or directory")
        self.assertFalse(self.read(large)[1])
        self.check_that_others_go_on(daemon)

    def test_a_long_stream_takes_no_more_disk_than_what_waits(self):
        daemon = self.start("helper_answer_memory=64k", "helper_answers_memory=32M", "helper_answer_limit=64M",
                            "helper_answer_policy=cancel")
        daemon.wait_for_helpers("/demo")
        slow = self.download(daemon, 60 * MIB)
        wait_until(lambda: self.metric(daemon, "kismet_answers_disk_bytes") > 50 * MIB, "the answer waits on disk")
        wait_until(lambda: daemon.get("/demo/counters.json").json["open"] == 1, "all of it")
        full = self.metric(daemon, "kismet_answers_disk_bytes")
        self.assertGreaterEqual(self.read(slow, most=40 * MIB)[0], 40 * MIB)
        wait_until(lambda: self.metric(daemon, "kismet_answers_disk_bytes") < full - 30 * MIB, "what was read is free")

    def test_open_streams_at_a_stop_are_no_error(self):
        daemon = self.start()
        daemon.wait_for_helpers("/demo")
        stream = self.open(daemon, "/demo/stream.txt")
        head = stream.head()
        next(stream.lines(head))
        daemon.stop()
        self.assertEqual(daemon.count_lines("cut off"), 0)
        self.assertFalse(stream.ended().endswith(b"0\r\n\r\n"))  # It is seen not to be whole.

    def test_no_helper_sets_the_cookie_of_a_login(self):
        daemon = self.start(helpers=[fake("thief", "login_cookie")])
        page = daemon.wait_for_page("/fake/login_cookie")
        cookie = page.header("Set-Cookie").split(";")[0]  # The daemon's own, which comes last.
        for _ in range(2):
            page = daemon.request("GET", "/fake/login_cookie", login=False, headers=[f"Cookie: {cookie}"])
            self.assertEqual((page.status, page.header("Set-Cookie")), (200, "theme=dark; Path=/"))
        self.assertEqual(daemon.count_lines("Set-Cookie for KISMET"), 1)
        self.assertGreaterEqual(self.metric(daemon, "kismet_proxied_bad_cookies_total"), 8)


if __name__ == "__main__":
    unittest.main()
