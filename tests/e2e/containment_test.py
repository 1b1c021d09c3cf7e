"""Helpers that take too much, and helpers that are killed again and again: each is contained and reported, and nobody
else pays for it."""

import os
import pathlib
import signal
import subprocess
import time
import unittest

from client import Truncated
from daemon import DEMO, PASSWORD, SOURCE, USER, Daemon, alive, fake, wait_until
from load import Load

QUICK = ("helper_restart_delay=10ms", "helper_restart_longest_delay=10ms", "helper_restart_burst=0")


def helper(daemon, name):
    return daemon.get(f"/helpers/{name}.json").json


def report(daemon, name):
    return wait_until(lambda: helper(daemon, name)["kismet.helper.last_report"], f"there is a report on {name}")


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def zombies(daemon):
    found = 0
    for task in pathlib.Path(f"/proc/{daemon.process.pid}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            try:
                stat = pathlib.Path(f"/proc/{child}/stat").read_text(encoding="ascii")
                found += stat.rpartition(")")[2].split()[0] == "Z"
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


class Contained(unittest.TestCase):
    def start(self, *helpers, settings=QUICK):
        daemon = self.enterContext(Daemon(DEMO, *helpers, settings=settings))
        daemon.wait_for_helpers("/demo")
        self.demo = helper(daemon, "demo")["kismet.helper.pid"]
        self.addCleanup(self.check_others, daemon)
        return daemon

    def check_others(self, daemon):
        self.assertEqual(daemon.get("/demo/index.html").status, 200)
        self.assertEqual(helper(daemon, "demo")["kismet.helper.pid"], self.demo)

    def provoke(self, daemon, mode):
        """Asks for the page that begins it, without waiting for an answer."""
        daemon.wait_for_page(f"/fake/{mode}/ok")
        client = daemon.client()
        self.addCleanup(client.close)
        client.ask("GET", f"/fake/{mode}", headers=[client.basic(USER, PASSWORD)])
        return client

    def test_a_stopped_process_is_found_out_and_replaced(self):
        daemon = self.start(
            fake("bad", "no_answer"), settings=(*QUICK, "helper_ping_interval=100ms", "helper_ping_timeout=500ms")
        )
        daemon.wait_for_page("/fake/no_answer/ok")
        os.kill(stopped := helper(daemon, "bad")["kismet.helper.pid"], signal.SIGSTOP)
        found = report(daemon, "bad")
        self.assertEqual(found["pid"], stopped)
        self.assertIn("no longer answers", found["summary"])
        self.assertEqual(found["frames"][-1]["command"], "PING")
        daemon.wait_for_page("/fake/no_answer/ok")
        self.assertFalse(alive(stopped))

    def test_one_that_must_speak_and_does_not_is_ended(self):
        daemon = self.start(fake("bad", "silent", more=",must_speak=true,ready_timeout=500ms,restart=never"))
        self.assertIn("has not sent a good frame", report(daemon, "bad")["summary"])
        self.assertEqual(helper(daemon, "bad")["kismet.helper.state"], "failed")

    def test_one_that_crashes_again_and_again_is_given_up(self):
        daemon = self.start("/bin/false:name=bad", settings=(*QUICK[:2], "helper_restart_burst=5"))
        daemon.wait_for_line("bad: .*given up after 5 restarts in a row")
        is_now = helper(daemon, "bad")
        self.assertEqual((is_now["kismet.helper.state"], is_now["kismet.helper.failures"]), ("failed", 6))

    def test_one_that_forks_without_end_meets_its_limit(self):
        if os.getuid() != 0:
            self.skipTest("counts the processes of a user of its own, which takes root")
        if subprocess.run(["test", "-r", f"{SOURCE}/helpers/kismet_helper.py"], user="nobody", check=False).returncode:
            self.skipTest("nobody may not read this tree")
        daemon = self.start(fake("bad", "fork_bomb", more=",user=nobody,processes=20"))
        daemon.wait_for_page("/fake/fork_bomb/ok")
        response = daemon.get("/fake/fork_bomb")
        forked, _, why = response.text.partition(" ")
        self.assertIn("unavailable", why)
        self.assertLess(int(forked), 20)
        daemon.request("POST", "/helpers/bad/stop.cmd")
        wait_until(lambda: len(daemon.children()) <= 2, "all that it has started is gone")

    def test_one_that_eats_memory_meets_its_limit(self):
        daemon = self.start(fake("bad", "eats_memory", more=",memory=256M"))
        self.provoke(daemon, "eats_memory")
        found = report(daemon, "bad")
        self.assertIn("MemoryError", "\n".join(found["output"]))
        self.assertLess(found["resources"]["peak_memory"], 300 << 20)
        self.assertIn("memory=", found["hint"])
        self.assertIn("HTTPREQUEST", [frame["command"] for frame in found["frames"] if frame["direction"] == "out"])

    def test_one_that_leaks_descriptors_meets_its_limit(self):
        daemon = self.start(fake("bad", "leaks_descriptors", more=",open_files=32"))
        before = descriptors(daemon)
        self.provoke(daemon, "leaks_descriptors")
        found = report(daemon, "bad")
        self.assertIn("Too many open files", "\n".join(found["output"]))
        self.assertIn("open_files=", found["hint"])
        daemon.wait_for_page("/fake/leaks_descriptors/ok")
        self.assertLessEqual(descriptors(daemon), before + 2)

    def test_one_that_floods_its_output_is_cut(self):
        daemon = self.start(fake("bad", "output_flood"))
        daemon.wait_for_page("/fake/output_flood/ok")
        self.assertEqual(daemon.get("/fake/output_flood").text, "flooded")
        daemon.wait_for_line(r"bad: \[\d+ lines, \d+ bytes of output suppressed")
        self.assertLess(daemon.count_lines("output flood"), 10_000)

    def test_one_that_floods_with_messages_is_warned_of_and_ended(self):
        daemon = self.start(fake("bad", "messages_for_ever", more=",messages_a_second=20"),
                            settings=(*QUICK, "helper_budget_patience=2s"))
        with self.provoke(daemon, "messages_for_ever") as client:
            self.assertEqual(client.answer().text, "here it comes")
        found = report(daemon, "bad")
        self.assertIn("was over its budget of 20 messages a second for 2 s", found["summary"])
        daemon.wait_for_line("bad: is over its budget of 20 messages a second")
        self.assertLess(daemon.count_lines("and another one"), 200)

    def test_one_that_floods_with_events_has_them_dropped(self):
        daemon = self.start(fake("bad", "publishes_for_ever", more=",events_a_second=100"),
                            settings=(*QUICK, "helper_budget_patience=2s"))
        self.provoke(daemon, "publishes_for_ever")
        wait_until(lambda: helper(daemon, "bad")["kismet.helper.counters"]["events_refused"] > 1000, "most are refused")
        self.assertLessEqual(helper(daemon, "bad")["kismet.helper.counters"]["events_published"], 400)
        self.assertIn("events a second", report(daemon, "bad")["summary"])

    def test_one_that_sends_too_much_is_read_at_its_rate(self):
        daemon = self.start(fake("bad", "answers_for_ever", more=",bytes_a_second=100K"),
                            settings=(*QUICK, "helper_budget_patience=3s", "helper_ping_timeout=1s"))
        began = time.monotonic()
        received = 0
        with self.provoke(daemon, "answers_for_ever") as client:
            try:
                for piece in client.pieces(client.head()):
                    received += len(piece)
            except (Truncated, ConnectionResetError):
                pass
        took = time.monotonic() - began
        self.assertIn("bytes a second", report(daemon, "bad")["summary"])
        self.assertLess(received, (took + 2) * (100 << 10) + (2 << 20), f"in {took:.1f} s")


    def test_one_that_does_not_answer_gets_no_more_requests_and_is_ended(self):
        daemon = self.start(fake("bad", "no_answer", more=",open_requests=1"),
                            settings=(*QUICK, "helper_budget_patience=10s"))
        self.provoke(daemon, "no_answer")
        refused = wait_until(
            lambda: (response := daemon.get("/fake/no_answer/ok")).status == 503 and response, "others are refused"
        )
        self.assertTrue(refused.header("Retry-After"))
        wait_until(
            lambda: daemon.get("/fake/no_answer/ok").status == 200
            and helper(daemon, "bad")["kismet.helper.last_report"], "it was ended, and serves again"
        )
        self.assertIn("was over its budget of 1 open requests", report(daemon, "bad")["summary"])


class Killed(unittest.TestCase):
    KILLS = int(os.environ.get("KISMET_TEST_KILLS", "100"))

    def test_kills_under_load_leave_nothing_hanging_and_nothing_behind(self):
        settings = (*QUICK, "helper_healthy_period=1ms", "helper_restart_wait=5s")
        with Daemon(DEMO, settings=settings) as daemon:
            daemon.wait_for_helpers("/demo")
            before = None
            with Load(daemon, "/demo/index.html") as load:
                load.more(10)
                before = descriptors(daemon)
                for _ in range(self.KILLS):
                    pid = wait_until(
                        lambda: (now := helper(daemon, "demo"))["kismet.helper.state"] == "ready"
                        and now["kismet.helper.pid"],
                        "it is there",
                    )
                    os.kill(pid, signal.SIGKILL)
                    load.more(4)
                    wait_until(lambda: not alive(pid), "it is gone")  # pylint: disable=cell-var-from-loop
                load.more(10)
                wait_until(lambda: helper(daemon, "demo")["kismet.helper.state"] == "ready", "it is there")
                after = descriptors(daemon)
            self.assertEqual(load.troubles, [])
            self.assertLessEqual(set(load.answers), {200, 502, 503})
            self.assertLess(load.slowest, 10)
            self.assertLessEqual(after, before + 4)
            self.assertEqual(zombies(daemon), 0)
            self.assertEqual(helper(daemon, "demo")["kismet.helper.starts"], self.KILLS + 1)
            counts = {status: load.answers.count(status) for status in sorted(set(load.answers))}
            print(f"{self.KILLS} kills, answers {counts}, slowest {load.slowest:.3f} s, "
                  f"descriptors {before} -> {after}")


if __name__ == "__main__":
    unittest.main()
