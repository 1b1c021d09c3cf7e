"""Helpers that break the rules, one at a time (fake_helper.py), while another helper's pages go on as ever."""

import time
import unittest

from client import Truncated
from daemon import DEMO, PASSWORD, USER, Daemon, fake, wait_until

SETTINGS = (
    "helper_restart_delay=50ms",
    "helper_restart_longest_delay=50ms",
    "helper_answer_timeout=300ms",
    "helper_ping_interval=200ms",
    "helper_ping_timeout=2s",
)


class BadHelpers(unittest.TestCase):
    """One daemon, one good helper with an open stream, and one fake helper a mode."""

    MODES = (
        "bad_signature length_over_limit half_frame_and_exit exit_without_answer garbage_for_ever garbage_message "
        "unknown_command finished_request unknown_request late_header split_header odd_code no_answer message_flood "
        "stops_reading registers_too_much"
    ).split()

    @classmethod
    def setUpClass(cls):
        helpers = [fake(mode, mode) for mode in cls.MODES]
        helpers.append(fake("wrong_checksum", "wrong_checksum", "--wire=v0"))
        cls.daemon = cls.enterClassContext(Daemon(DEMO, *helpers, settings=SETTINGS))
        cls.daemon.wait_for_helpers("/demo")
        cls.pid = cls.daemon.get("/demo/counters.json").json["pid"]
        cls.stream = cls.enterClassContext(cls.daemon.client())
        cls.stream.ask("GET", "/demo/stream.txt", headers=[cls.stream.basic(USER, PASSWORD)])
        cls.addClassCleanup(cls.check_stream, cls.stream.lines(cls.stream.head()))

    @classmethod
    def check_stream(cls, lines):
        """Through all of it the good helper's stream went on, line after line."""
        end = time.time()
        for count, (line, _) in enumerate(lines, 1):
            words = line.split()
            assert words[1] == str(count), line
            if float(words[3]) > end:
                break

    def tearDown(self):
        """The others never noticed."""
        self.assertEqual(self.daemon.get("/demo/counters.json").json["pid"], self.pid)
        self.assertEqual(self.daemon.get("/demo/index.html").status, 200)

    def ask(self, mode, query=""):
        self.daemon.wait_for_page(f"/fake/{mode}/ok")
        return self.daemon.get(f"/fake/{mode}{query}")

    def ends_and_comes_back(self, mode, told, status=502):
        """Its request ends, the console says why once, and a new process takes over."""
        before = len(self.daemon.lines)
        self.assertEqual(self.ask(mode).status, status)
        self.daemon.wait_for_line(f"{mode}.*{told}", after=before)
        self.daemon.wait_for_page(f"/fake/{mode}/ok")

    def goes_on(self, mode, query=""):
        """Its request is answered, and the same process answers the next. Returns the answer."""
        response = self.ask(mode, query)
        self.goes_on_with(mode)
        return response

    def goes_on_with(self, mode):
        self.assertEqual(self.daemon.get(f"/fake/{mode}/ok").status, 200)
        self.assertEqual(self.daemon.count_lines(f"helper {mode}: started"), 1)

    def test_bad_signature(self):
        self.ends_and_comes_back("bad_signature", "signature")

    def test_wrong_checksum(self):
        self.ends_and_comes_back("wrong_checksum", "checksum")

    def test_length_over_the_limit(self):
        self.ends_and_comes_back("length_over_limit", "(too|limit|longer)")

    def test_exit_without_an_answer(self):
        self.ends_and_comes_back("exit_without_answer", "(exit|code|status).*3")

    def test_half_a_frame_and_then_the_end(self):
        before = len(self.daemon.lines)
        self.daemon.wait_for_page("/fake/half_frame_and_exit/ok")
        with self.daemon.client() as client:
            client.ask("GET", "/fake/half_frame_and_exit", headers=[client.basic(USER, PASSWORD)])
            with self.assertRaises((Truncated, ConnectionResetError)):
                response = client.head()
                if response.status == 502:  # No head had been sent yet: then that says it all.
                    raise Truncated
                for _ in client.pieces(response):
                    pass
        self.daemon.wait_for_line("half_frame_and_exit", after=before)

    def test_garbage_without_end_ends_the_connection(self):
        self.ends_and_comes_back("garbage_for_ever", "")

    def test_one_garbled_message_is_told_and_forgiven(self):
        self.assertEqual(self.goes_on("garbage_message").text, "still there")
        self.daemon.wait_for_line("garbage_message.*MESSAGE")

    def test_an_unknown_command_is_ignored(self):
        self.assertEqual(self.goes_on("unknown_command").text, "still there")

    def test_answers_to_a_finished_request_are_ignored(self):
        self.assertEqual(self.goes_on("finished_request").text, "all of it")

    def test_an_answer_to_a_request_that_never_was(self):
        self.ends_and_comes_back("unknown_request", "123456")

    def test_a_code_and_a_header_that_come_too_late(self):
        self.daemon.wait_for_page("/fake/late_header/ok")
        with self.daemon.client() as client:
            client.ask("GET", "/fake/late_header", headers=[client.basic(USER, PASSWORD)])
            response = client.head()
            self.assertEqual((response.status, response.header("X-Late")), (200, ""))
            self.daemon.get("/fake/late_header/ok")  # Now it comes.
            self.assertEqual(b"".join(client.pieces(response)), b"x" * 40000 + b"y")
        self.goes_on_with("late_header")

    def test_headers_that_would_split_the_answer(self):
        response = self.goes_on("split_header")
        self.assertEqual((response.text, response.header("X-Good")), ("still there", "yes"))
        for name in ("X-Split", "Set-Cookie", "X-Na me", "X-Nul", "Transfer-Encoding"):
            self.assertEqual(response.header(name).partition("KISMET")[0], "", name)

    def test_result_codes_that_are_none(self):
        for code in (0, 1, 99, 600, 1000, 4294967295):
            self.assertEqual(self.goes_on("odd_code", f"?code={code}").status, 502, code)
        self.assertEqual(self.goes_on("odd_code", "?code=599").status, 599)

    def test_a_request_that_is_never_answered_times_out_and_is_cancelled(self):
        before = len(self.daemon.lines)
        self.assertEqual(self.goes_on("no_answer").status, 504)
        self.daemon.wait_for_line("no_answer.*the cancel came", after=before)

    def test_a_flood_of_messages_is_cut(self):
        self.assertEqual(self.goes_on("message_flood").text, "flooded")
        self.assertLess(self.daemon.count_lines("message_flood: flood"), 50_000)

    def test_a_helper_that_stops_reading_is_given_up(self):
        before = len(self.daemon.lines)
        self.assertEqual(self.ask("stops_reading").text, "last words")
        self.daemon.wait_for_line("stops_reading.*(PONG|PING|unresponsive|answer)", after=before)
        wait_until(lambda: self.daemon.get("/fake/stops_reading/ok").status == 200, "it is started anew")

    def test_uris_that_it_may_not_have(self):
        self.assertEqual(self.goes_on("registers_too_much").text, "still there")
        self.daemon.wait_for_line("registers_too_much.*/session/check_login")
        self.daemon.wait_for_line("registers_too_much.*/demo/index.html")
        self.assertEqual(self.daemon.get("/session/check_login").text, "Login valid\n")
        self.assertEqual(self.daemon.get("/fake/method").status, 404)


if __name__ == "__main__":
    unittest.main()
