"""Each demo helper alone on its two pipes, in both wire generations: what the daemon says, and what must come back.

KISMET_TEST_DEMO=python or c++ tests only that one.
"""

import json
import os
import signal
import subprocess
import unittest

from fake_daemon import DEADLINE, FakeDaemon, demo_programs, wire

PAGES = ("index", "variables", "stream", "download", "events", "message", "answer")


class OneHelper:
    """The tests; the classes below run them for each program and generation."""

    program, generation = (), ""

    def start(self, **options):
        return FakeDaemon(self.program, self.generation, **options)

    def test_it_speaks_first_names_itself_and_registers_every_page(self):
        with self.start() as daemon:
            self.assertTrue(wire.text(daemon.command("SYSTEMREGISTER"), 1))
            uris = set()
            while len(uris) < len(PAGES) + 6:
                fields = daemon.command("HTTPREGISTERURI")
                uris.add((wire.text(fields, 2), wire.text(fields, 1)))
            for page in PAGES:
                self.assertIn(("GET", f"/demo/{page}.html"), uris)
            self.assertIn(("POST", "/demo/variables.html"), uris)

    def test_the_descriptors_come_in_any_order(self):
        with self.start(out_first=True) as daemon:
            self.assertEqual(daemon.get("/demo/index.html")[0], 200)

    def test_every_page_answers(self):
        with self.start() as daemon:
            for page in PAGES:
                code, headers, content = daemon.get(f"/demo/{page}.html")
                self.assertEqual(code, 200)
                self.assertTrue(headers["Content-Type"].startswith("text/html"))
                self.assertIn(b"</html>", content)

    def test_variables_are_shown_and_harmless(self):
        with self.start() as daemon:
            for method in ("GET", "POST"):
                _, _, content = daemon.get("/demo/variables.html", method, name="<script>&\"'", käse="ü")
                self.assertIn(b"&lt;script&gt;&amp;", content)
                self.assertNotIn(b"<script>", content)
                self.assertIn("ü".encode(), content)
                self.assertIn(f"{method} brought".encode(), content)

    def test_code_and_header_are_those_asked_for(self):
        with self.start() as daemon:
            code, headers, _ = daemon.get("/demo/answer.html", code="418", header="short and stout")
            self.assertEqual((code, headers["X-Demo"]), (418, "short and stout"))
            self.assertEqual(daemon.get("/demo/answer.html", code="many")[0], 400)

    def test_a_stream_goes_on_until_it_is_cancelled(self):
        with self.start() as daemon:
            stream = daemon.request("/demo/stream.txt")
            self.assertTrue(wire.first(daemon.response(stream), 3, b"").startswith(b"line 1 "))
            self.assertTrue(wire.first(daemon.response(stream), 3, b"").startswith(b"line 2 "))
            daemon.send("HTTPREQUESTCANCEL", (1, stream))
            self.assertEqual(self.counters(daemon), {"cancels": 1, "open": 1})  # The one that asks.

    def test_a_thousand_streams_come_and_go_at_once(self):
        with self.start() as daemon:
            streams = [daemon.request("/demo/stream.txt") for _ in range(1000)]
            for stream in streams:
                self.assertIn(b"line 1 ", wire.first(daemon.response(stream), 3, b""))
            for stream in streams:
                daemon.send("HTTPREQUESTCANCEL", (1, stream))
            self.assertEqual(self.counters(daemon), {"cancels": 1000, "open": 1})

    def test_a_cancel_of_nothing_is_ignored(self):
        with self.start() as daemon:
            daemon.send("HTTPREQUESTCANCEL", (1, 77))
            self.assertEqual(self.counters(daemon), {"cancels": 0, "open": 1})

    def test_a_download_is_the_size_asked_for_and_says_so(self):
        with self.start() as daemon:
            for size in (0, 1, 8192, 1_000_003):
                code, headers, content = daemon.get("/demo/download.bin", size=str(size))
                self.assertEqual((code, headers["Content-Length"], len(content)), (200, str(size), size))
                self.assertEqual(content, (bytes(range(256)) * (size // 256 + 1))[:size])
            for size in ("-1", "x", "", "9999999999999", "٣"):
                self.assertEqual(daemon.get("/demo/download.bin", size=size)[0], 400)

    def test_a_full_pipe_holds_back_no_cancel(self):
        with self.start() as daemon:
            daemon.command("SYSTEMREGISTER")
            downloads = [daemon.request("/demo/download.bin", size="999999999999") for _ in range(3)]
            page = daemon.request("/demo/index.html")
            for download in downloads:  # Nobody reads: the pipe is full, and so is soon the helper's own queue.
                daemon.send("HTTPREQUESTCANCEL", (1, download))
            daemon.send("PING")
            daemon.command("PONG")
            self.assertEqual(daemon.answer(page)[0], 200)
            self.assertEqual(self.counters(daemon), {"cancels": 3, "open": 1})

    def test_memory_stays_bounded_while_nobody_reads(self):
        with self.start() as daemon:
            daemon.command("SYSTEMREGISTER")
            before = self.resident(daemon)
            downloads = [daemon.request("/demo/download.bin", size="999999999999") for _ in range(20)]
            for download in downloads:
                daemon.response(download)  # Each has begun and has its turn.
            self.assertLess(self.resident(daemon) - before, 16 * 1024 * 1024)

    def test_events_reach_those_who_watch(self):
        with self.start() as daemon:
            self.assertIn(b"*", daemon.command("EVENTBUSREGISTER")[1])
            watch = daemon.request("/demo/events.txt")
            self.assertEqual(self.counters(daemon), {"cancels": 0, "open": 2})
            event = {"kismet.eventbus.type": "WEATHER", "kismet.eventbus.content": {"WEATHER": {"sun": "yes"}}}
            daemon.send("EVENT", (1, json.dumps(event)))
            line = wire.first(daemon.response(watch), 3, b"").decode()
            self.assertEqual(line.split()[0], "WEATHER")
            self.assertEqual(json.loads(line.partition(" ")[2]), {"WEATHER": {"sun": "yes"}})

    def test_an_event_that_is_no_json_harms_nobody(self):
        with self.start() as daemon:
            daemon.send("EVENT", (1, "{"))
            self.assertEqual(daemon.get("/demo/index.html")[0], 200)

    def test_a_message_is_said_and_published(self):
        with self.start() as daemon:
            daemon.get("/demo/message.html", "POST", text="hello all", error="on")
            fields = daemon.frame(lambda name, fields: name == "MESSAGE" and wire.text(fields, 2) == "hello all")[1]
            self.assertEqual(wire.number(fields, 1), wire.ERROR)
            fields = daemon.command("EVENTBUSPUBLISH")
            self.assertEqual(wire.text(fields, 1), "DEMO_MESSAGE")
            self.assertEqual(json.loads(wire.text(fields, 2)), {"text": "hello all"})

    def test_a_ping_is_answered_with_its_own_number(self):
        with self.start() as daemon:
            for _ in range(3):
                seqno = daemon.send("PING")
                self.assertEqual(wire.number(daemon.command("PONG"), 1), seqno)

    def test_frames_may_come_byte_by_byte_and_many_at_once(self):
        with self.start() as daemon:
            frame = wire.encode_frame(self.generation, "PING", 5, b"")
            for at in range(len(frame)):
                daemon.send_bytes(frame[at : at + 1])
            self.assertEqual(wire.number(daemon.command("PONG"), 1), 5)
            daemon.send_bytes(frame * 100)
            for _ in range(100):
                daemon.command("PONG")

    def test_an_unknown_command_and_unknown_fields_are_ignored(self):
        with self.start() as daemon:
            daemon.send("NEWCOMMAND", (1, "what"))
            daemon.send("PING", (99, "field"))
            daemon.command("PONG")

    def test_it_ends_in_order_at_end_of_file_at_shutdown_and_at_sigterm(self):
        for end in (
            lambda daemon: daemon.hang_up(),
            lambda daemon: daemon.send("SHUTDOWN", (1, "enough")),
            lambda daemon: daemon.process.send_signal(signal.SIGTERM),
        ):
            with self.start() as daemon:
                stream = daemon.request("/demo/stream.txt")
                daemon.response(stream)
                end(daemon)
                self.assertEqual(daemon.exit_code(), 0)

    def test_it_ends_when_nobody_reads_any_more(self):
        with self.start() as daemon:
            daemon.response(daemon.request("/demo/stream.txt"))
            os.close(daemon.from_helper)
            daemon.from_helper = None
            self.assertEqual(daemon.process.wait(timeout=DEADLINE), 0)

    def test_it_ends_within_bounds_though_its_pipe_is_full(self):
        with self.start() as daemon:
            daemon.response(daemon.request("/demo/download.bin", size="999999999999"))
            daemon.process.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.process.wait(timeout=DEADLINE), 0)

    def test_garbage_ends_it_with_a_message(self):
        with self.start() as daemon:
            daemon.command("SYSTEMREGISTER")
            daemon.send_bytes(b"this is no frame of any kind")
            self.assertEqual(daemon.exit_code(), 1)
            self.assertIn(b"signature 0x74686973", daemon.process.stderr.read())

    def test_wrong_arguments_are_told(self):
        reader, writer = os.pipe()
        with open(os.devnull) as null, open(reader, "rb"), open(writer, "wb"):
            for arguments, told in (
                ([], "--in-fd"),
                ([f"--in-fd={reader}"], "--out-fd"),
                ([f"--in-fd={reader}", "--out-fd=987"], "--out-fd"),
                ([f"--in-fd={reader}", "--out-fd=one"], "--out-fd"),
                ([f"--in-fd={null.fileno()}", f"--out-fd={writer}"], "--in-fd"),
                ([f"--in-fd={reader}", f"--out-fd={writer}", "--wire=v9"], "--wire"),
            ):
                fds = (reader, writer, null.fileno())
                run = subprocess.run([*self.program, *arguments], pass_fds=fds, capture_output=True, timeout=DEADLINE)
                self.assertEqual(run.returncode, 2, arguments)
                self.assertIn(told, run.stderr.decode(), arguments)

    def counters(self, daemon):
        _, _, content = daemon.get("/demo/counters.json")
        figures = json.loads(content)
        self.assertEqual(figures["pid"], daemon.process.pid)
        return {name: figures[name] for name in ("cancels", "open")}

    def resident(self, daemon):
        with open(f"/proc/{daemon.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for name, program in demo_programs():
        if os.environ.get("KISMET_TEST_DEMO", name) != name:
            continue
        for generation in ("v0", "v2"):
            case = type(f"{name} {generation}", (OneHelper, unittest.TestCase), {"program": program, "generation": generation})
            suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()
