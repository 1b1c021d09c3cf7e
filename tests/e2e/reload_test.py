"""The configuration read again while the daemon runs: helpers that stay, change, come and go, and nobody who notices."""

import json
import os
import signal
import threading
import time
import unittest

from daemon import DEMO, PASSWORD, SOURCE, USER, Daemon, alive, wait_until
from load import Load

SETTINGS = ("helper_swap_timeout=10s", "helper_restart_delay=50ms")


def line(name, *arguments, more=""):
    """The `helper=` line of a page_helper.py of that name."""
    return f'{SOURCE}/tests/e2e/page_helper.py:name={name},args="{" ".join((name, *arguments))}"{more}'


def set_helpers(daemon, *lines):
    kept = [text for text in daemon.config.read_text(encoding="utf-8").splitlines() if not text.startswith("helper=")]
    daemon.config.write_text("\n".join([*kept, *(f"helper={text}" for text in lines)]) + "\n", encoding="utf-8")


def reload(daemon, status=200):
    response = daemon.request("POST", "/helpers/reload.cmd")
    if response.status != status:
        raise AssertionError(f"reload: {response.status} {response.text}")
    return response.json


def steps(answer):
    return {helper["name"]: (helper["step"], helper["done"]) for helper in answer["kismet.reload.helpers"]}


def helper(daemon, name):
    return daemon.get(f"/helpers/{name}.json").json


def pid(daemon, name):
    return daemon.get(f"/{name}/pid").json


class Reload(unittest.TestCase):
    def test_each_helper_takes_its_step(self):
        with Daemon(line("same"), line("other"), line("gone"), settings=SETTINGS) as daemon:
            for name in ("same", "other", "gone"):
                daemon.wait_for_page(f"/{name}/pid")
            same, other, gone = (pid(daemon, name) for name in ("same", "other", "gone"))
            set_helpers(daemon, line("new"), line("other", "--text=changed"), line("same"))
            answer = reload(daemon)
            self.assertEqual(
                steps(answer),
                {"new": ("start", True), "other": ("swap", True), "same": ("keep", True), "gone": ("remove", True)},
            )
            self.assertEqual(daemon.get("/other/text").text, "changed")
            self.assertEqual(pid(daemon, "same"), same)
            self.assertEqual(daemon.get("/gone/pid").status, 404)
            daemon.wait_for_page("/new/pid")
            wait_until(lambda: not alive(other) and not alive(gone), "what is not asked any more has ended")
            names = [each["kismet.helper.name"] for each in daemon.get("/helpers/all.json").json]
            self.assertEqual(names, ["new", "other", "same"])
            self.assertEqual(helper(daemon, "other")["kismet.helper.starts"], 2)
            self.assertRegex(helper(daemon, "same")["kismet.helper.definition"]["defined_at"], r"kismet\.conf:\d+")
            self.assertEqual(steps(reload(daemon))["other"], ("keep", True))

    def test_a_bad_file_changes_nothing_and_says_why(self):
        with Daemon(line("one"), settings=SETTINGS) as daemon:
            daemon.wait_for_page("/one/pid")
            before = pid(daemon, "one")
            set_helpers(daemon, line("one", "--text=changed"), line("two", more=",restart=perhaps"))
            answer = reload(daemon, status=400)
            self.assertFalse(answer["kismet.reload.done"])
            (problem,) = [each for each in answer["kismet.reload.problems"] if each["level"] == "error"]
            last = len(daemon.config.read_text(encoding="utf-8").splitlines())
            self.assertEqual((problem["file"], problem["line"]), (str(daemon.config), last))
            self.assertIn("restart", problem["text"])
            self.assertEqual((pid(daemon, "one"), daemon.get("/one/text").text), (before, "text"))
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_line(rf"kismet\.conf:{last}: error")
            self.assertEqual(pid(daemon, "one"), before)

    def test_a_signal_reloads_too(self):
        with Daemon(line("one"), settings=SETTINGS) as daemon:
            daemon.wait_for_page("/one/pid")
            set_helpers(daemon, line("one", "--text=changed"))
            daemon.process.send_signal(signal.SIGHUP)
            wait_until(lambda: daemon.get("/one/text").text == "changed", "the new one serves")

    def test_settings_that_need_a_restart_are_named(self):
        with Daemon(line("one"), settings=SETTINGS) as daemon:
            daemon.wait_for_page("/one/pid")
            text = daemon.config.read_text(encoding="utf-8").replace("helper_swap_timeout=10s", "helper_swap_timeout=9s")
            daemon.config.write_text(text + "helper_ping_interval=1s\n", encoding="utf-8")
            counts = {each["key"]: each["counts"] for each in reload(daemon)["kismet.reload.settings"]}
            self.assertEqual(counts, {"helper_swap_timeout": "restart", "helper_ping_interval": "next_start"})
            daemon.wait_for_line("starts again: helper_swap_timeout")

    def test_only_admins_reload(self):
        with Daemon(line("one")) as daemon:
            self.assertEqual(daemon.request("POST", "/helpers/reload.cmd", login=False).status, 401)

    def test_one_reload_at_a_time(self):
        with Daemon(line("one"), settings=("helper_swap_timeout=60s",)) as daemon:
            daemon.wait_for_page("/one/pid")
            set_helpers(daemon, line("one", "--lacking"))
            first = threading.Thread(target=reload, args=(daemon,))
            first.start()
            wait_until(
                lambda: helper(daemon, "one")["kismet.helper.swap"]["state"] == "starting", "the first one is under way"
            )
            reload(daemon, status=409)
            daemon.process.send_signal(signal.SIGHUP)  # It is done after the first one.
            self.assertEqual(daemon.request("POST", "/helpers/one/reload.cmd").status, 409)
            daemon.request("POST", "/helpers/one/stop.cmd")  # Gives the swap up.
            first.join()
            daemon.wait_for_line("asked for by SIGHUP")


class Swap(unittest.TestCase):
    def test_a_new_process_that_does_not_start_or_lacks_uris_leaves_the_old_one_serving(self):
        with Daemon(line("one"), settings=("helper_swap_timeout=500ms",)) as daemon:
            daemon.wait_for_page("/one/text")
            before = pid(daemon, "one")
            for arguments, why in ((["--exit"], "ended with exit code 3"), (["--lacking"], "GET /one/text")):
                with self.subTest(why):
                    set_helpers(daemon, line("one", *arguments))
                    (done,) = reload(daemon)["kismet.reload.helpers"]
                    self.assertEqual((done["step"], done["done"]), ("swap", False))
                    self.assertIn(why, done["text"])
                    self.assertEqual((pid(daemon, "one"), daemon.get("/one/text").text), (before, "text"))
                    swap = helper(daemon, "one")["kismet.helper.swap"]
                    self.assertIn(why, swap["last_trouble"])
            set_helpers(daemon, line("one", "--text=better"))
            self.assertEqual(steps(reload(daemon)), {"one": ("swap", True)})
            self.assertEqual(daemon.get("/one/text").text, "better")
            wait_until(lambda: len(daemon.children()) <= 2, "those that did not take over have ended")

    def test_open_requests_of_the_old_process_are_finished(self):
        with Daemon(line("one"), settings=SETTINGS) as daemon:
            daemon.wait_for_page("/one/slow")
            before = pid(daemon, "one")
            with daemon.client() as client:
                client.ask("GET", "/one/slow?seconds=1.5", headers=[client.basic(USER, PASSWORD)])
                wait_until(lambda: helper(daemon, "one")["kismet.helper.open_exchanges"] == 1, "it is asked")
                self.assertEqual(daemon.request("POST", "/helpers/one/reload.cmd").status, 200)
                self.assertNotEqual(pid(daemon, "one"), before)
                self.assertEqual(helper(daemon, "one")["kismet.helper.swap"]["draining"], 1)
                response = client.answer()
                self.assertEqual((response.status, response.text), (200, f"slow {before}"))
            wait_until(lambda: not alive(before), "the old process has ended")
            self.assertEqual(helper(daemon, "one")["kismet.helper.swap"]["draining"], 0)

    def test_a_process_that_is_not_done_in_time_is_ended_all_the_same(self):
        with Daemon(line("one"), settings=("helper_swap_drain=100ms",)) as daemon:
            daemon.wait_for_page("/one/slow")
            before = pid(daemon, "one")
            with daemon.client() as client:
                client.ask("GET", "/one/slow?seconds=3600", headers=[client.basic(USER, PASSWORD)])
                wait_until(lambda: helper(daemon, "one")["kismet.helper.open_exchanges"] == 1, "it is asked")
                self.assertEqual(daemon.request("POST", "/helpers/one/reload.cmd").status, 200)
                self.assertGreaterEqual(client.answer().status, 500)
            wait_until(lambda: not alive(before), "the old process has ended")

    def test_tokens_and_events_are_each_processs_own(self):
        with Daemon(line("one", "--token"), settings=SETTINGS) as daemon:
            first = daemon.wait_for_page("/one/token").text
            self.assertEqual(self.status_with(daemon, first), 200)
            self.assertEqual(daemon.request("POST", "/helpers/one/reload.cmd").status, 200)
            second = wait_until(lambda: daemon.get("/one/token").text, "the new process has a token")
            self.assertNotEqual(first, second)
            self.assertEqual(self.status_with(daemon, second), 200)
            wait_until(lambda: self.status_with(daemon, first) == 401, "the old token is worth nothing")
            events = json.loads(daemon.get("/one/heard").text)
            daemon.request("POST", "/one/publish")
            wait_until(lambda: json.loads(daemon.get("/one/heard").text) == events + 1, "an event is heard once")

    @staticmethod
    def status_with(daemon, token):
        with daemon.client() as client:
            client.ask("GET", "/system/status.json", headers=[f"Cookie: KISMET={token}"])
            return client.answer().status

    def test_a_helper_that_is_stopped_by_hand_stays_down(self):
        with Daemon(line("one"), settings=SETTINGS) as daemon:
            daemon.wait_for_page("/one/text")
            daemon.request("POST", "/helpers/one/stop.cmd")
            wait_until(lambda: helper(daemon, "one")["kismet.helper.state"] == "stopped", "it is down")
            self.assertEqual(daemon.request("POST", "/helpers/one/reload.cmd").status, 409)
            set_helpers(daemon, line("one", "--text=changed"))
            self.assertEqual(steps(reload(daemon)), {"one": ("replace", True)})
            self.assertEqual(helper(daemon, "one")["kismet.helper.state"], "stopped")
            daemon.request("POST", "/helpers/one/start.cmd")
            self.assertEqual(daemon.wait_for_page("/one/text").text, "changed")

    def test_a_helper_that_failed_is_tried_with_its_new_definition(self):
        with Daemon("no_such_helper:name=one", settings=SETTINGS) as daemon:
            wait_until(lambda: helper(daemon, "one")["kismet.helper.state"] == "failed", "it cannot be found")
            set_helpers(daemon, line("one"))
            self.assertEqual(steps(reload(daemon)), {"one": ("replace", True)})
            daemon.wait_for_page("/one/text")

    def test_the_daemon_stops_in_the_middle_of_a_swap(self):
        with Daemon(line("one"), settings=("helper_swap_timeout=60s",)) as daemon:
            daemon.wait_for_page("/one/text")
            set_helpers(daemon, line("one", "--lacking"))
            daemon.process.send_signal(signal.SIGHUP)
            wait_until(lambda: helper(daemon, "one")["kismet.helper.swap"]["state"] == "starting", "it is under way")
            daemon.stop()


class UnderLoad(unittest.TestCase):
    RELOADS = int(os.environ.get("KISMET_TEST_RELOADS", "100"))

    def test_reloads_fail_no_request(self):
        with Daemon(DEMO, settings=SETTINGS) as daemon:
            daemon.wait_for_helpers("/demo")
            with Load(daemon, "/demo/index.html") as load:
                for number in range(self.RELOADS):
                    set_helpers(daemon, f'{DEMO},args="--title {number}"' if number % 2 else DEMO)
                    answer = reload(daemon)
                    self.assertEqual(steps(answer), {"demo": ("swap" if number else "keep", True)}, answer)
                load.more(10)
            self.assertEqual((load.troubles, set(load.answers)), ([], {200}))
            wait_until(lambda: helper(daemon, "demo")["kismet.helper.swap"]["draining"] == 0, "all old ones have ended")
            self.assertEqual(helper(daemon, "demo")["kismet.helper.swap"]["done"], self.RELOADS - 1)
            print(f"{self.RELOADS} reloads, {len(load.answers)} answers, slowest {load.slowest:.3f} s")


class Waiting(unittest.TestCase):
    def test_a_get_waits_for_a_helper_that_restarts_and_a_post_does_not(self):
        with Daemon(line("one"), settings=("helper_restart_delay=700ms",)) as daemon:
            daemon.wait_for_page("/one/text")
            before = pid(daemon, "one")
            os.kill(before, signal.SIGKILL)
            wait_until(lambda: helper(daemon, "one")["kismet.helper.state"] == "backing_off", "it is away")
            response = daemon.request("POST", "/one/publish")
            self.assertEqual((response.status, bool(response.header("Retry-After"))), (503, True))
            response = daemon.get("/one/text")
            self.assertEqual((response.status, response.text), (200, "text"))

    def test_it_waits_no_longer_than_its_limit(self):
        settings = ("helper_restart_delay=3600s", "helper_restart_longest_delay=3600s", "helper_restart_wait=300ms")
        with Daemon(line("one"), settings=settings) as daemon:
            daemon.wait_for_page("/one/text")
            os.kill(pid(daemon, "one"), signal.SIGKILL)
            wait_until(lambda: helper(daemon, "one")["kismet.helper.state"] == "backing_off", "it is away")
            began = time.monotonic()
            response = daemon.get("/one/text")
            self.assertEqual((response.status, bool(response.header("Retry-After"))), (503, True))
            self.assertGreaterEqual(time.monotonic() - began, 0.3)


if __name__ == "__main__":
    unittest.main()
