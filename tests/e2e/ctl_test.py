"""kismet ctl, over the control socket: what it shows, what it does, its exit codes; a helper's wire looked at, recorded
and replayed."""

import contextlib
import json
import os
import pathlib
import pty
import select
import stat
import subprocess
import tempfile
import time
import unittest

from client import Truncated
from daemon import BUILD, DEADLINE, DEMO, PASSWORD, PROGRAM, USER, Daemon, wait_until

REPLAY = BUILD / "tests" / "external" / "replay_helper"


def arguments(daemon, *words):
    return [PROGRAM, f"--config-file={daemon.config}", f"--homedir={daemon.home}", "ctl", *words]


def ctl(daemon, *words, **options):
    """One use of it, to its end. Returns its output; its exit code must be `code` (0)."""
    code = options.pop("code", 0)
    done = subprocess.run(
        arguments(daemon, *words), capture_output=True, text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL, **options
    )
    if done.returncode != code:
        raise AssertionError(f"ctl {words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout if code == 0 else done.stderr


class Following:
    """A use of it that goes on, as a context manager; lines() are those that it prints."""

    def __init__(self, daemon, *words):
        # Not buffered here: a line that were read too early would be none that select() sees.
        self.process = subprocess.Popen(
            arguments(daemon, *words), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, bufsize=0
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def line(self):
        if not select.select([self.process.stdout], [], [], DEADLINE)[0]:
            raise AssertionError("it says nothing")
        return self.process.stdout.readline().decode()


def state_of(daemon, name):
    return json.loads(ctl(daemon, "helper", name, "--json"))["kismet.helper.state"]


class Ctl(unittest.TestCase):
    def test_it_shows_what_there_is(self):
        with Daemon(DEMO, "no_such_helper:name=ghost") as daemon:
            daemon.wait_for_helpers("/demo")
            for _ in range(3):
                daemon.get("/demo/index.html")
            self.assertRegex(ctl(daemon, "status"), r"helpers +1 of 2 ready, 1 failed\n")
            table = ctl(daemon, "helpers")
            self.assertRegex(table, r"(?m)^NAME +STATE +PID")
            self.assertRegex(table, r"(?m)^demo +ready +\d+")
            self.assertRegex(table, r"(?m)^ghost +failed")
            self.assertNotIn("\x1b", table)
            page = ctl(daemon, "helper", "demo")
            self.assertRegex(page, r"(?m)^GET +/demo/index.html +3 +0 +0 ")
            self.assertIn("is ready", page)
            self.assertRegex(ctl(daemon, "routes"), r"(?m)^GET +/demo/index.html +demo +\w+ +3 +0 ")
            self.assertIn("starts", ctl(daemon, "messages"))
            self.assertRegex(ctl(daemon, "top"), r"(?m)^demo +ready")
            self.assertEqual(
                [helper["kismet.helper.name"] for helper in json.loads(ctl(daemon, "helpers", "--json"))],
                ["demo", "ghost"],
            )
            routes = json.loads(ctl(daemon, "routes", "--json"))
            hit = next(route for route in routes if route["path"] == "/demo/index.html")
            self.assertEqual((hit["hits"], hit["errors"]), (3, 0))
            self.assertGreater(hit["latency_ms"]["p99"], 0)

    def test_it_starts_and_stops_helpers(self):
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            ctl(daemon, "stop", "demo")
            wait_until(lambda: state_of(daemon, "demo") == "stopped", "it is stopped")
            ctl(daemon, "start", "demo")
            wait_until(lambda: state_of(daemon, "demo") == "ready", "it is ready")
            before = json.loads(ctl(daemon, "helper", "demo", "--json"))["kismet.helper.pid"]
            ctl(daemon, "restart", "demo")

            def is_another():
                page = json.loads(ctl(daemon, "helper", "demo", "--json"))
                return page["kismet.helper.state"] == "ready" and page["kismet.helper.pid"] != before

            wait_until(is_another, "another process serves")
            states = [moment["state"] for moment in json.loads(ctl(daemon, "helper", "demo", "--json"))["kismet.helper.history"]]
            self.assertIn("stopped", states)
            daemon.wait_for_line("restart asked for by the control socket from unix:")

    def test_what_cannot_be_done_is_said_with_its_exit_code(self):
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            self.assertIn("no helper ghost", ctl(daemon, "helper", "ghost", code=3))
            self.assertIn("no helper ghost", ctl(daemon, "stop", "ghost", code=3))
            self.assertIn("no open request", ctl(daemon, "cancel", "demo", "77", code=3))
            self.assertIn("no such helper", ctl(daemon, "wire", "ghost", code=3))
            ctl(daemon, "dance", code=1)
            daemon.stop()
            self.assertIn("the daemon does not run", ctl(daemon, "status", code=2))

    def test_the_socket_is_for_its_owner_alone(self):
        with Daemon(DEMO) as daemon:
            path = daemon.home / ".kismet" / "control.sock"
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            if os.geteuid() == 0:
                os.chmod(daemon.home, 0o755)
                os.chmod(path.parent, 0o755)
                self.assertIn("somebody else's", ctl(daemon, "status", code=2, user=65534, extra_groups=[]))
                os.chmod(path, 0o666)  # Even then the daemon knows who asks.
                self.assertIn("login", ctl(daemon, "status", code=3, user=65534, extra_groups=[]))
            daemon.stop()
            self.assertFalse(path.exists())

    def test_an_open_request_is_seen_and_ended(self):
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            with daemon.client() as client:
                client.ask("GET", "/demo/stream.txt", headers=[client.basic(USER, PASSWORD)])
                lines = client.lines(client.head())
                next(lines)
                page = json.loads(ctl(daemon, "helper", "demo", "--json"))
                (request,) = page["kismet.helper.open_requests"]
                self.assertEqual((request["method"], request["uri"]), ("GET", "/demo/stream.txt"))
                self.assertGreater(request["sent_bytes"], 0)
                self.assertGreater(request["age"], 0)
                self.assertIn("/demo/stream.txt", ctl(daemon, "helper", "demo"))
                ctl(daemon, "cancel", "demo", str(request["req_id"]))
                with self.assertRaises((Truncated, ConnectionResetError)):
                    for _ in lines:
                        pass
            self.assertEqual(json.loads(ctl(daemon, "helper", "demo", "--json"))["kismet.helper.open_requests"], [])

    def test_events_and_output_are_followed(self):
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            with Following(daemon, "events", "HELPER_*") as events:
                wait_until(lambda: daemon.get("/eventbus/feeds.json").json, "it listens")
                ctl(daemon, "restart", "demo")
                self.assertIn("kismet.helper.name", events.line())
            with Following(daemon, "messages", "-f") as messages:
                ctl(daemon, "stop", "demo")
                while "stop asked for" not in messages.line():
                    pass
                daemon.stop()
                self.assertEqual(messages.process.wait(timeout=DEADLINE), 3)

    def test_top_is_live_on_a_terminal_and_ends_with_q(self):
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            child, terminal = pty.fork()
            if child == 0:
                os.execv(PROGRAM, arguments(daemon, "top"))
            seen = b""
            give_up = time.monotonic() + DEADLINE
            try:
                while seen.count(b"BYTES/S") < 2:  # It was drawn again.
                    self.assertTrue(select.select([terminal], [], [], max(0, give_up - time.monotonic()))[0], seen)
                    seen += os.read(terminal, 65536)
                os.write(terminal, b"q")
                while True:
                    try:
                        if not os.read(terminal, 65536):
                            break
                    except OSError:
                        break
            finally:
                os.close(terminal)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
            self.assertIn(b"\x1b[32mready", seen)


class Wire(unittest.TestCase):
    def test_frames_are_seen_live_without_credentials(self):
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            with Following(daemon, "wire", "demo", "--json", "--commands", "HTTPREQUEST,HTTPRESPONSE") as wire:
                daemon.wait_for_line("its wire is looked at by")
                headers = ["X-Api-Key: hunter2"]
                daemon.get("/demo/index.html?token=hunter2&name=x", headers=headers)
                lines = [wire.line(), wire.line()]
            asked, answered = (json.loads(line) for line in lines)
            self.assertEqual((asked["direction"], asked["command"]), ("out", "HTTPREQUEST"))
            self.assertEqual(asked["fields"]["uri"], "/demo/index.html")
            self.assertIn(["name", "x"], asked["fields"]["variables"])
            self.assertIn(["token", "***"], asked["fields"]["variables"])
            self.assertIn(["X-Api-Key", "***"], asked["fields"]["headers"])
            self.assertEqual((answered["direction"], answered["command"]), ("in", "HTTPRESPONSE"))
            self.assertEqual(asked["req_id"], answered["req_id"])
            self.assertNotIn("hunter2", "".join(lines))
            with Following(daemon, "wire", "demo") as wire:
                daemon.wait_for_line("its wire is looked at by", after=len(daemon.lines) - 1)
                daemon.get("/demo/index.html")
                self.assertRegex(wire.line(), r" [<>] v2 \w+ seq=\d+ ")

    def asked(self, daemon):
        """Answers of the helper to some requests, as (status, content), one after the other."""

        def all_there():
            page = json.loads(ctl(daemon, "helper", "demo", "--json"))
            uris = [uri["uri"] for uri in page["kismet.helper.uris"] if not uri["parked"]]
            return page["kismet.helper.state"] == "ready" and "/demo/counters.json" in uris

        wait_until(all_there, "its URIs are there")
        targets = ["/demo/index.html", "/demo/counters.json?a=1", "/demo/index.html?token=x", "/demo/counters.json"]
        answers = [daemon.get(target) for target in targets]
        self.assertEqual([answer.status for answer in answers], [200] * len(targets))
        return [answer.content for answer in answers]

    @contextlib.contextmanager
    def recording(self):
        """A daemon whose helper is recorded from its start on, and the record."""
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="kismet-test-"))
        record = pathlib.Path(folder) / "demo.wire.jsonl"
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            ctl(daemon, "stop", "demo")
            wait_until(lambda: state_of(daemon, "demo") == "stopped", "it is stopped")
            with Following(daemon, "wire", "demo", "--json", "--record", str(record)):
                daemon.wait_for_line("its wire is looked at by")
                ctl(daemon, "start", "demo")
                yield daemon, record

    def test_a_recorded_session_can_be_replayed(self):
        with self.recording() as (daemon, record):
            answers = self.asked(daemon)

            def all_recorded():
                lines = record.read_text(encoding="utf-8").splitlines()
                closed = [json.loads(line).get("fields", {}).get("close") for line in lines]
                return closed.count(True) == len(answers)

            wait_until(all_recorded, "all answers are recorded")
        lines = record.read_text(encoding="utf-8").splitlines()
        self.assertIn("kismet_wire_capture", json.loads(lines[0]))
        self.assertIn('["token","***"]', "".join(lines))
        with Daemon(f'{REPLAY}:name=demo,args="--file={record}"') as daemon:
            self.assertEqual(self.asked(daemon), answers)
            daemon.wait_for_line(r"replayed \d+ frames")

    def test_a_replay_says_what_differs(self):
        with self.recording() as (daemon, record):
            self.asked(daemon)
            wait_until(lambda: record.read_text(encoding="utf-8").count('"HTTPREQUEST"') == 4, "it is recorded")
        with Daemon(f'{REPLAY}:name=demo,args="--file={record}"') as daemon:
            wait_until(lambda: state_of(daemon, "demo") == "ready", "it speaks")
            wait_until(lambda: daemon.get("/demo/index.html?else=1").status != 404, "it was asked something else")
            daemon.wait_for_line("differs: the daemon said HTTPREQUEST")


if __name__ == "__main__":
    unittest.main()
